use std::net::TcpListener;

use etcd_plan_core::names::Port;
use etcd_plan_core::op::{Listener, ReadOp, Reply};

use super::support::{Host, with_each_shell};

fn listeners(host: &mut Host, ports: &[u16]) -> Vec<Listener> {
    let ports = ports.iter().copied().map(Port::new).collect();
    match host.read(ReadOp::Listeners { ports }) {
        Ok(Reply::Listeners(listeners)) => listeners,
        other => panic!("{other:?}"),
    }
}

#[test]
fn listeners_are_found_with_address_and_process() {
    let on = |address: &str| TcpListener::bind((address, 0)).expect("a free port");
    let port_of = |listener: &TcpListener| listener.local_addr().expect("an address").port();
    let (first, second) = (on("127.0.0.41"), on("0.0.0.0"));
    let (one, two) = (port_of(&first), port_of(&second));
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        let mut found = listeners(&mut host, &[one, two]);
        found.sort_by_key(|listener| listener.port.get() != one);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0].address.to_string(), "127.0.0.41");
        assert_eq!(found[1].address.to_string(), "0.0.0.0");
        for listener in &found {
            assert_eq!(listener.pid, Some(std::process::id()));
            assert!(
                listener
                    .program
                    .as_deref()
                    .is_some_and(|name| !name.is_empty())
            );
        }
        assert_eq!(listeners(&mut host, &[]), []);
    });
    drop(first);
    with_each_shell(|shell| assert_eq!(listeners(&mut Host::new(shell), &[one]), []));
}

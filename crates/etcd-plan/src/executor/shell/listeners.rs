use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU16;

use etcd_plan_core::names::{Address, Port};
use etcd_plan_core::op::Listener;

use super::call::Call;
use super::lower::{Garbled, Output};

pub(super) fn listeners<'a>(call: Call<'a>, ports: &[Port]) -> Call<'a> {
    let ports: Vec<String> = ports.iter().map(|port| hex_port(*port)).collect();
    call.function("listeners").word(&ports.join("|"))
}

/// Where a URL is served.
pub(super) struct Place {
    pub(super) address: Address,
    port: Port,
}

impl Place {
    /// Finds the place in a URL; none when it has no address or no port.
    pub(super) fn of_url(url: &str) -> Option<Self> {
        let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
        let (address, port) = authority.split('/').next()?.rsplit_once(':')?;
        Some(Self {
            address: address.parse().ok()?,
            port: port.parse().ok()?,
        })
    }

    /// Gives the pattern of the local addresses in the kernel's tables that serve the place. Of a
    /// name we do not know the address, so every address will do.
    pub(super) fn pattern(&self) -> String {
        let address = match self.address.ip() {
            Some(ip) => {
                let any = [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
                let mut addresses = vec![hex_address(ip)];
                if let IpAddr::V4(ip) = ip {
                    addresses.push(hex_address(ip.to_ipv6_mapped().into()));
                }
                addresses.extend(any.map(hex_address));
                format!("({})", addresses.join("|"))
            }
            None => "[0-9A-F]+".to_owned(),
        };
        format!("{address}:{}", hex_port(self.port))
    }
}

/// Reads lines of /proc/net/tcp and tcp6, and `owner INODE PID PROGRAM` lines.
pub(super) fn facts(output: &Output<'_>) -> Result<Vec<Listener>, Garbled> {
    let text = String::from_utf8_lossy(output.printed); // a program can be called anything
    let mut owners = BTreeMap::new();
    let mut sockets = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("owner ") {
            Some(owner) => {
                let (inode, process) = owner.split_once(' ').unwrap_or((owner, ""));
                owners.entry(inode).or_insert(process);
            }
            None => sockets.push(socket(line).ok_or_else(|| {
                Garbled::new(format!("{line:?} is no line of the kernel's tables"))
            })?),
        }
    }
    let mut listeners: Vec<Listener> = sockets
        .into_iter()
        .map(|(address, port, inode)| {
            let owner = owners
                .get(inode)
                .and_then(|process| process.split_once(' '));
            Listener {
                address: Address::Ip(address),
                port,
                pid: owner.and_then(|(pid, _)| pid.parse().ok()),
                program: owner
                    .map(|(_, program)| program.to_owned())
                    .filter(|program| !program.is_empty()),
            }
        })
        .filter(|listener| output.settings.concerns(listener))
        .collect();
    listeners.sort_by(|a, b| (a.port, &a.address).cmp(&(b.port, &b.address)));
    Ok(listeners)
}

/// Reads address, port and inode of a socket: fields 2 and 10 of proc(5).
fn socket(line: &str) -> Option<(IpAddr, Port, &str)> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let (address, port) = fields.get(1)?.split_once(':')?;
    let port = NonZeroU16::new(u16::from_str_radix(port, 16).ok()?)?;
    let words: Vec<[u8; 4]> = (0..address.len() / 8)
        .map(|nth| {
            // The kernel prints words of the address as numbers of the machine, here taken to be
            // little-endian, as all that etcd has stable builds for but s390x are.
            u32::from_str_radix(address.get(nth * 8..nth * 8 + 8)?, 16)
                .ok()
                .map(u32::to_le_bytes)
        })
        .collect::<Option<_>>()?;
    let address = match words[..] {
        [word] => IpAddr::V4(word.into()),
        [a, b, c, d] => {
            let bytes: [u8; 16] = [a, b, c, d].concat().try_into().ok()?;
            IpAddr::V6(bytes.into()).to_canonical()
        }
        _ => return None,
    };
    Some((address, Port::new(port.get()), fields.get(9)?))
}

fn hex_port(port: Port) -> String {
    format!("{:04X}", port.get())
}

/// Writes an address as the kernel's tables have it.
fn hex_address(ip: IpAddr) -> String {
    let bytes = match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let words = bytes.chunks_exact(4).map(|word| {
        let word = <[u8; 4]>::try_from(word).expect("chunks of four bytes");
        format!("{:08X}", u32::from_le_bytes(word))
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::{Place, socket};

    #[test]
    fn reads_the_tables_of_the_kernel() {
        for (local, address) in [
            ("0B00007F:094B", "127.0.0.11"),
            ("00000000:094B", "0.0.0.0"),
            ("00000000000000000000000000000000:094B", "::"),
            ("0000000000000000FFFF00000B00007F:094B", "127.0.0.11"),
            ("000000FD000000000000000001000000:094B", "fd00::1"),
        ] {
            let line = format!("  3: {local} 00000000:0000 0A 00:00 00:00 00 0 0 4711 1 x");
            let (found, port, inode) = socket(&line).expect("a line of the table");
            assert_eq!(found.to_string(), address);
            assert_eq!((port.get(), inode), (2379, "4711"));
        }
        for line in [
            "",
            "x",
            "0: 0B00007F:0000 0 0A",
            "0: 0B7F:094B 0 0A 0 0 0 0 0 1",
        ] {
            assert!(socket(line).is_none(), "{line}");
        }
    }

    #[test]
    fn knows_where_a_url_is_served() {
        let pattern = |url: &str| Place::of_url(url).map(|place| place.pattern());
        let zeros = "00000000";
        assert_eq!(
            pattern("https://127.0.0.11:2379").expect("a place"),
            format!(
                "(0B00007F|0000000000000000FFFF00000B00007F|{zeros}|{}):094B",
                zeros.repeat(4)
            )
        );
        assert_eq!(
            pattern("https://db-1:2379/").as_deref(),
            Some("[0-9A-F]+:094B")
        );
        let ipv6 = pattern("https://[fd00::1]:2379").expect("a place");
        assert!(ipv6.contains("000000FD000000000000000001000000"), "{ipv6}");
        for url in ["https://db-1", "https://db-1:0", "", "https://:2379"] {
            assert_eq!(pattern(url), None, "{url}");
        }
    }
}

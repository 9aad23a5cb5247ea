//! What a single host says of itself: who it is, where it is, how it is reached.

use std::borrow::Cow;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::inventory::{HostVars, Value, Var};
use crate::names::{Address, ClusterName, MemberName};
use crate::spec::params::not_a;
use crate::spec::{Connection, HostSpec, SshArgs};

/// Gives `etcd_seq`; none when it is not good, with a finding.
pub(super) fn seq(vars: &HostVars<'_>, var: &Var<'_>, findings: &mut Diagnostics) -> Option<u32> {
    let value = rendered(vars, var, findings)?;
    let seq = value.as_int().and_then(|number| u32::try_from(number).ok());
    if seq.is_none() {
        let found = value.in_message();
        let (code, clause) = match value.as_int() {
            Some(1..) => (Code::BadValue, format!("is {found}, which is too large")),
            Some(_) => (Code::BadValue, format!("is {found}, which is below 0")),
            None => not_a(&value, "a whole number"),
        };
        let message = format!("`etcd_seq` of host {} {clause}", vars.host());
        let hint = "number the hosts of the cluster: 1, 2, 3 and so on";
        findings.push(Diagnostic::new(code, message, hint).at(var.place(), ""));
    }
    seq
}

/// Gives `etcd_cluster`, or its default when it is not set; none when it is not good, with a
/// finding.
pub(super) fn cluster_name(vars: &HostVars<'_>, findings: &mut Diagnostics) -> Option<ClusterName> {
    let Some(var) = vars.get("etcd_cluster").filter(|var| !var.value.is_null()) else {
        return Some(ClusterName::default());
    };
    let value = rendered(vars, &var, findings)?;
    let (code, clause) = match value.as_text().map(str::parse) {
        Some(Ok(name)) => return Some(name),
        Some(Err(_)) if value.as_text() == Some("") => (Code::BadValue, "is empty".to_owned()),
        Some(Err(why)) => (
            Code::BadValue,
            format!("is {}, which {why}", value.in_message()),
        ),
        None => not_a(&value, "a text"),
    };
    let message = format!("`etcd_cluster` {clause}");
    let hint = "name the cluster, such as `etcd` or `etcd-prod`; the name stands in file names";
    findings.push(Diagnostic::new(code, message, hint).at(var.place(), ""));
    None
}

/// Gives `etcd_name`; none where it is not set, or not good, with a finding. The name that a member with
/// another number has by itself is not good.
pub(super) fn member_name(
    vars: &HostVars<'_>,
    cluster: &ClusterName,
    seq: u32,
    findings: &mut Diagnostics,
) -> Option<MemberName> {
    let var = vars.get("etcd_name").filter(|var| !var.value.is_null())?;
    let value = rendered(vars, &var, findings)?;
    let (code, clause) = match value.as_text().map(str::parse::<MemberName>) {
        Some(_) if value.as_text() == Some("") => return None,
        Some(Ok(name)) => match cluster.seq_of(&name).filter(|own| *own != seq) {
            None => return Some(name),
            Some(own) => (
                Code::BadValue,
                format!("is `{name}`, as the member with `etcd_seq` {own} is called"),
            ),
        },
        Some(Err(why)) => (
            Code::BadValue,
            format!("is {}, which {why}", value.in_message()),
        ),
        None => not_a(&value, "a text"),
    };
    let message = format!("`etcd_name` of host {} {clause}", vars.host());
    let hint = "write the member's name as `etcdctl member list` shows it, and the number in it as \
                `etcd_seq`";
    findings.push(Diagnostic::new(code, message, hint).at(var.place(), ""));
    None
}

/// Gives `etcd_learner`.
pub(super) fn learner(vars: &HostVars<'_>, findings: &mut Diagnostics) -> bool {
    bool_var(vars, "etcd_learner", findings).unwrap_or(false)
}

/// Gives how a host is reached.
pub(super) fn host(vars: &HostVars<'_>, findings: &mut Diagnostics) -> HostSpec {
    let wants_become = bool_var(vars, "ansible_become", findings).unwrap_or(false);
    let become_user = text_var(vars, "ansible_become_user", findings);
    let connection = Connection {
        host: text_var(vars, "ansible_host", findings),
        port: port_var(vars, findings),
        user: text_var(vars, "ansible_user", findings),
        private_key_file: text_var(vars, "ansible_ssh_private_key_file", findings),
        ssh_common_args: ssh_common_args(vars, findings),
        become_user: wants_become.then(|| become_user.unwrap_or_else(|| "root".to_owned())),
        local: text_var(vars, "ansible_connection", findings).as_deref() == Some("local"),
    };
    HostSpec {
        name: vars.host().clone(),
        connection,
    }
}

/// Gives the address that a member advertises: the host's key in the inventory, since that is what
/// everybody else writes too. A bare name with an `ansible_host` beside it is only a name. `place` is
/// where the host is written.
pub(super) fn address(
    vars: &HostVars<'_>,
    connection: &Connection,
    place: Option<Place>,
    findings: &mut Diagnostics,
) -> Option<Address> {
    let key = vars.host().as_str().parse::<Address>();
    let connect = connection.host.as_deref().map(str::parse::<Address>);
    match (key, connect) {
        (Ok(Address::Dns(name)), Some(Ok(connect))) if !name.contains('.') => Some(connect),
        (Ok(key), _) => Some(key),
        (Err(_), Some(Ok(connect))) => Some(connect),
        (Err(why), connect) => {
            let host = vars.host();
            let too = if connect.is_some() {
                ", and its `ansible_host` is none either"
            } else {
                ""
            };
            let connect = vars.get("ansible_host").and_then(|var| var.place());
            findings.push(
                Diagnostic::new(
                    Code::AddressUnknown,
                    format!("host {host} has no address: its name {why}{too}"),
                    "name the host by its IP address or DNS name, or give it an `ansible_host`",
                )
                .at(place, "")
                .see(connect, "no address either"),
            );
            None
        }
    }
}

/// Gives `ansible_ssh_common_args`, and says what of it has no effect.
fn ssh_common_args(vars: &HostVars<'_>, findings: &mut Diagnostics) -> Option<String> {
    let name = "ansible_ssh_common_args";
    let text = text_var(vars, name, findings)?;
    let (_, unknown) = SshArgs::parse(&text);
    if !unknown.is_empty() {
        let place = vars.get(name).and_then(|var| var.place());
        findings.push(
            Diagnostic::new(
                Code::UnknownSshOption,
                format!(
                    "`{name}` has what is not understood: {}",
                    unknown.join(", ")
                ),
                "leave it out, or put what you need of it into ~/.ssh/config",
            )
            .at(place, "has no effect"),
        );
    }
    Some(text)
}

fn port_var(vars: &HostVars<'_>, findings: &mut Diagnostics) -> Option<u16> {
    let var = vars.get("ansible_port")?;
    let value = rendered(vars, &var, findings)?;
    let port = value
        .as_int()
        .and_then(|n| u16::try_from(n).ok())
        .filter(|port| *port > 0);
    if port.is_none() && !value.is_null() {
        findings.push(wrong_type(&var, &value, "a port (1 to 65535)"));
    }
    port
}

fn text_var(vars: &HostVars<'_>, name: &str, findings: &mut Diagnostics) -> Option<String> {
    let var = vars.get(name)?;
    let value = rendered(vars, &var, findings)?;
    match value.as_text() {
        Some(text) => Some(text.to_owned()).filter(|text| !text.is_empty()),
        None if value.is_null() => None,
        None => {
            findings.push(wrong_type(&var, &value, "a text"));
            None
        }
    }
}

fn bool_var(vars: &HostVars<'_>, name: &str, findings: &mut Diagnostics) -> Option<bool> {
    let var = vars.get(name)?;
    let value = rendered(vars, &var, findings)?;
    let read = value.as_bool();
    if read.is_none() && !value.is_null() {
        findings.push(wrong_type(&var, &value, "`true` or `false`"));
    }
    read
}

fn wrong_type(var: &Var<'_>, value: &Value, wanted: &str) -> Diagnostic {
    let (code, clause) = not_a(value, wanted);
    let message = format!("`{}` {clause}", var.name);
    Diagnostic::new(code, message, format!("write {wanted}")).at(var.place(), "")
}

/// Renders a value; none when that does not work, with a finding.
pub(super) fn rendered<'a>(
    vars: &HostVars<'a>,
    var: &Var<'a>,
    findings: &mut Diagnostics,
) -> Option<Cow<'a, Value>> {
    match vars.render(var) {
        Ok(value) => Some(value),
        Err(finding) => {
            findings.push(finding);
            None
        }
    }
}

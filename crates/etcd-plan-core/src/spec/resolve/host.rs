//! What a single host says of itself: who it is, where it is, how it is reached.

use std::borrow::Cow;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::inventory::{HostVars, Value, Var};
use crate::names::{Address, ClusterName};
use crate::spec::{Connection, HostSpec, SshArgs};

/// Gives `etcd_seq`; none when it is not good, with a finding.
pub(super) fn seq(vars: &HostVars<'_>, var: &Var<'_>, findings: &mut Diagnostics) -> Option<u32> {
    let value = rendered(vars, var, findings)?;
    let seq = value.as_int().and_then(|number| u32::try_from(number).ok());
    if seq.is_none() {
        let found = value
            .as_text()
            .map_or_else(|| value.kind().to_owned(), |t| format!("`{t}`"));
        let code = if value.as_int().is_some() {
            Code::BadValue
        } else {
            Code::WrongType
        };
        findings.push(
            Diagnostic::new(
                code,
                format!(
                    "`etcd_seq` of host {} is {found}, not a whole number from 0",
                    vars.host()
                ),
                "number the hosts of the cluster from 1",
            )
            .at(var.place(), "expected int >= 0"),
        );
    }
    seq
}

/// Gives `etcd_cluster`, or its default when it is not set or not good.
pub(super) fn cluster_name(vars: &HostVars<'_>, findings: &mut Diagnostics) -> ClusterName {
    let Some(var) = vars.get("etcd_cluster").filter(|var| !var.value.is_null()) else {
        return ClusterName::default();
    };
    let Some(value) = rendered(vars, &var, findings) else {
        return ClusterName::default();
    };
    let finding = match value.as_text().map(str::parse::<ClusterName>) {
        Some(Ok(name)) => return name,
        Some(Err(why)) => {
            let text = value.as_text().unwrap_or_default();
            Diagnostic::new(
                Code::BadValue,
                format!("`etcd_cluster` is `{text}`, which {why}"),
                "name the cluster with letters, digits, `.`, `_` and `-`: the name stands in file names",
            )
        }
        None => Diagnostic::new(
            Code::WrongType,
            format!("`etcd_cluster` is {}, not a text", value.kind()),
            "give the cluster's name",
        ),
    };
    findings.push(finding.at(var.place(), "not usable as a cluster name"));
    ClusterName::default()
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
/// everybody else writes too. A bare name with an `ansible_host` beside it is only a name.
pub(super) fn address(
    vars: &HostVars<'_>,
    connection: &Connection,
    findings: &mut Diagnostics,
) -> Option<Address> {
    let key = vars.host().as_str().parse::<Address>();
    let connect = connection.host.as_deref().map(str::parse::<Address>);
    match (key, connect) {
        (Ok(Address::Dns(name)), Some(Ok(connect))) if !name.contains('.') => Some(connect),
        (Ok(key), _) => Some(key),
        (Err(_), Some(Ok(connect))) => Some(connect),
        (Err(_), _) => {
            let var = vars.get("ansible_host");
            let place = var.and_then(|var| var.place());
            let place = place.or_else(|| vars.get("etcd_seq").and_then(|var| var.place()));
            findings.push(
                Diagnostic::new(
                    Code::AddressUnknown,
                    format!(
                        "host {} has no address that other members could reach",
                        vars.host()
                    ),
                    "name the host by its IP address or DNS name, or give it an `ansible_host`",
                )
                .at(place, "of a host that is no address"),
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
        findings.push(wrong_type(&var, &value, "a bool (`true` or `false`)"));
    }
    read
}

fn wrong_type(var: &Var<'_>, value: &Value, wanted: &str) -> Diagnostic {
    Diagnostic::new(
        Code::WrongType,
        format!("`{}` is {}, not {wanted}", var.name, value.kind()),
        format!("give {wanted}"),
    )
    .at(var.place(), format!("expected {wanted}"))
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

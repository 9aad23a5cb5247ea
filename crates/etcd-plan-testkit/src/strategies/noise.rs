use proptest::prelude::*;

use super::text::Var;

/// Makes variables of other modules, which must not disturb: names are unique in a list.
pub(super) fn variables() -> impl Strategy<Value = Vec<Var>> {
    let all = vec![
        Var::raw("pg_version", "15"),
        Var::raw("pg_cluster", "\"pg-meta\""),
        Var::raw("node_admin_ip", "\"${admin_ip}\""),
        Var::raw("repo_url", "\"http://${admin_ip}/{{ no_such_variable }}\""),
        Var::raw(
            "pg_users",
            "[{\"name\": \"dbuser\", \"roles\": [\"a\", \"b\"]}]",
        ),
        Var::raw("node_tune", "null"),
        Var::raw("infra_portal", "{\"home\": {\"domain\": \"h.pigsty\"}}"),
        Var::raw("haproxy_weight", "0.5"),
        Var::raw("greeting", "\"grüß: # \\\"dich\\\"\""),
        Var::raw("patroni_password", "\"Patroni.API\""),
    ];
    subset(all)
}

/// Makes variables of a host: those of Ansible, and of other modules.
pub(super) fn host_variables() -> impl Strategy<Value = Vec<Var>> {
    let all = vec![
        Var::raw("ansible_user", "\"admin\""),
        Var::raw("ansible_port", "2222"),
        Var::raw("ansible_become", "true"),
        Var::raw("nodename", "\"node-1\""),
        Var::raw("pg_role", "\"primary\""),
    ];
    subset(all)
}

fn subset(all: Vec<Var>) -> impl Strategy<Value = Vec<Var>> {
    proptest::sample::subsequence(all, 0..=3)
}

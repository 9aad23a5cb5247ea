//! What etcd's last words mean: the most frequent causes why a member does not start, each with
//! what to do.

/// A cause: words of etcd's log that give it away, and the next action.
struct Cause {
    words: &'static str,
    action: &'static str,
}

/// In the order in which they are looked for: the more telling first.
const CAUSES: &[Cause] = &[
    Cause {
        words: "has already been bootstrapped",
        action: "the member lost its data while the cluster lives: remove it from the cluster \
                 (`etcdctl member remove`), then let it join again with `etcd_init=existing`",
    },
    Cause {
        words: "the member has been permanently removed",
        action: "the data is of a member that was removed from its cluster: move it aside, then \
                 let the host join as a new member",
    },
    Cause {
        words: "out of range [lastIndex(",
        action: "the member came back without its data under its old id: remove it from the \
                 cluster, then let it join again with `etcd_init=existing`",
    },
    Cause {
        words: "cluster ID mismatch",
        action: "a peer is of another cluster: see whether a host that was left out still runs an \
                 old member on the same address",
    },
    Cause {
        words: "member count is unequal",
        action: "the list of members differs from that of the living cluster: compare \
                 `initial-cluster` with `etcdctl member list`",
    },
    Cause {
        words: "address already in use",
        action: "another process listens on the port: find it with `ss -ltnp`",
    },
    Cause {
        words: "cannot assign requested address",
        action: "the host does not have the address that the inventory gives it: see `ip address`, \
                 and set `ansible_host` where the name only serves to connect",
    },
    Cause {
        words: "no space left on device",
        action: "free space on the file system of `etcd_data`",
    },
    Cause {
        words: "permission denied",
        action: "see to it that user etcd may reach `etcd_data` and `/etc/etcd`, their parents too",
    },
    Cause {
        words: "certificate signed by unknown authority",
        action: "members have certificates of different authorities: run with the tag `etcd_cert` \
                 on all of them",
    },
    Cause {
        words: "bad certificate",
        action: "a peer refuses the certificate: compare the clocks of the hosts, and the names in \
                 the certificate (`openssl x509 -text -in /etc/etcd/server.crt`)",
    },
    Cause {
        words: "is too long, and should be",
        action: "lower `etcd_election_timeout` to 50000 at the most",
    },
    Cause {
        words: "connection refused",
        action: "other members do not answer: see whether they run, and whether a firewall blocks \
                 the peer port",
    },
    Cause {
        words: "i/o timeout",
        action: "other members are not reached: see whether a firewall blocks the peer port",
    },
];

/// Gives the next action after a member did not start, from the last lines of its log.
pub fn meaning(log: &str) -> String {
    CAUSES
        .iter()
        .find(|cause| log.contains(cause.words))
        .map_or_else(
            || "look at the member's log (`journalctl -u etcd`), then run again".to_owned(),
            |cause| cause.action.to_owned(),
        )
}

#[cfg(test)]
mod tests {
    use super::meaning;

    #[test]
    fn knows_frequent_causes() {
        let log =
            "{\"msg\":\"discovery failed\",\"error\":\"member 1 has already been bootstrapped\"}";
        assert!(meaning(log).contains("member remove"));
        assert!(
            meaning("listen tcp 1.2.3.4:2379: bind: address already in use").contains("ss -ltnp")
        );
        assert!(meaning("").contains("journalctl"));
    }
}

# What an etcd says, through etcdctl.
#
# ACCESS is ADDRESS LISTENING ENDPOINT CACERT CERT KEY: the IP address of the endpoint, and the
# pattern of the lines of the kernel's tables in which it is served, both empty when they cannot be
# told from the endpoint; the endpoint, and the files to reach it with.

etcd_facts() { # ACCESS
    use_access "$@"
    print_etcd
}

key_count() { # ACCESS
    use_access "$@"
    is_reachable || return 0
    # Without a leader nobody could count, and etcdctl would wait in vain for its timeout.
    status=$(ctl endpoint status -w json) && knows_leader || return 0
    # The answer counts all keys, whatever the limit; `--count-only` came with etcdctl 3.5.
    answer=$(ctl get '' --prefix --keys-only --limit 1 -w json)
    printf 'count %s %s\n' $? "$answer"
}

holdings() { # ACCESS
    use_access "$@"
    is_reachable || return 0
    status=$(ctl endpoint status -w json) && knows_leader || return 0
    answer=$(ctl get '' --prefix --keys-only --limit 1000 -w json)
    printf 'keys %s %s\n' $? "$answer"
    answer=$(ctl lease list -w json)
    printf 'leases %s %s\n' $? "$answer"
    metrics 2>/dev/null | sed -n 's/^etcd_debugging_mvcc_watcher_total /watchers /p'
}

metrics() {
    if command -v curl >/dev/null; then
        curl --silent --max-time 3 --cacert "$cacert" --cert "$cert" --key "$key" "$endpoint/metrics"
    elif command -v wget >/dev/null; then
        wget --quiet --timeout 3 --tries 1 --output-document - --ca-certificate "$cacert" \
            --certificate "$cert" --private-key "$key" "$endpoint/metrics"
    fi
}

# The certificate of the server is told before that of the client is taken.
presented() { # ACCESS
    command -v openssl >/dev/null || return 0
    use_access "$@"
    is_reachable 2>/dev/null || return 0
    shown=$(timeout 10 openssl s_client -connect "${endpoint#*://}" -CAfile "$cacert" -cert "$cert" \
        -key "$key" </dev/null 2>/dev/null | openssl x509 2>/dev/null)
    [ -n "$shown" ] || return 0
    printf '%s\n' "$shown" | openssl x509 -outform DER | sha256sum
}

# A cluster that has users refuses one that it does not know; one without lets all in. `auth status`
# came with etcdctl 3.5.
auth_enabled() { # ACCESS
    use_access "$@"
    is_reachable || return 0
    status=$(ctl endpoint status -w json) && knows_leader || return 0
    if refusal=$(ctl --user etcd-plan:none get etcd-plan 2>&1 >/dev/null); then
        printf 'auth no\n'
    else
        case $refusal in
            *'authentication failed'*) printf 'auth yes\n' ;;
            *) say "$refusal" ;;
        esac
    fi
}

await_healthy() { # SERVICE TIMEOUT_MS AS_LEARNER ACCESS
    service=$1 timeout=$2 as_learner=$3
    shift 3
    use_access "$@"
    clock
    began=$now
    until is_serving; do
        clock
        if service_is_down "$service" || [ $((now - began)) -ge "$timeout" ]; then
            break
        fi
        pause 0.05
    done
    clock
    printf 'waited %s\n' $((now - began))
    service_state "$service"
    print_etcd
    if [ "$healthy" != yes ]; then
        printf 'log\n'
        service_log "$service" 2>&1 || :
    fi
}

# await_voters: asks all of them again and again, so that one that is well for a moment only is found out.
await_voters() { # STEADY_MS TIMEOUT_MS ACCESS...
    steady=$1 timeout=$2
    shift 2
    clock
    began=$now well_since=
    while :; do
        all_are_well "$@" || well_since=
        clock
        if [ -n "$well_since" ]; then
            [ $((now - well_since)) -lt "$steady" ] || break
        fi
        [ $((now - began)) -lt "$timeout" ] || break
        pause 0.2
    done
    while [ $# -gt 0 ]; do
        use_access "$@"
        shift 6
        printf 'voter\n'
        print_etcd
    done
    clock
    printf 'waited %s\n' $((now - began))
}

# all_are_well: asks until the first that is not; sets `well_since` to when this began, unless it is set.
all_are_well() { # ACCESS...
    clock
    well_since=${well_since:-$now}
    while [ $# -gt 0 ]; do
        use_access "$@"
        shift 6
        is_reachable 2>/dev/null && ctl endpoint health >/dev/null 2>&1 || return
    done
}

# Each of these may be repeated, and is done when etcd says that it was done before.

add_member() { # NAME PEER_URL TIMEOUT_MS ACCESS
    name=$1 peer_url=$2 timeout=$3
    shift 3
    use_access "$@"
    # The id is made of the URL and the second: that of one just removed is refused, as not found.
    change_members "$timeout" 'member not found' 'Peer URLs already exists' \
        member add "$name" --learner --peer-urls "$peer_url"
}

promote_member() { # ID TIMEOUT_MS ACCESS
    id=$1 timeout=$2
    shift 2
    use_access "$@"
    change_members "$timeout" 'in sync with leader' 'can only promote a learner member' \
        member promote "$id"
}

update_member() { # ID PEER_URLS TIMEOUT_MS ACCESS
    id=$1 peer_urls=$2 timeout=$3
    shift 3
    use_access "$@"
    # etcd takes the URLs that a member has once more: nothing says that it was done before.
    change_members "$timeout" 'request timed out' 'never said' \
        member update "$id" --peer-urls "$peer_urls"
}

remove_member() { # ID ACCESS
    id=$1
    shift
    use_access "$@"
    change_members 30000 'no leader' 'member not found' member remove "$id"
}

move_leader() { # ID TIMEOUT_MS ACCESS
    id=$1 timeout=$2
    shift 2
    use_access "$@"
    change_members "$timeout" 'request timed out' 'no leader endpoint' move-leader "$id"
}

# change_members: asks again while etcd refuses for a reason that passes: peers that were connected
# for less than five seconds, a change of leader, and what is given.
change_members() { # TIMEOUT_MS PASSING DONE_BEFORE ARGUMENT...
    timeout=$1 passing=$2 done_before=$3
    shift 3
    clock
    began=$now
    until refusal=$(ctl "$@" 2>&1 >/dev/null); do
        case $refusal in
            *"$done_before"*) return 0 ;;
            *"$passing"* | *'unhealthy cluster'* | *'leader changed'* | *'no leader'*) ;;
            *) fail "$refusal" ;;
        esac
        clock
        [ $((now - began)) -lt "$timeout" ] || fail "$refusal"
        pause 0.2
    done
}

# compaction: says whether the history before a revision is compacted, by reading in it; AT can be
# empty, and is then what leaves KEEP revisions.
compaction() { # AT KEEP ACCESS
    at=$1 keep=$2
    shift 2
    use_access "$@"
    is_reachable || return 0
    status=$(ctl endpoint status -w json) && knows_leader || return 0
    revision=${status#*'"revision":'}
    revision=${revision%%[!0-9]*}
    at=${at:-$((revision - keep))}
    [ "$at" -gt 1 ] || at=0
    printf 'compaction %s %s ' "$revision" "$at"
    if [ "$at" = 0 ]; then
        printf 'yes\n'
    elif refusal=$(ctl get '' --prefix --keys-only --limit 1 --consistency s --rev $((at - 1)) \
        2>&1 >/dev/null); then
        printf 'no\n'
    else
        case $refusal in
            *'has been compacted'*) printf 'yes\n' ;;
            *) fail "$refusal" ;;
        esac
    fi
}

compact() { # REVISION ACCESS
    at=$1
    shift
    use_access "$@"
    ctl_timeout=600s
    refusal=$(ctl compact "$at" --physical 2>&1 >/dev/null) && return 0
    case $refusal in
        *'has been compacted'*) ;;
        *) fail "$refusal" ;;
    esac
}

defragment() { # ACCESS
    use_access "$@"
    ctl_timeout=1800s
    ctl defrag >&2
}

disarm_alarms() { # ACCESS
    use_access "$@"
    ctl alarm disarm >&2
}

use_access() { # ACCESS
    address=$1 listening=$2 endpoint=$3 cacert=$4 cert=$5 key=$6
}

# is_serving: says whether etcd answers a linearizable read, or where that is enough is a learner
# (which answers none) that has found its leader. As long as nobody listens etcdctl is not asked: once refused, it waits
# a second before it tries again.
is_serving() {
    if [ -n "$listening" ]; then
        listening "$listening" >/dev/null || return 1
    fi
    if [ "$as_learner" = yes ]; then
        status=$(ctl endpoint status -w json 2>/dev/null) || return
        if is_learner; then
            knows_leader
            return
        fi
    fi
    ctl endpoint health >/dev/null 2>&1
}

# print_etcd: prints a line for each answer: its name, the status of etcdctl, what it printed. Sets
# `healthy`.
print_etcd() {
    healthy=no
    is_reachable || return 0
    status=$(ctl endpoint status -w json) || return 0
    printf 'status 0 %s\n' "$status"
    # Without a leader everything else would wait in vain for its timeout.
    if ! knows_leader; then
        say 'the member knows no leader'
        return 0
    fi
    # A learner refuses all else, and etcdctl asks it again until its time is over.
    if is_learner; then
        say 'the member is a learner, which answers no linearizable read'
        return 0
    fi
    if ctl endpoint health >/dev/null; then
        healthy=yes
    fi
    printf 'health %s\n' "$healthy"
    # A machine that is very busy can be too slow once, though it has just answered.
    answer=$(ctl member list -w json) || answer=$(ctl member list -w json)
    printf 'members %s %s\n' $? "$answer"
    answer=$(ctl alarm list -w json) || answer=$(ctl alarm list -w json)
    printf 'alarms %s %s\n' $? "$answer"
}

# is_reachable: says whether it is worth the seconds that etcdctl takes to find out that it is not.
is_reachable() {
    if ! command -v etcdctl >/dev/null; then
        say 'there is no etcdctl'
        return 1
    fi
    case $endpoint in
        http:*) set -- ;;
        *) set -- "$cacert" "$cert" "$key" ;;
    esac
    for file in "$@"; do
        if [ ! -r "$file" ]; then
            say "there is no $file"
            return 1
        fi
    done
    if [ -n "$listening" ] && is_our_address && ! listening "$listening" >/dev/null; then
        say "nobody listens at $endpoint"
        return 1
    fi
}

# is_our_address: says whether the endpoint is surely on this machine. IPv6 is not looked up.
is_our_address() {
    case $address in
        '' | *:*) return 1 ;;
        127.*) return 0 ;;
    esac
    grep -s -A 1 -F -- "-- $address" /proc/net/fib_trie | grep -q 'host LOCAL'
}

is_learner() {
    case $status in
        *'"isLearner":true'*) ;;
        *) return 1 ;;
    esac
}

knows_leader() {
    case $status in
        *'"leader":'[1-9]* | *'"leader":"'[1-9]*) ;;
        *) return 1 ;;
    esac
}

ctl() {
    case $endpoint in
        http:*) ;;
        *) set -- --cacert "$cacert" --cert "$cert" --key "$key" "$@" ;;
    esac
    ETCDCTL_API=3 etcdctl --endpoints "$endpoint" --command-timeout "${ctl_timeout:-3s}" "$@"
}

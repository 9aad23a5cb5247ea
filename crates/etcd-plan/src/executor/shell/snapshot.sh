# Snapshots of what an etcd holds, through etcdutl where there is one, and else etcdctl.

# An etcd of 3.6 has etcdutl for what happens to files; etcdctl has lost that then.
snapshot_tool() { # ARGUMENT...
    if command -v etcdutl >/dev/null; then
        etcdutl snapshot "$@"
    elif command -v etcdctl >/dev/null; then
        ETCDCTL_API=3 etcdctl snapshot "$@"
    else
        fail 'there is neither etcdutl nor etcdctl'
    fi
}

# The time that it takes depends on the size of the database: there is no limit here.
save_snapshot() { # PATH ACCESS
    saved=$1
    shift
    use_access "$@"
    is_reachable || exit
    umask 077
    rm -f -- "$saved" "$saved.part" || exit
    case $endpoint in
        http:*) set -- ;;
        *) set -- --cacert "$cacert" --cert "$cert" --key "$key" ;;
    esac
    if ! ETCDCTL_API=3 etcdctl --endpoints "$endpoint" "$@" snapshot save "$saved" >&2; then
        rm -f -- "$saved" "$saved.part"
        exit 1
    fi
    sync_path "$saved"
}

# judge_snapshot: prints what is in a file, and what it ends with; and how many keys there were.
judge_snapshot() { # PATH [ACCESS]
    is_there "$1" || return 0
    saved=$1
    shift
    size=$(stat -c %s -- "$saved") && whole=$(sha256sum <"$saved") || exit
    printf 'size %s\nsha256 %s\n' "$size" "${whole%% *}"
    # Pages of 512 bytes or a multiple; etcd adds the digest of them, 32 bytes.
    if [ $((size % 512)) -eq 32 ]; then
        digest=$(head -c $((size - 32)) "$saved" | sha256sum) || exit
        seal=$(tail -c 32 "$saved" | base64) || exit
        printf 'digest %s\nseal %s\n' "${digest%% *}" "$seal"
    fi
    status=$(snapshot_tool status "$saved" -w json) || exit
    printf 'status %s\n' "$status"
    [ $# -gt 0 ] || return 0
    use_access "$@"
    revision=${status#*'"revision":'}
    revision=${revision%%[!0-9]*}
    # It may be compacted by now; then nobody can count them any more. This member has them all, and
    # needs no quorum to say so.
    if answer=$(ctl get '' --prefix --keys-only --limit 1 --consistency s --rev "$revision" -w json \
        2>/dev/null); then
        printf 'count %s\n' "$answer"
    fi
}

# held_revision: prints the revision that a member holds, by its database where it does not answer.
# A process that waits for a quorum holds that locked, and the tool would wait for the process: so it
# gets a copy, which is gone afterwards.
held_revision() { # DATA ACCESS
    database=$1/member/snap/db
    shift
    is_there "$database" || return 0
    use_access "$@"
    if ! { is_reachable && status=$(ctl endpoint status -w json); } 2>/dev/null; then
        command -v flock >/dev/null || fail 'nobody can tell whether the database is in use: there is no flock'
        if flock --nonblock --shared "$database" true; then
            status=$(snapshot_tool status "$database" -w json) || exit
        else
            umask 077
            copy=$(mktemp -d) || exit
            cp --reflink=auto -- "$database" "$copy/db" && status=$(snapshot_tool status "$copy/db" -w json)
            copied=$?
            rm -rf -- "$copy"
            [ "$copied" = 0 ] || exit 1
        fi
    fi
    revision=${status#*'"revision":'}
    printf 'revision %s\n' "${revision%%[!0-9]*}"
}

# copy_database: an etcd without a quorum takes what it knows to be decided from its log into its
# database, and then nothing more. How long that takes shows in the file.
copy_database() { # SERVICE CONFIG DATA TO
    database=$3/member/snap/db saved=$4
    # One that does not start any more is copied as it is.
    if service_is_down "$1"; then
        (start_service "$1" "$2" 0) >&2 || :
    fi
    await_unchanged "$database"
    stop_service "$1" 90000 1000
    umask 077
    rm -f -- "$saved" || exit
    if ! cp --reflink=auto -- "$database" "$saved"; then
        rm -f -- "$saved"
        exit 1
    fi
    sync_path "$saved"
}

# await_unchanged: waits until a file was not written for two seconds, at most a minute.
await_unchanged() { # PATH
    before= rounds=0 still=0
    while [ "$still" -lt 4 ] && [ "$rounds" -lt 120 ]; do
        pause 0.5
        written=$(stat -c %y -- "$1") || return 0
        still=$((still + 1)) rounds=$((rounds + 1))
        [ "$written" = "$before" ] || still=0
        before=$written
    done
}

# restore_tool: prints the name of the tool, and `bumps` where it can raise the revision.
restore_tool() {
    if command -v etcdutl >/dev/null; then
        name=etcdutl
    elif command -v etcdctl >/dev/null; then
        name=etcdctl
    else
        return 0
    fi
    printf '%s\n' "$name"
    case $(snapshot_tool restore --help 2>&1) in
        *--bump-revision*) printf 'bumps\n' ;;
    esac
}

# The folder is made anew, and its token is written when it is whole.
restore_snapshot() { # SNAPSHOT INTO NAME PEER_URL INITIAL_CLUSTER TOKEN BUMP IS_COPY
    saved=$1 into=$2 name=$3 peer_url=$4 initial_cluster=$5 token=$6 bump=$7 is_copy=$8
    case $into in
        *.restored) ;;
        *) fail "$into is not a folder to restore into" ;;
    esac
    folder_of "$into"
    { rm -f -- "$into.token" && rm -rf -- "$into" && mkdir -p -- "$folder"; } || exit
    umask 077
    set --
    [ -z "$bump" ] || set -- --bump-revision "$bump" --mark-compacted
    [ "$is_copy" = no ] || set -- "$@" --skip-hash-check
    snapshot_tool restore "$saved" --data-dir "$into" --name "$name" \
        --initial-advertise-peer-urls "$peer_url" --initial-cluster "$initial_cluster" \
        --initial-cluster-token "$token" "$@" >&2 || exit
    sync
    printf '%s' "$token" >"$into.token" && sync_path "$into.token"
}

# One rename, so that there is the whole store or none.
place_store() { # FROM TO OWNER
    from=$1 to=$2
    if is_there "$to/member"; then
        ! is_there "$from/member" || fail "both $from/member and $to/member are there"
    else
        is_there "$from/member" || fail "there is neither $from/member nor $to/member"
        { mkdir -p -- "$to" && set_owner_of_all "$3" "$from" && mv -- "$from/member" "$to/member"; } || exit
    fi
    { set_owner "$3" "$to" && chmod 700 -- "$to"; } || exit
    sync_path "$to"
    rm -rf -- "$from" && rm -f -- "$from.token"
}

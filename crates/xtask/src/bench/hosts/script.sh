# The same work without a single check: one ssh for each host, all at once. Runs in the folder of
# the bench: sh script.sh SSH_CONFIG JOB TOKEN HOST...
set -u
config=$1 job=$2 token=$3
shift 3

# A file goes in as a here-document, so that all of a host is one connection and one script.
put() { # FROM TO MODE
    printf 'cat >%s <<"END"\n' "$2"
    sed "s/TOKEN/$token/" "$1"
    printf 'END\nchown etcd:etcd %s; chmod %s %s\n' "$2" "$3" "$2"
}

work() { # HOST
    if [ "$job" = nothing ]; then
        echo '. /etc/profile.d/etcdctl.sh; systemctl is-active --quiet etcd'
        echo 'ETCDCTL_ENDPOINTS=https://127.0.0.1:2379 etcdctl endpoint health >/dev/null 2>&1'
        return
    fi
    if [ "$job" = rebuild ]; then
        echo 'systemctl stop etcd; rm -rf /data/etcd'
    fi
    echo 'mkdir -p /data/etcd /etc/etcd; chown etcd:etcd /data/etcd /etc/etcd'
    echo 'chmod 700 /data/etcd; chmod 750 /etc/etcd; umask 077'
    put "etcd.conf.$1" /etc/etcd/etcd.conf 644
    put ca.crt /etc/etcd/ca.crt 644
    put server.crt /etc/etcd/server.crt 644
    put server.key /etc/etcd/server.key 600
    put etcdctl.sh /etc/profile.d/etcdctl.sh 644
    put etcd.service /etc/systemd/system/etcd.service 644
    echo 'systemctl daemon-reload; systemctl --quiet enable etcd; systemctl start etcd'
}

processes=
for host in "$@"; do
    work "$host" | ssh -F "$config" "admin@$host" sudo sh -s &
    processes="$processes $!"
done
failed=0
for process in $processes; do
    wait "$process" || failed=1
done
exit "$failed"

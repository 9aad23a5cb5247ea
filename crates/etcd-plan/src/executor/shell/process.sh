# Which etcds run, and how they were started.

# print_process PID [GROUP]: its arguments in base64, since they can hold anything, the variables that
# etcd reads, and the groups of processes that it is in, which name its unit: GROUP first. One that ends
# meanwhile is passed over.
print_process() {
    arguments=$(base64 2>/dev/null <"/proc/$1/cmdline") && [ -n "$arguments" ] || return 0
    printf 'process %s\narguments' "$1"
    # shellcheck disable=SC2086 # the lines of base64, joined
    printf ' %s' $arguments
    printf '\n'
    [ -z "$2" ] || printf 'group %s\n' "$2"
    { grep '^' <"/proc/$1/cgroup" | while read -r line; do
        printf 'group %s\n' "$line"
    done; } 2>/dev/null
    # Who may not see the environment of a process sees none.
    { tr '\0' '\n' <"/proc/$1/environ" | grep '^ETCD_' | while read -r line; do
        printf 'variable %s\n' "$line"
    done; } 2>/dev/null
    return 0
}

# Who listens, from the kernel's tables: ss and netstat are not on every machine.

listeners() { # PORTS, as HEX|HEX
    [ -n "$1" ] || return 0
    found=$(listening "[0-9A-F]+:($1)")
    [ $? -le 1 ] || exit 2
    [ -n "$found" ] || return 0
    printf '%s\n' "$found"
    inodes=$(
        printf '%s\n' "$found" | while read -r _ _ _ _ _ _ _ _ _ inode _; do
            printf '|%s' "$inode"
        done
    )
    # Folders of processes that ended meanwhile, or are not ours to see, are passed over.
    ls -l /proc/[0-9]*/fd 2>/dev/null |
        grep -E "^/proc/[0-9]+/fd:|socket:\[(${inodes#?})\]" |
        while read -r line; do
            case $line in
                /proc/*)
                    pid=${line#/proc/}
                    pid=${pid%/fd:}
                    ;;
                *)
                    inode=${line##*\[}
                    program=
                    { read -r program <"/proc/$pid/comm"; } 2>/dev/null
                    printf 'owner %s %s %s\n' "${inode%]}" "$pid" "$program"
                    ;;
            esac
        done
}

# listening PATTERN: prints the lines of listening sockets with this local address.
listening() {
    tables=/proc/net/tcp
    [ ! -e /proc/net/tcp6 ] || tables="$tables /proc/net/tcp6"
    # shellcheck disable=SC2086 # one or two file names
    grep -hE "^ *[0-9]+: $1 [0-9A-F]+:[0-9A-F]{4} 0A " $tables
}

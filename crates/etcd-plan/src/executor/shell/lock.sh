# Locks of the kernel, held by the shell itself through one of the descriptors 5 to 9.

locks=
lock_fd=5
heart=

take_lock() { # PATH HOLDER
    case $locks in
        *"
$1
"*) return 0 ;;
    esac
    if [ "$lock_fd" -gt 9 ]; then
        said='a session can hold five locks'
        return 1
    fi
    folder_of "$1"
    said=$({ mkdir -p -- "$folder" && : >>"$1"; } 2>&1 </dev/null) || return 1
    # `command` keeps a failure from ending the shell, as that of a special builtin would.
    if ! eval "command exec $lock_fd>>\"\$1\"" 2>/dev/null; then
        said="$1 cannot be opened"
        return 1
    fi
    if said=$(await_lock 2>&1 </dev/null); then
        printf '%s\n' "$2" >"$1"
        lock_fd=$((lock_fd + 1))
        locks="$locks
$1
"
        beat
        return 0
    fi
    eval "exec $lock_fd>&-"
    [ -n "$said" ] || said="$1 is held by $(cat -- "$1" 2>&1 </dev/null)"
    return 1
}

# await_lock: takes the lock behind $lock_fd, and waits a few seconds for it: the shell of a run that
# was killed ends what it was told last before it hears that nobody is there, and only then lets go.
await_lock() {
    tries=5
    until flock -n "$lock_fd"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 1
    done
}

# beat: sends a line feed on stderr every two seconds, for as long as the shell lives. Without it a
# shell whose other end is gone for good, and could not say so, would never hear of that: it would
# wait for its next command, and hold its locks, for hours.
beat() {
    [ -z "$heart" ] || return 0
    (
        trap - EXIT
        while kill -0 $$ 2>/dev/null && printf '\n' >&2; do
            sleep 2 2>/dev/null
        done
    ) </dev/null >/dev/null 3>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
    heart=$!
    trap 'kill "$heart" 2>/dev/null' EXIT
}

# retake_lock PATH HOLDER: takes a lock that an earlier script of the same run held; the script ends
# when another run holds it, or has held it meanwhile, since then nothing is as it was observed.
retake_lock() {
    eval "command exec $lock_fd>>\"\$1\"" 2>/dev/null || fail "$1 cannot be opened"
    flock -n "$lock_fd" </dev/null || fail "$1 is held by $(cat -- "$1" 2>&1 </dev/null)"
    found=$(cat -- "$1" 2>&1 </dev/null)
    [ "$found" = "$2" ] || fail "another run had $1 meanwhile: $found"
    lock_fd=$((lock_fd + 1))
    locks="$locks
$1
"
}

# Locks of the kernel, held by the shell itself through one of the descriptors 5 to 9.

locks=
lock_fd=5

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
    if said=$(flock -n "$lock_fd" 2>&1 </dev/null); then
        printf '%s\n' "$2" >"$1"
        lock_fd=$((lock_fd + 1))
        locks="$locks
$1
"
        return 0
    fi
    eval "exec $lock_fd>&-"
    [ -n "$said" ] || said="$1 is held by $(cat -- "$1" 2>&1 </dev/null)"
    return 1
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

# Locks of the kernel, held by the shell itself through one of the descriptors 5 to 9.

locks=
lock_fd=5
heart=
# When this shell was born, once it holds a lock; and the journals beside its locks.
born=
journals=
# How long nothing need be heard of a run that holds a lock, in milliseconds: four times what passes
# until an idle session is renewed.
lease_ms=120000
# How often a lock is tried, once a second.
lock_tries=5

take_lock() { # PATH HOLDER JOURNAL
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
    if said=$(await_lock "$1" 2>&1 </dev/null); then
        printf '%s\n' "$2" >"$1"
        hold "$1" "$3"
        ! birth $$ || born=$birth
        begin_journal "$3" "$2"
        [ -z "$said" ] || note "note: $said"
        at_work
        beat
        return 0
    fi
    eval "exec $lock_fd>&-"
    [ -n "$said" ] || said="$1 is held by $(cat -- "$1" 2>&1 </dev/null)"
    return 1
}

# hold PATH JOURNAL: remembers a lock that was taken through $lock_fd.
hold() {
    lock_fd=$((lock_fd + 1))
    locks="$locks
$1
"
    journals="$journals
$2
"
}

# await_lock PATH: takes the lock behind $lock_fd, and waits a few seconds for it: the shell of a run
# that was killed ends what it was told last before it hears that nobody is there, and only then lets
# go. One that nobody has spoken to for longer than its lease is ended, and it is said whose it was.
await_lock() {
    tries=$lock_tries
    until flock -n "$lock_fd"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        if is_forsaken "$1" && kill -KILL "$pid"; then
            echo "the lock is taken over from $(cat -- "$1"), of which nothing was heard any more"
        fi
        sleep 1
    done
}

# is_forsaken PATH: says whether the shell that holds a lock is idle, and its lease has run out: then
# sets `pid` to its number. Whoever started it is cut off, or stands still; a shell that is at work is
# left alone.
is_forsaken() {
    { read -r pid then until <"$1.lease"; } 2>/dev/null || return 1
    case $until in
        '' | *[!0-9]*) return 1 ;;
    esac
    clock
    [ "$now" -gt "$until" ] && birth "$pid" && [ "$birth" = "$then" ]
}

# at_work and at_rest: say beside each lock what its shell does, for whoever wants the lock.
at_work() {
    lease busy
}

at_rest() {
    [ -n "$born" ] || return 0
    clock
    lease $((now + lease_ms))
}

lease() { # UNTIL
    [ -n "$born" ] || return 0
    each "$locks" write_lease "$1"
}

write_lease() { # LOCK UNTIL
    printf '%s %s %s\n' $$ "$born" "$2" 2>/dev/null >"$1.lease"
}

# begin_journal JOURNAL HOLDER: begins to write down how far a run comes on this host. It is a help,
# and no reason to fail. The run before this one keeps its own.
begin_journal() {
    folder_of "$1"
    {
        mkdir -p -- "$folder"
        [ ! -e "$1" ] || mv -f -- "$1" "$1.last"
        printf 'begin %s\n' "$2" >"$1"
    } >/dev/null 2>&1 </dev/null
}

# note LINE: goes on with the journals beside the locks that are held.
note() {
    [ -n "$journals" ] || return 0
    each "$journals" write_note "$1"
}

write_note() { # JOURNAL LINE
    printf '%s\n' "$2" 2>/dev/null >>"$1"
}

# each LINES FUNCTION ARGUMENT: calls a function for each line that is not empty.
each() {
    set -f
    IFS='
'
    for line in $1; do
        "$2" "$line" "$3"
    done
    unset IFS
    set +f
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

# retake_lock PATH HOLDER JOURNAL: takes a lock that an earlier script of the same run held; the script ends
# when another run holds it, or has held it meanwhile, since then nothing is as it was observed.
retake_lock() {
    eval "command exec $lock_fd>>\"\$1\"" 2>/dev/null || fail "$1 cannot be opened"
    flock -n "$lock_fd" </dev/null || fail "$1 is held by $(cat -- "$1" 2>&1 </dev/null)"
    found=$(cat -- "$1" 2>&1 </dev/null)
    [ "$found" = "$2" ] || fail "another run had $1 meanwhile: $found"
    hold "$1" "$3"
}

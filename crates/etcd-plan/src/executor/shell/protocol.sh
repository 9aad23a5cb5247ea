# How operations are run and framed.
#
# Each operation is a function call in a subshell of its own: `exit` ends the operation, never the
# session. What it prints goes straight to the shell's stdout (kept as 3), what it says on stderr is
# caught and follows in the frame. Nothing reads the shell's stdin, where the script comes from, and
# no child gets the descriptors 5 to 9, which hold locks.

exec 3>&1
umask 022
unset ETCDCTL_ENDPOINTS ETCDCTL_CACERT ETCDCTL_CERT ETCDCTL_KEY ETCDCTL_USER ETCDCTL_PASSWORD
unset ETCDCTL_COMMAND_TIMEOUT ETCDCTL_DIAL_TIMEOUT ETCDCTL_WRITE_OUT ETCDCTL_INSECURE_SKIP_TLS_VERIFY
unset ETCDCTL_INSECURE_TRANSPORT ETCDCTL_DISCOVERY_SRV ETCDCTL_DEBUG ETCDCTL_HEX
unset IFS

# greet: says which user we are and what is missing, and that the session has begun.
greet() {
    uid=$(id -u </dev/null)
    lacking=
    for tool in base64 cat chmod chown date df grep head ls mkdir mv rm sha256sum sleep stat sync tail \
        uname wc; do
        command -v "$tool" >/dev/null || lacking="$lacking $tool"
    done
    # Where printf is a program, its arguments, which can be secrets, would show in the process list.
    [ "$(command -v printf)" = printf ] || lacking="$lacking printf-as-builtin"
    printf '\n%s hello %s%s\n' "$marker" "$uid" "$lacking"
}

# op NUMBER FUNCTION ARGUMENT...: runs an operation in a subshell.
op() {
    printf '\n%s op %s\n' "$marker" "$1" || exit 1
    shift
    said=$("$@" 2>&1 >&3 3>&- 5>&- 6>&- 7>&- 8>&- 9>&- </dev/null)
    finish $?
}

# op_taking NUMBER FUNCTION ARGUMENT...: runs an operation that can `take` bytes from the shell's
# stdin. Nothing else is there to be read: all of the script has come before it runs.
op_taking() {
    number=$1
    printf '\n%s op %s\n' "$marker" "$1" || exit 1
    shift
    said=$("$@" 2>&1 >&3 3>&- 5>&- 6>&- 7>&- 8>&- 9>&-)
    finish $?
}

# op_here NUMBER FUNCTION ARGUMENT...: runs an operation in the shell itself. It leaves in `said`
# what it has to say, and prints nothing.
op_here() {
    printf '\n%s op %s\n' "$marker" "$1" || exit 1
    shift
    said=
    "$@"
    finish $?
}

# A shell that cannot write has nobody left to work for, so it ends before the next operation.
finish() {
    printf '\n%s status %s\n%s\n%s end\n' "$marker" "$1" "$said" "$marker" || exit 1
    return "$1"
}

batch_end() {
    at_rest
    printf '\n%s done\n' "$marker" || exit 1
}

# -- for use inside operations

say() {
    printf '%s\n' "$*" >&2
}

fail() {
    say "$@"
    exit 1
}

# folder_of PATH: sets `folder` to the folder that holds it.
folder_of() {
    folder=${1%/*}
    folder=${folder:-/}
}

# take SIZE FILE: asks for bytes and writes them to FILE. All are read even if they cannot be
# written, since the shell would take the rest for a script.
take() {
    printf '\n%s take %s\n' "$marker" "$number"
    head -c "$1" | {
        cat >"$2"
        written=$?
        cat >/dev/null
        exit "$written"
    } || exit
    came=$(wc -c <"$2") || exit
    [ "$came" -eq "$1" ] || fail "$came of $1 bytes came"
}

# is_there PATH: says whether anything is at PATH; the operation fails when that cannot be told.
is_there() {
    if [ -e "$1" ] || [ -L "$1" ]; then
        return 0
    fi
    nearest "$1"
    if [ -d "$folder" ] && [ ! -x "$folder" ]; then
        fail "cannot look into $folder"
    fi
    return 1
}

# nearest PATH: sets `folder` to the nearest thing above PATH that is there.
nearest() {
    folder_of "$1"
    until [ -e "$folder" ]; do
        folder_of "$folder"
    done
}

# clock: sets `now` to the milliseconds since the start of the machine.
clock() {
    read -r now _ </proc/uptime
    # A leading 1 keeps `08` from being read as octal.
    now=$((${now%.*} * 1000 + 1${now#*.}0 - 1000))
}

# pause SECONDS: sleeps, for a whole second more where sleep takes no fractions.
pause() {
    sleep "$1" 2>/dev/null || sleep $((${1%.*} + 1))
}

# started_after NAME PATH: prints how many seconds after the last change of a file the process of a service
# began; nothing without one of them.
started_after() {
    is_there "$2" || return 0
    pid=$(service_pid "$1") && birth "$pid" || return 0
    booted=$(grep '^btime ' /proc/stat) || exit
    changed=$(stat -c %Y -- "$2") || exit
    # The kernel gives start times in hundredths of a second, whatever its own clock does (proc(5)).
    printf '%s\n' $((${booted#btime } + birth / 100 - changed))
}

# birth PID: sets `birth` to the start time of a process, in ticks since the start of the machine;
# fails when it is gone, or only its exit status is left.
birth() {
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    stat=${stat##*) }
    # shellcheck disable=SC2086 # the fields of the line
    set -- $stat
    # A process that was killed still listens until the last of its threads is gone, which can be
    # after the first one.
    case $1:${18} in
        X:* | Z:[01]) return 1 ;;
    esac
    birth=${20}
}

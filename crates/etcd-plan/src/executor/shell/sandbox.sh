# What is special in a sandbox: everything is owned by whoever runs it, and services are processes.
#
# A service has `run/<name>.pid` below the root folder: its process id and the start time of that
# process, so that another process which got the id later is never taken for it. The file goes when
# the service is stopped; a file without its process is a service that ended by itself.

set_owner() { # OWNER PATH
    :
}

# process NAME: sets `pid` to the process of a service; fails when there is none. What a damaged
# file holds is never passed to kill, for which some numbers mean many processes.
process() {
    { read -r pid born <"$root/run/$1.pid"; } 2>/dev/null || return 1
    case $pid in
        '' | 1 | 0* | *[!0-9]*) return 1 ;;
    esac
    birth "$pid" && [ "$birth" = "$born" ]
}

set_owner_of_all() { # OWNER PATH
    :
}

# Speaks the language of `systemctl show`.
service_state() { # NAME
    if process "$1"; then
        printf '%s\n' ActiveState=active SubState=running "MainPID=$pid"
    elif [ -e "$root/run/$1.pid" ]; then
        printf '%s\n' ActiveState=failed SubState=failed MainPID=0
    else
        printf '%s\n' ActiveState=inactive SubState=dead MainPID=0
    fi
    printf '%s\n' LoadState=loaded UnitFileState=enabled
}

service_pid() { # NAME
    process "$1" && printf '%s' "$pid"
}

service_is_down() { # NAME
    ! process "$1"
}

service_log() { # NAME
    tail -n 30 -- "$root/var/log/$1.log"
}

reload_units() { # NAME
    :
}

enable_service() { # NAME
    :
}

disable_service() { # NAME
    :
}

# The process gets a session of its own, so that no terminal and no shell takes it along.
start_service() { # NAME CONFIG DELAY
    ! process "$1" || return 0
    command -v etcd >/dev/null || fail 'there is no etcd in PATH'
    command -v setsid >/dev/null || fail 'there is no setsid in PATH'
    mkdir -p -- "$root/run" "$root/var/log" || exit
    pause "$3"
    setsid etcd --config-file "$2" >>"$root/var/log/$1.log" 2>&1 </dev/null &
    birth $! || birth=0
    printf '%s %s\n' $! "$birth" >"$root/run/$1.pid"
}

stop_service() { # NAME TIMEOUT_MS KILL_AFTER_MS
    if process "$1"; then
        signal TERM
        [ -z "$3" ] || await_end "$1" "$3" || signal KILL
        await_end "$1" "$2" || {
            signal KILL
            await_end "$1" 5000
            fail "process $pid of $1 did not end within $2 ms and was killed"
        }
    fi
    rm -f -- "$root/run/$1.pid"
}

# signal NAME: sends a signal to the group of the process, or to the process where it has none yet.
signal() {
    kill -s "$1" -- "-$pid" 2>/dev/null || kill -s "$1" "$pid"
}

await_end() { # NAME TIMEOUT_MS
    clock
    end=$((now + $2))
    while process "$1"; do
        clock
        [ "$now" -lt "$end" ] || return 1
        pause 0.05
    done
}

# Those of other sandboxes run on the same machine, and are not asked about.
etcd_processes() {
    for file in "$root"/run/*.pid; do
        service=${file##*/}
        service=${service%.pid}
        ! process "$service" || print_process "$pid" "/$service.service"
    done
}

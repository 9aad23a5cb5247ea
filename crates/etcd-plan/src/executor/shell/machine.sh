# What is special on a real machine: owners, and services under systemd.

set_owner() { # OWNER PATH
    chown -- "$1" "$2"
}

set_owner_of_all() { # OWNER PATH
    chown -R -- "$1" "$2"
}

service_state() { # NAME
    systemctl show -p LoadState,ActiveState,SubState,MainPID,UnitFileState,Job -- "$1.service"
}

service_pid() { # NAME
    pid=$(systemctl show -p MainPID -- "$1.service") || return
    pid=${pid#MainPID=}
    [ "${pid:-0}" != 0 ] && printf '%s' "$pid"
}

# service_is_down NAME: says whether a service that was started has ended for good.
service_is_down() {
    case $(systemctl show -p ActiveState,Job -- "$1.service") in
        *ActiveState=failed*) return 0 ;;
        *Job=[1-9]*) return 1 ;; # its start still waits in the queue
        *ActiveState=inactive*) return 0 ;;
        *) return 1 ;;
    esac
}

service_log() { # NAME
    journalctl -u "$1.service" -n 30 -o cat --no-pager
}

# Makes systemd read all unit files again, which takes it most of a second on a
# small machine, unless it knows the one that we write as it is now. An older systemd does not notice
# by itself that a file came to lie over that of the distribution.
reload_units() { # NAME
    case $(systemctl show -p LoadState,FragmentPath,NeedDaemonReload -- "$1.service") in
        *NeedDaemonReload=yes*) ;;
        *"FragmentPath=/etc/systemd/system/$1.service"*) return 0 ;;
    esac
    systemctl daemon-reload
}

# Without the links of SysV scripts, which systemd does not look at where there is a unit, and which
# take longer than all the rest. A systemd that goes on with what it knew before reads again.
enable_service() { # NAME
    SYSTEMCTL_SKIP_SYSV=1 systemctl --quiet --no-reload enable -- "$1.service" || exit
    case $(systemctl show -p UnitFileState -- "$1.service") in
        *=enabled*) ;;
        *) systemctl daemon-reload ;;
    esac
}

disable_service() { # NAME
    systemctl --quiet disable -- "$1.service"
}

# A unit that failed too often is refused by systemd until its failures are forgotten.
start_service() { # NAME CONFIG DELAY
    pause "$3"
    systemctl reset-failed -- "$1.service" 2>/dev/null
    systemctl --no-block start -- "$1.service"
}

stop_service() { # NAME TIMEOUT_MS KILL_AFTER_MS
    state=$(systemctl show -p LoadState,ActiveState -- "$1.service") || exit
    case $state in
        *LoadState=not-found*ActiveState=inactive* | *ActiveState=inactive*LoadState=not-found*) return 0 ;;
    esac
    systemctl --no-block stop -- "$1.service" || exit
    clock
    end=$((now + $2))
    kill_at=$((now + ${3:-$2}))
    while :; do
        case $(systemctl show -p ActiveState,Job -- "$1.service") in
            *Job=[1-9]*) ;; # what is queued can still bring it up, or down
            *ActiveState=inactive* | *ActiveState=failed*) return 0 ;;
        esac
        clock
        [ "$now" -lt "$end" ] || fail "$1.service did not stop within $2 ms"
        # It can end by itself at this very moment.
        [ "$now" -lt "$kill_at" ] || systemctl kill --signal=KILL -- "$1.service" 2>/dev/null || :
        pause 0.05
    done
}

etcd_processes() {
    for folder in /proc/[0-9]*; do
        { read -r program <"$folder/comm"; } 2>/dev/null || continue
        [ "$program" != etcd ] || print_process "${folder#/proc/}" ''
    done
}

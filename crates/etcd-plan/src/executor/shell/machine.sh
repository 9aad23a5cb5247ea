# What is special on a real machine: owners, and services under systemd.

set_owner() { # OWNER PATH
    chown -- "$1" "$2"
}

service_state() { # NAME
    systemctl show -p LoadState,ActiveState,SubState,MainPID,UnitFileState,Job -- "$1.service"
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

reload_units() {
    systemctl daemon-reload
}

# Reading all unit files takes systemd most of a second on a small machine, and is done once, after.
enable_service() { # NAME
    systemctl --quiet --no-reload enable -- "$1.service"
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

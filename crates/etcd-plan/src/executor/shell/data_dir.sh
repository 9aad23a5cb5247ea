# What lies in a data directory.

data_dir() { # PATH
    aside=$1.purged-
    if is_there "$1"; then
        [ -d "$1" ] || fail "$1 is not a folder"
        { [ -r "$1" ] && [ -x "$1" ]; } || fail "cannot look into $1"
        printf 'exists\n'
        below=$(stat -c %d -- "$1/.") && above=$(stat -c %d -- "$1/..") || exit
        if [ -L "$1" ] || [ "$below" != "$above" ]; then
            printf 'fixed\n'
            aside=$1/.purged-
        fi
        ! is_used "$1" "$aside" || printf 'used\n'
        ! matches "$1"/member/wal/*.wal || printf 'wal\n'
        for folder in "$1/member" "$1/member/wal"; do
            if [ -d "$folder" ] && { [ ! -r "$folder" ] || [ ! -x "$folder" ]; }; then
                fail "cannot look into $folder"
            fi
        done
        folder=$1
    else
        nearest "$1"
    fi
    df -Pk -- "$folder" || exit
    for purged in "$aside"*; do
        ! matches "$purged" || printf 'purged %s\n' "$purged"
    done
}

# is_used PATH ASIDE: says whether a folder holds anything that is etcd's, or may be.
is_used() {
    for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
        case $entry in
            "$2"* | "$1"/.restored | "$1"/.restored.token | "$1/lost+found") ;;
            *) ! matches "$entry" || return 0 ;;
        esac
    done
    return 1
}

# matches PATH...: says whether one of the paths is there; a pattern without a match is not.
matches() {
    for match in "$@"; do
        if [ -e "$match" ] || [ -L "$match" ]; then
            return 0
        fi
    done
    return 1
}

# What lies in a data directory.

data_dir() { # PATH
    if is_there "$1"; then
        [ -d "$1" ] || fail "$1 is not a folder"
        { [ -r "$1" ] && [ -x "$1" ]; } || fail "cannot look into $1"
        printf 'exists\n'
        ! matches "$1"/* "$1"/.[!.]* "$1"/..?* || printf 'used\n'
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
    for purged in "$1".purged-*; do
        ! matches "$purged" || printf 'purged %s\n' "$purged"
    done
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

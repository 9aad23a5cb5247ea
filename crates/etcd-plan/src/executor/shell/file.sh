# Files and folders.

stat_path() { # PATH
    is_there "$1" || return 0
    stat -c '%f:%s:%u:%g:%U:%G' -- "$1" || exit
    if [ -f "$1" ] && [ ! -L "$1" ]; then
        sha256sum <"$1"
    fi
}

read_file() { # PATH LIMIT
    is_there "$1" || return 0
    [ -f "$1" ] || fail "$1 is not a regular file"
    size=$(wc -c <"$1") || exit
    [ "$size" -le "$2" ] || fail "$1 is larger than $2 bytes"
    printf 'content\n'
    base64 <"$1"
}

# The bytes come as they are: nothing in a file is like the marker of the session.
file_part() { # PATH NUMBER LENGTH
    is_there "$1" || return 0
    [ -f "$1" ] || fail "$1 is not a regular file"
    printf 'piece\n'
    dd if="$1" bs="$3" skip="$2" count=1 2>/dev/null || fail "$1 cannot be read"
}

# Names with a line break in them would be two.
names_in() { # PATH
    is_there "$1" || return 0
    [ -d "$1" ] || fail "$1 is not a folder"
    LC_ALL=C ls -A -- "$1"
}

make_dir() { # PATH OWNER MODE
    mkdir -p -- "$1" && set_owner "$2" "$1" && chmod -- "$3" "$1"
}

# The content comes through a pipe from a builtin: no argument of a program, no temporary file of a
# here-document.
stage_file() { # STAGED OWNER MODE BASE64
    stage_empty "$1" "$2" "$3"
    printf '%s' "$4" | base64 -d >"$1" && sync_path "$1"
}

# What is large does not come in the script: bash reads that byte by byte.
stage_large_file() { # STAGED OWNER MODE SIZE
    stage_empty "$1" "$2" "$3"
    take "$4" "$1"
    sync_path "$1"
}

# The first piece makes the file; a piece that was added before is not added again.
stage_part() { # STAGED OWNER MODE OFFSET SIZE
    [ "$4" != 0 ] || stage_empty "$1" "$2" "$3"
    there=$(stat -c %s -- "$1") || exit
    [ "$there" -eq "$4" ] || fail "$1 has $there bytes, and a piece is to begin at $4"
    take "$5" "$1.piece"
    { cat -- "$1.piece" >>"$1" && rm -f -- "$1.piece"; } || exit
    sync_path "$1"
}

# The file is empty until it has its owner and mode, and is ours alone until then.
stage_empty() { # STAGED OWNER MODE
    folder_of "$1"
    { mkdir -p -- "$folder" && rm -f -- "$1"; } || exit
    umask 077
    set -C
    : >"$1" || exit
    set +C
    { set_owner "$2" "$1" && chmod -- "$3" "$1"; } || exit
}

promote_file() { # STAGED FINAL
    [ ! -d "$2" ] || fail "$2 is a folder"
    if is_there "$1"; then
        mv -f -- "$1" "$2" || exit
    elif ! is_there "$2"; then
        fail "there is neither $1 nor $2"
    fi
    folder_of "$2"
    sync_path "$folder"
}

# Whoever reads one file and then another between two renames reads two that do not belong together. So all
# go to their places in one rename: that of a link to a folder, through which their names lead meanwhile.
# Each step before and after it leaves what is read as it is, so a cut is of no harm, wherever it comes.
place_together() { # FOLDER [FROM FINAL]...
    place=$1
    shift
    together=$place/.together.etcd-plan
    changes=0 is_first=
    each_pair look_at_pair "$@"
    rm -rf -- "$together" || exit
    if [ -n "$is_first" ] || [ "$changes" -lt 2 ]; then
        each_pair move_pair "$@"
    else
        mkdir -m 711 -- "$together" "$together/old" "$together/new" || exit
        ln -s old "$together/now" || exit
        each_pair link_pair "$@"
        { ln -s new "$together/next" && mv -fT -- "$together/next" "$together/now"; } || exit
        each_pair end_pair "$@"
        rm -rf -- "$together" || exit
    fi
    sync_path "$place"
}

each_pair() { # FUNCTION [FROM FINAL]...
    act=$1
    shift
    while [ $# -gt 1 ]; do
        "$act" "$1" "$2" || exit
        shift 2
    done
}

# A name that still leads through the folder, since a run was cut off, becomes the file that it leads to.
look_at_pair() { # FROM FINAL
    [ ! -d "$2" ] || fail "$2 is a folder"
    case $(readlink -- "$2") in
        .together.etcd-plan/*)
            real=$(readlink -f -- "$2") || exit
            { ln -f -- "$real" "$2.etcd-plan" && mv -f -- "$2.etcd-plan" "$2"; } || exit
            ;;
    esac
    if is_there "$1"; then
        changes=$((changes + 1))
    elif ! is_there "$2"; then
        fail "there is neither $1 nor $2"
    fi
    is_there "$2" || is_first=yes
}

move_pair() { # FROM FINAL
    if is_there "$1"; then
        mv -f -- "$1" "$2"
    fi
}

link_pair() { # FROM FINAL
    name=${2##*/}
    new=$2
    if is_there "$1"; then
        new=$1
    fi
    ln -- "$2" "$together/old/$name" && ln -- "$new" "$together/new/$name" &&
        ln -s ".together.etcd-plan/now/$name" "$together/$name" && mv -f -- "$together/$name" "$2"
}

end_pair() { # FROM FINAL
    mv -f -- "$together/new/${2##*/}" "$2" && rm -f -- "$1"
}

keep_file() { # PATH KEPT
    is_there "$1" || return 0
    ln -f -- "$1" "$2" || exit
    folder_of "$2"
    sync_path "$folder"
}

keep_time() { # STAGED FINAL
    if is_there "$1" && is_there "$2"; then
        touch -r "$2" -- "$1"
    fi
}

remove_file() { # PATH
    rm -f -- "$1"
}

move_aside() { # PATH TO
    if is_there "$1"; then
        if is_there "$2"; then
            fail "both $1 and $2 are there"
        fi
        mv -- "$1" "$2" || exit
    elif ! is_there "$2"; then
        fail "there is neither $1 nor $2"
    fi
    folder_of "$2"
    sync_path "$folder"
}

# What a move that was cut off has left goes after the rest.
move_contents_aside() { # PATH TO
    { mkdir -p -- "$2" && chmod 700 -- "$2"; } || exit
    for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
        case $entry in
            "$1"/.purged-* | "$1"/.restored | "$1"/.restored.token | "$1/lost+found") continue ;;
        esac
        ! is_there "$entry" || mv -- "$entry" "$2/" || exit
    done
    sync_path "$1"
}

delete_purged() { # PATH
    case ${1##*/} in
        *.purged-*) rm -rf -- "$1" ;;
        *) fail "$1 is not deleted, since its name does not hold .purged-" ;;
    esac
}

drop_folder() { # PATH
    rm -rf -- "$1"
}

# Old and small versions of sync know no files: then everything is synced.
sync_path() { # PATH
    sync -- "$1" 2>/dev/null || sync
}

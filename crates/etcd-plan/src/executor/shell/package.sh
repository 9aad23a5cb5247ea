# Which etcd is installed, and its installation.

install_lock=/run/etcd-plan-install.lock
policy=/usr/sbin/policy-rc.d

package_facts() {
    if command -v etcd >/dev/null; then
        etcd --version || exit
    fi
    if command -v etcdctl >/dev/null; then
        ETCDCTL_API=3 etcdctl version || exit
    fi
    # One that we may not use is none.
    manager=
    [ "$uid" != 0 ] || package_manager
    printf 'manager %s\n' "$manager"
}

package_manager() {
    for manager in apt-get dnf yum; do
        ! command -v "$manager" >/dev/null || return 0
    done
    manager=
}

# install_package VERSION: installs etcd and etcdctl unless they are there; VERSION can be empty.
install_package() {
    ! is_installed "$1" || return 0
    begin_installation
    ! is_installed "$1" || return 0
    package_manager
    case $manager in
        apt-get) install_with_apt "$1" ;;
        dnf | yum) "$manager" -y -q install "etcd${1:+-$1}${1:+*}" >&2 4>&- ;;
        *) fail 'neither apt-get nor dnf nor yum is there' ;;
    esac || exit
    is_installed "$1" || fail "the installation left no etcd${1:+ $1} and etcdctl in PATH"
}

# install_file: the same from a package file; KIND is deb, rpm or archive.
install_file() { # PATH KIND
    ! is_installed '' || return 0
    begin_installation
    ! is_installed '' || return 0
    case $2 in
        deb) without_start dpkg --force-confold -i "$1" >&2 4>&- ;;
        rpm) rpm -U -- "$1" >&2 4>&- ;;
        archive) install_archive "$1" ;;
    esac || exit
    is_installed '' || fail "${1##*/} left no etcd and etcdctl in PATH: it must bring both"
}

# fetch_package VERSION FOLDER: fetches packages and installs nothing. What a cut left is fetched anew.
fetch_package() {
    if is_there "$2"; then
        return 0
    fi
    begin_installation
    package_manager
    part=$2.part
    { rm -rf -- "$part" && mkdir -p -- "$part" && cd -- "$part"; } || exit
    case $manager in
        apt-get) fetch_with_apt "$1" ;;
        dnf | yum) "$manager" -y -q install --downloadonly --downloaddir="$part" "etcd-$1*" >&2 4>&- ;;
        *) fail 'neither apt-get nor dnf nor yum is there' ;;
    esac || exit
    set -- "$1" "$2" "$part"/*
    [ -f "$3" ] || fail "no package source has etcd $1"
    mv -- "$part" "$2"
}

fetch_with_apt() { # VERSION
    if ! apt_packages "$1"; then
        apt_get update || exit
        apt_packages "$1" || fail "no package source has etcd $1"
    fi
    # shellcheck disable=SC2086 # package names
    apt_get download $packages || { apt_get update && apt_get download $packages; }
}

# replace_package VERSION FOLDER KEEP: installs what lies in FOLDER in place of what is installed,
# and leaves what runs as it is. KEEP gets the programs that were there, unless it has some.
replace_package() {
    begin_installation
    keep_programs "$3"
    version=$1
    ! is_installed "$version" || return 0
    set -- "$2"/*
    case $1 in
        *.deb) without_restart apt_get --reinstall --allow-downgrades install "$@" ;;
        *.rpm) without_restart rpm -U --oldpackage --replacepkgs -- "$@" >&2 4>&- ;;
        *.tar.gz) install_archive "$1" ;;
        *) fail "there is no package in ${1%/*}" ;;
    esac || exit
    is_installed "$version" || fail "${1##*/} left no etcd $version and etcdctl in PATH"
}

# without_restart COMMAND...: installs with a command, without what runs being restarted. Whether it is
# started at boot stays as it was.
without_restart() {
    forbid restart
    "$@"
    status=$?
    allow_start
    return "$status"
}

# Where etcd's unit finds them, and their companion of later versions.
bin=/usr/bin
programs='etcd etcdctl etcdutl'

keep_programs() { # KEEP
    if is_there "$1"; then
        return 0
    fi
    { rm -rf -- "$1.part" && mkdir -p -- "$1.part"; } || exit
    for program in $programs; do
        [ ! -f "$bin/$program" ] || cp -p -- "$bin/$program" "$1.part/" || exit
    done
    sync_path "$1.part"
    mv -- "$1.part" "$1"
}

# put_back_programs KEPT: each in one rename, past the package manager, which still has its source for
# what it counts as installed, and not for this.
put_back_programs() {
    [ "$uid" = 0 ] || fail 'only root can install programs'
    for program in $programs; do
        [ -f "$1/$program" ] || continue
        place_program "$1/$program"
    done
}

place_program() { # PROGRAM
    set -- "$1" "$bin/.${1##*/}.etcd-plan" "$bin/${1##*/}"
    { cp -- "$1" "$2" && chmod 755 "$2" && mv -f -- "$2" "$3"; } || exit
}

# One installation at a time on a machine, which several sandbox hosts can share.
begin_installation() {
    [ "$uid" = 0 ] || fail 'only root can install packages'
    exec 4>>"$install_lock" || exit
    flock 4 || exit
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
}

# without_start COMMAND...: installs with a command, without the package's own instance being started.
without_start() {
    forbid start
    "$@"
    status=$?
    allow_start
    [ "$status" = 0 ] || exit "$status"
    # It is not started at the next boot either, until the operation for that says so.
    [ ! -d /run/systemd/system ] || systemctl --quiet disable etcd.service 4>&-
}

# install_archive PATH: puts the programs of a release into /usr/bin, as packages do, each in one
# rename, and makes the user that they run as.
install_archive() {
    unpacked=$1.unpacked
    rm -rf -- "$unpacked"
    { mkdir -- "$unpacked" && tar -xzf "$1" -C "$unpacked"; } || exit
    for program in $programs; do
        for found in "$unpacked/$program" "$unpacked"/*/"$program"; do
            [ -f "$found" ] || continue
            place_program "$found"
        done
    done
    rm -rf -- "$unpacked"
    id etcd >/dev/null 2>&1 ||
        useradd --system --user-group --no-create-home --home-dir /var/lib/etcd \
            --shell /usr/sbin/nologin etcd >&2 4>&-
}

is_installed() { # VERSION
    { command -v etcd && command -v etcdctl; } >/dev/null || return
    [ -n "$1" ] || return 0
    found=$(etcd --version) || return
    found=${found#*Version: }
    version_fits "${found%%
*}" "$1"
}

# version_fits FOUND WANTED: says whether FOUND is WANTED, or a patch or a packager's revision of it.
version_fits() {
    case ${1#*:} in
        "$2"~* | "$2"-rc* | "$2"-alpha* | "$2"-beta*) return 1 ;;
        "$2" | "$2"[!0-9]*) return 0 ;;
        *) return 1 ;;
    esac
}

install_with_apt() { # VERSION
    if ! apt_packages "$1"; then
        apt_get update || exit
        apt_packages "$1" || fail "no package source has etcd${1:+ $1}"
    fi
    without_start apt_install
}

apt_install() {
    # shellcheck disable=SC2086 # package names
    apt_get install $packages || { apt_get update && apt_get install $packages; }
}

apt_get() {
    apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 \
        -o Dpkg::Options::=--force-confold "$@" >&2 4>&-
}

# apt_packages VERSION: sets `packages` to what is to be installed; fails when no source has it.
apt_packages() {
    for name in etcd-server etcd; do
        candidate=$(
            apt-cache madison "$name" | while read -r _ _ version _; do
                if [ -z "$1" ] || version_fits "$version" "$1"; then
                    printf '%s' "$version"
                    break
                fi
            done
        )
        if [ -n "$candidate" ]; then
            pin=${1:+=$candidate}
            packages=$name$pin
            [ "$name" = etcd ] || packages="$packages etcd-client$pin"
            return 0
        fi
    done
    return 1
}

# forbid WHAT: keeps the package's scripts from what they do to etcd: its `start` when it is new, its
# `restart` when another version was there. The policy binds only while
# this very shell lives, so one that a cut left behind changes nothing, and the next run takes it
# away. A mask of the unit would stay, and does not bind init scripts.
forbid() {
    if [ -e "$policy" ] && ! grep -q '^# etcd-plan:' "$policy"; then
        "$policy" etcd "$1" >/dev/null 2>&1
        [ $? = 101 ] || fail "$policy is there and lets etcd be ${1}ed at its installation:" \
            'let it exit with 101 for etcd, or install etcd yourself'
        foreign_policy=yes
        return 0
    fi
    foreign_policy=no
    birth $$ || exit
    rm -f -- "$policy"
    printf '%s\n' '#!/bin/sh' \
        '# etcd-plan: no start of etcd while its packages are installed. Can be deleted.' \
        "[ \"\$(cut -d ' ' -f 22 /proc/$$/stat 2>/dev/null)\" = $birth ] || exit 0" \
        'for word in "$@"; do' \
        '    case $word in etcd | etcd.service) exit 101 ;; esac' \
        'done' >"$policy" || exit
    chmod 755 "$policy" || exit
}

allow_start() {
    [ "$foreign_policy" = yes ] || rm -f -- "$policy"
}

# Adds to the image what hosts with databases have. Runs once, as root, in a tree that lies over the
# image, with the address of the Debian mirror in MIRROR.
set -eu
export DEBIAN_FRONTEND=noninteractive
cp -p /etc/apt/sources.list /root/sources.list
printf 'deb %s bookworm main\ndeb %s trixie main\n' "$MIRROR" "$MIRROR" >/etc/apt/sources.list
apt-get -q update

# Nothing starts here, and no cluster is made that Patroni has not made.
mkdir -p /etc/postgresql-common
echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
# vip-manager of this release speaks an API of etcd (v2) in which Patroni keeps nothing any more.
apt-get -q -y -t bookworm install --no-install-recommends patroni postgresql-15 vip-manager2/trixie
rm /usr/sbin/policy-rc.d
systemctl --quiet disable postgresql patroni vip-manager

mv /root/sources.list /etc/apt/sources.list
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin
: >/etc/resolv.conf

# Makes a fresh Debian the image of the lab's hosts. Runs once, as root inside it, with the address
# of the Debian mirror in MIRROR and the public key of the users in KEY.
set -eu
export DEBIAN_FRONTEND=noninteractive

# Packages of two versions of etcd, fetched while there still is a way out. The driver moves them
# beside the image; the host `infra` serves them.
printf 'deb %s bookworm main\ndeb %s trixie main\n' "$MIRROR" "$MIRROR" >/etc/apt/sources.list
apt-get -q update
mkdir /packages
cd /packages
for suite in bookworm trixie; do
    apt-get -q download "etcd-server/$suite" "etcd-client/$suite"
done
for version in 3.4.23 3.5.16; do
    ls etcd-server_"$version"* etcd-client_"$version"*
done
apt-ftparchive packages . >Packages
gzip -k Packages
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin
echo 'deb [trusted=yes] http://10.10.10.9/ ./' >/etc/apt/sources.list

cat >/etc/systemd/system/lab-packages.service <<'UNIT'
[Unit]
Description=Packages for the hosts of the lab
ConditionPathExists=/srv/packages/Packages
[Service]
ExecStart=/usr/bin/busybox httpd -f -p 80 -h /srv/packages
[Install]
WantedBy=multi-user.target
UNIT

# Users: root, one whose sudo asks nothing, and one whose sudo asks for a password.
for user in admin oper; do
    useradd -m -s /bin/bash "$user"
    install -d -o "$user" -g "$user" -m 700 "/home/$user/.ssh"
    printf '%s\n' "$KEY" >"/home/$user/.ssh/authorized_keys"
    chown "$user:$user" "/home/$user/.ssh/authorized_keys"
done
install -d -m 700 /root/.ssh
printf '%s\n' "$KEY" >/root/.ssh/authorized_keys
echo 'admin ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/admin
echo 'oper ALL=(ALL) ALL' >/etc/sudoers.d/oper
echo 'oper:oper-pass' | chpasswd

# Every disk gets keys of its own.
rm -f /etc/ssh/ssh_host_*

systemctl enable systemd-networkd ssh lab-packages
# No terminal, no timers, and nothing that waits for a network beyond the bridge.
systemctl mask systemd-resolved systemd-networkd-wait-online systemd-timesyncd getty.target \
    console-getty.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
    e2scrub_all.timer fstrim.timer
: >/etc/resolv.conf

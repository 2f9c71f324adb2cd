#!/usr/bin/env bash
# The Debian package in a tree of its own. tests/package.sh runs this.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
repository=$(cd "$(dirname "$0")/../.." && pwd)
tree=$work/tree
unit=usr/lib/systemd/system/gatepost.service

# The package, and one of a higher version with another example configuration.
first=$(echo "$work"/dist/*.deb)
dpkg-deb --raw-extract "$first" "$work/next"
sed -i 's/^Version: .*/Version: 99.0.0-1/' "$work/next/DEBIAN/control"
echo "# A new remark." >>"$work/next/etc/gatepost/config.toml"
dpkg-deb --root-owner-group -Znone --build "$work/next" "$work/next.deb" >/dev/null
cp "$first" "$tree/root/first.deb"
cp "$work/next.deb" "$tree/root/next.deb"

if find_engine; then
    step "boot the tree with systemd"
    # What the unit needs for its own mounts, and no more: settings of this machine's kernel stay read-only.
    engine run --detach --name tree --ulimit host --network host --systemd always --cap-add all \
        --security-opt seccomp=unconfined --security-opt apparmor=unconfined --rootfs "$tree" /sbin/init >/dev/null
    in_tree() { engine exec tree "$@"; }
    is_booted=yes
    # Its socket is not there from the beginning.
    for _ in {1..100}; do
        state=$(in_tree systemctl is-system-running 2>/dev/null || true)
        [[ $state != running && $state != degraded ]] || break
    done
    same "the system" running "$state"
else
    echo "no podman that works here: the command of the unit is run as its user, without systemd"
    mount -t proc proc "$tree/proc"
    in_tree() { chroot "$tree" "$@"; }
    is_booted=
fi

# Says no where dpkg asks whether to replace a changed configuration, as most people do.
apt() {
    in_tree env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get --quiet --quiet --assume-yes \
        -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold "$@"
}
# Every file that is there, apart from records of dpkg, apt and the journal.
files() {
    (cd "$tree" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./run -o -path ./tmp \
        -o -path ./var/tmp -o -path ./root -o -path ./var/log -o -path ./var/cache -o -path ./var/lib/dpkg \
        -o -path ./var/lib/apt -o -path ./var/lib/systemd \) -prune -o -print | sort)
}

# Starts and stops the server where there is no systemd to do it.
start() {
    if [ "$is_booted" ]; then
        [ "$(in_tree systemctl is-active gatepost)" = active ] ||
            fail "$(in_tree journalctl --no-pager --unit gatepost --lines 20)"
    else
        read -ra command <<<"$(sed -n 's/^ExecStart=//p' "$tree/$unit")"
        # Without a function, so that the process to stop is the server.
        chroot "$tree" setpriv --reuid gatepost --regid gatepost --init-groups --no-new-privs --bounding-set=-all \
            --inh-caps=-all "${command[@]}" 2>>"$work/server.log" &
        server=$!
    fi
    wait_until_ready
}
stop() {
    [ "$is_booted" ] || { kill "$server"; wait "$server" || fail "the server ended with exit code $?"; }
}
gatepost() { in_tree setpriv --reuid gatepost --regid gatepost --init-groups gatepost --config /etc/gatepost/config.toml "$@"; }

step "install"
files >"$work/before"
apt install /root/first.deb
in_tree dpkg --verify gatepost
same "the data folder" "gatepost gatepost 700" "$(in_tree stat -c '%U %G %a' /var/lib/gatepost)"
same "the folder of the configuration" "root gatepost 750" "$(in_tree stat -c '%U %G %a' /etc/gatepost)"
same "the configuration" "root gatepost 640" "$(in_tree stat -c '%U %G %a' /etc/gatepost/config.toml)"
for file in share/man/man1/gatepost.1.gz share/bash-completion/completions/gatepost \
    share/zsh/vendor-completions/_gatepost share/fish/vendor_completions.d/gatepost.fish; do
    [ -s "$tree/usr/$file" ] || fail "the package has no $file"
done
in_tree systemd-analyze verify --man=no gatepost.service
# The score times ten: at most 1.5.
in_tree systemd-analyze security --offline=true --threshold=15 --no-pager "/$unit" | tail -n 1 ||
    fail "the unit allows more than it did"

step "use"
start
register ann@example.org
sign_in ann@example.org
gatepost account list | grep -q ann@example.org || fail "the account is not listed"
gatepost config check

step "upgrade"
sed -i '1i name = "Kept name"' "$tree/etc/gatepost/config.toml"
cp "$tree/etc/gatepost/config.toml" "$work/config.toml"
stop
apt install /root/next.deb
start
same "the version" 99.0.0-1 "$(in_tree dpkg-query --show -f "\${Version}" gatepost)"
cmp "$work/config.toml" "$tree/etc/gatepost/config.toml" || fail "the configuration was changed"
same "its owner" "root gatepost 640" "$(in_tree stat -c '%U %G %a' /etc/gatepost/config.toml)"
is_signed_in_as ann@example.org
sign_in ann@example.org
browse / | grep -q "Kept name" || fail "the server was not restarted"

step "bad input"
as_user() { in_tree setpriv --reuid gatepost --regid gatepost --init-groups "$@"; }
refused 1 "8080" as_user gatepost --data /tmp/other
refused 1 "/proc/data" as_user gatepost --data /proc/data --listen 127.0.0.1:8081
refused 1 "/var/lib/gatepost" as_user gatepost --data /var/lib/gatepost --listen 127.0.0.1:8081
if [ "$is_booted" ]; then
    echo "nonsense = 1" >>"$tree/etc/gatepost/config.toml"
    ! in_tree systemctl restart gatepost 2>/dev/null || true
    for _ in {1..50}; do
        [ "$(in_tree systemctl is-active gatepost)" != activating ] || continue
        break
    done
    same "a unit with a wrong configuration" failed "$(in_tree systemctl is-active gatepost || true)"
    same "starting again" "NRestarts=0" "$(in_tree systemctl show -p NRestarts gatepost)"
    cp "$work/config.toml" "$tree/etc/gatepost/config.toml"
    in_tree systemctl restart gatepost
    start
fi

if [ "$is_booted" ]; then
    step "the rights of the server, and of a sendmail program"
    rights() {
        in_tree systemctl restart gatepost
        wait_until_ready
        in_tree sed -n 's/^\(NoNewPrivs\|Seccomp\|CapBnd\):\s*//p' \
            "/proc/$(in_tree systemctl show --property MainPID --value gatepost)/status" | tr '\n' ' '
    }
    same "the rights of the server" "0000000000000000 1 2 " "$(rights)"
    install -D -m 0644 "$tree/usr/share/doc/gatepost/sendmail.conf" \
        "$tree/etc/systemd/system/gatepost.service.d/sendmail.conf"
    in_tree systemctl daemon-reload
    [[ $(rights) == *[1-9a-f]*" 0 0 " ]] || fail "a sendmail program cannot change to another user: $(rights)"
    rm -r "$tree/etc/systemd/system/gatepost.service.d"
    in_tree systemctl daemon-reload
    start
fi

step "remove, and install again"
stop
apt remove gatepost
[ ! -e "$tree/usr/bin/gatepost" ] || fail "the binary is still there"
! curl --silent --output /dev/null "$base/healthz" || fail "the server still runs"
[ -d "$tree/var/lib/gatepost/store" ] || fail "removing has deleted the accounts"
cmp "$work/config.toml" "$tree/etc/gatepost/config.toml" || fail "removing has changed the configuration"
apt install /root/next.deb
start
sign_in ann@example.org

step "purge"
echo secret >"$tree/etc/gatepost/smtp_password"
stop
apt purge gatepost
! curl --silent --output /dev/null "$base/healthz" || fail "the server still runs"
files >"$work/after"
# adduser keeps the previous version of each of its files.
left=$(comm -13 "$work/before" "$work/after" | grep -vE '^\./etc/(passwd|group|shadow|gshadow|subuid|subgid)-$' || true)
same "what purging leaves" "" "$left"
compgen -G "$tree/var/lib/systemd/deb-systemd-helper-*/*gatepost*" && fail "purging leaves marks of systemd"
in_tree getent passwd gatepost >/dev/null || fail "the user no longer exists, and its number is free for others"

if [ "$is_booted" ]; then
    step "install the binary as docs/installing.md says"
    # The blocks as printed, but root needs no sudo, and the version is that of the release.
    archive=$(echo "$work"/dist/gatepost-*-linux.tar.gz)
    blocks=$(sed -n '/^## Binary/,/^## Container/p' "$repository/docs/installing.md" |
        sed "s/sudo //g; s/gatepost-[0-9.]*-x86_64-linux/$(basename "$archive" .tar.gz)/")
    block() { sed -n "/^$1/,/^\`\`\`/p" <<<"$blocks" | grep -v '^`'; }
    cp "$archive" "$tree/root"
    in_tree userdel gatepost
    in_tree bash -euxc "cd /root; $(block 'tar -xf')"
    wait_until_ready
    register bob@example.org
    in_tree bash -euxc "$(block 'systemctl disable')"
    ! curl --silent --output /dev/null "$base/healthz" || fail "the server still runs"
    engine rm --force tree >/dev/null
fi

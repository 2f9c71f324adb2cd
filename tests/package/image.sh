#!/usr/bin/env bash
# The container image, run as a user that nothing on this machine knows, with nothing writable but one volume.
# tests/package.sh runs this.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

# In a chroot, with mounts of its own for each run, so that each has its own volume.
if [ "${2:-}" = in_chroot ]; then
    root=$3 user=$4 volume=$5 access=$6 count=$7
    shift 7
    mount --bind "$root" "$root"
    mount --bind "$volume" "$root/data"
    mount -o "remount,bind,$access" "$root/data"
    mount -t proc proc "$root/proc"
    mount -o remount,bind,ro "$root"
    exec env -i "${@:1:count}" /usr/bin/setpriv --no-new-privs \
        /usr/sbin/chroot --userspec="$user:$user" --groups= "$root" /gatepost "${@:count+1}"
fi

user=4711
volume=$work/volume
install -d -o "$user" -g "$user" -m 0700 "$volume" "$work/other"
install -d -o 12345 -g 12345 -m 0700 "$work/foreign"

# `prepare NAME VOLUME ACCESS ARGUMENTS...` sets `command`, which runs the image with `settings`.
if find_engine; then
    step "the image, run by podman"
    prepare() {
        command=(engine run --rm --name "$1" --user "$user:$user" --read-only --read-only-tmpfs=false --cap-drop all
            --security-opt no-new-privileges --ulimit host --network host "--no-healthcheck=$unchecked"
            --volume "$2:/data:$3" "${settings[@]/#/--env=}" "$image" "${@:4}")
    }
    end() { engine stop --time 15 server >/dev/null; }
else
    step "no podman that works here: the files of the image in a chroot"
    tar -x -f "$work"/dist/*-image.tar.gz --directory "$work"
    root=$(echo "$work"/gatepost-*-image/root)
    mkdir -p "$root/data" "$root/proc"
    cp /etc/hosts "$root/etc"
    prepare() {
        command=(unshare --mount "$0" "$work" in_chroot "$root" "$user" "$2" "$3" "${#settings[@]}" "${settings[@]}"
            "${@:4}")
    }
    end() { kill "$server"; }
fi
settings=(GATEPOST_DATA_DIR=/data GATEPOST_LISTEN=127.0.0.1:8080)
# Only the server has its health checked.
unchecked=true

start() {
    unchecked=false prepare server "$volume" rw
    "${command[@]}" 2>>"$work/server.log" &
    server=$!
    wait_until_ready
}
stop() {
    end
    wait "$server" || fail "the server ended with exit code $?"
}
# A command in a container of its own, with the same volume.
run() { prepare command "$volume" rw "$@" && "${command[@]}"; }
# What a command refuses, with this volume.
refused_with() { # EXIT_CODE TEXT VOLUME ACCESS ARGUMENTS...
    prepare second "${@:3}" && refused "$1" "$2" "${command[@]}"
}

start
register ann@example.org
sign_in ann@example.org
run account list | grep -q ann@example.org || fail "the account is not listed"
run doctor --quick || fail "the health check fails"
[ ! "${image:-}" ] || engine healthcheck run server || fail "the health check of the image fails"
same "the owner and the mode of the key" "$user 600" "$(stat -c '%u %a' "$volume/key")"

step "stop, and start again"
stop
! run doctor --quick 2>/dev/null || fail "the health check passes without a server"
start
sign_in ann@example.org

step "bad input"
refused_with 1 8080 "$work/other" rw
settings=(GATEPOST_DATA_DIR=/data GATEPOST_LISTEN=127.0.0.1:8081)
refused_with 1 /data "$work/foreign" rw
refused_with 1 /data "$work/other" ro
settings=(GATEPOST_DATA_DIR=/data GATEPOST_LISTEN=127.0.0.1:8080)
stop

if [ "${image:-}" ]; then
    step "the image's own user, with a new volume"
    engine run --rm --read-only --cap-drop all --ulimit host --network host --no-healthcheck --volume new:/data \
        --env GATEPOST_LISTEN=127.0.0.1:8080 "$image" config check
fi

step "the name of the mail server"
settings=(GATEPOST_DATA_DIR=/data GATEPOST_LISTEN=127.0.0.1:8080 GATEPOST_MAIL__TRANSPORT=smtp
    GATEPOST_MAIL__FROM=id@example.org GATEPOST_MAIL__SMTP_URL=smtps://localhost:465)
refused_with 1 "localhost:465.*refused" "$volume" rw mail test ann@example.org

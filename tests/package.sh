#!/usr/bin/env bash
# Makes a release, and uses it as an operator would: installs the Debian package in a clean Debian tree, starts
# it, registers and signs in, upgrades, removes and purges it; then runs the container image as a user of its
# own, with nothing writable but one volume. Takes about two minutes.
#
#   GATEPOST=FILE tests/package.sh    takes a binary that is built already
#
# Needs root, debootstrap and the tools of packaging/release.sh. With buildah and a podman that works on this
# machine, the tree is booted with its own systemd, and the image is run by podman. Otherwise the command of the
# unit is run as its user, and the binary of the image in a chroot with nothing but the image's files.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
here=$repository/tests/package

if ((EUID != 0)); then
    echo "package.sh: needs root, for users and folders of a Debian tree of its own" >&2
    exit 1
fi
for tool in debootstrap unshare setpriv curl jq ip; do
    command -v "$tool" >/dev/null || { echo "package.sh: $tool is missing" >&2; exit 1; }
done

work=$(mktemp -d)
# Nothing below is mounted any more: the mounts end with their namespace.
trap 'rm -rf --one-file-system "$work"' EXIT

"$repository/packaging/release.sh"
cp -R "$repository/dist" "$work/dist"
(cd "$work/dist" && sha256sum --check --quiet SHA256SUMS)
parts=$(jq '.components | length' "$work"/dist/*-sbom.json)
((parts > 100)) || { echo "package.sh: the SBOM lists only $parts parts" >&2; exit 1; }

printf '\n== a clean Debian tree\n'
# The same version as this machine: the binary may need its glibc.
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
debootstrap --variant=minbase --include=adduser,ca-certificates,systemd,systemd-sysv "$suite" "$work/tree" \
    >"$work/debootstrap.log" 2>&1 || { tail "$work/debootstrap.log" >&2; exit 1; }

# A network, processes and mounts of their own: port 8080 is free, and nothing is left running.
unshare --net --mount --pid --fork --kill-child --mount-proc "$here/debian.sh" "$work"
unshare --net --mount --pid --fork --kill-child --mount-proc "$here/image.sh" "$work"
printf '\npackage.sh: all passed\n'

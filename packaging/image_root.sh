#!/usr/bin/env bash
# Puts the files of the container image into a folder: packaging/image_root.sh BINARY FOLDER
#
# FOLDER/root is for root and FOLDER/volumes for the user of the image, as the Containerfile copies them.
set -euo pipefail
binary=$1 root=$2/root volumes=$2/volumes

# Those that Debian ships. What this machine trusts besides is its own business.
authorities=/usr/share/ca-certificates/mozilla
if [ ! -d "$authorities" ]; then
    echo "image_root.sh: no $authorities; install ca-certificates" >&2
    exit 1
fi
install -d -m 0755 "$root"
install -D -m 0755 "$binary" "$root/gatepost"
install -d -m 0755 "$root/etc/ssl/certs"
cat "$authorities"/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
# The libraries, each at the path where the loader looks for it; none for a static binary.
libraries=$(ldd "$binary" 2>&1) || case $libraries in
*"not a dynamic executable"* | *"statically linked"*) libraries= ;;
*)
    echo "image_root.sh: ldd $binary: $libraries" >&2
    exit 1
    ;;
esac
while read -r library; do
    install -D -m 0755 "$library" "$root$library"
done < <(grep -o '/[^ ]*' <<<"$libraries" | sort -u)
chmod -R u=rwX,go=rX "$root"

# A new volume gets the owner and the mode of the folder that it covers.
install -d -m 0755 "$volumes"
install -d -m 0700 "$volumes/data" "$volumes/backups"

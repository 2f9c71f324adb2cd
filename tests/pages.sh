#!/usr/bin/env bash
# Walks every page in every state with a real browser, and checks HTML, accessibility, content security
# policy and headers. Any finding fails. Needs chromium, node, npm, libfaketime and openssl.
#
#   tests/pages.sh [--screenshots DIR]    also takes pictures: 320, 360, 768 and 1280 px, light and dark
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
here=$repository/tests/pages
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# GATEPOST names a binary that is built already.
[ -n "${GATEPOST:-}" ] || (cd "$repository" && cargo build --quiet)
# Install scripts are not needed, and would download things.
npm ci --prefix "$here" --ignore-scripts --no-audit --no-fund --silent

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -keyout "$work/key.pem" -out "$work/certificate.pem" 2>"$work/openssl.log"

libraries=(/usr/lib/*/faketime/libfaketimeMT.so.1)
export GATEPOST=${GATEPOST:-$repository/target/debug/gatepost} FAKETIME_LIBRARY=${libraries[0]}
export CERTIFICATE=$work/certificate.pem CERTIFICATE_KEY=$work/key.pem NODE_EXTRA_CA_CERTS=$work/certificate.pem
# A page that never becomes ready must not hold CI up indefinitely.
timeout --kill-after 10 1200 node "$here/main.mjs" "$@"

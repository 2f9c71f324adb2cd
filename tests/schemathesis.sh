#!/usr/bin/env bash
# Has schemathesis send what the API document allows, and what it does not, to a running server: every response
# must be one that the document describes. Needs python3 and cargo; GATEPOST names a binary that is built already.
#
#   tests/schemathesis.sh [--max-examples N ...]    further options of `schemathesis run`
#
# BASE is a running server with the mailbox transport. Without it, the script starts one.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT

# Limits would turn most responses into 429. A variable for each key of [limits], 0 switches it off.
limits=(${LIMITS:-})

if [ -z "${BASE:-}" ]; then
    [ -n "${GATEPOST:-}" ] || (cd "$repository" && cargo build --quiet)
    BASE=http://localhost:18081
    env "${limits[@]}" GATEPOST_PUBLIC_URL=$BASE "${GATEPOST:-$repository/target/debug/gatepost}" \
        --listen 127.0.0.1:18081 --data "$work/data" 2>"$work/log" &
    server=$!
    curl --silent --fail --retry 50 --retry-all-errors --retry-delay 1 --output /dev/null "$BASE/readyz"
fi

python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet schemathesis==4.32.5

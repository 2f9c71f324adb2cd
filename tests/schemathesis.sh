#!/usr/bin/env bash
# Has schemathesis send what the API document allows, and what it does not, to a running server: every response
# must be one that the document describes. Needs python3 and cargo; GATEPOST names a binary that is built already.
#
#   tests/schemathesis.sh [--max-examples N ...]    further options of `schemathesis run`
#
# BASE is a running server with the mailbox transport and without limits. Without it, the script starts one.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT

# Its limits would turn most responses into 429. 0 switches one off.
limits=()
for limit in mails_per_address_15m mails_per_address_day mails_per_client_hour mails_per_hour tries_per_client_5m \
    tries_per_address_15m codes_per_address_day changes_per_account_hour; do
    limits+=("GATEPOST_LIMITS__${limit^^}=0")
done

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
schemathesis() {
    (cd "$work" && "$work/python/bin/schemathesis" --config-file "$repository/tests/schemathesis.toml" \
        run "$BASE/api/openapi.json" --checks all --seed 1 --continue-on-failure --no-color "$@")
}

# Signs in by email, and prints the session token. Every run of schemathesis gets a session of its own.
session() {
    local request code
    request=$(post sign-in '{"email":"judge@example.org"}' | field request)
    code=$(curl --silent --fail "$BASE/api/mailbox?to=judge@example.org&wait=10" | field letters 0 code)
    post code "{\"request\":\"$request\",\"code\":\"$code\"}" | field session token
}
post() { curl --silent --fail "$BASE/api/$1" -H 'Content-Type: application/json' -d "$2"; }
field() {
    python3 -c 'import functools, json, sys
value = lambda of, key: of[int(key) if key.isdigit() else key]
print(functools.reduce(value, sys.argv[1:], json.load(sys.stdin)))' "$@"
}

# These end the session they are used with, or replace it. The first one that succeeds leaves the others without.
ending=(sign_out delete_account change_password end_other_sessions)
echo "== as no one"
schemathesis "$@"
echo "== signed in"
token=$(session)
schemathesis -H "Authorization: Bearer $token" "${ending[@]/#/--exclude-operation-id=}" "$@"
for operation in "${ending[@]}"; do
    echo "== signed in, $operation"
    token=$(session)
    schemathesis -H "Authorization: Bearer $token" --include-operation-id="$operation" "$@"
done

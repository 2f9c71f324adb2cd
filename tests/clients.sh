#!/bin/sh
# Generates typed clients from docs/openapi.json for Python, TypeScript and Rust, checks them strictly,
# and has each use every group of operations: register, confirm, sign in, change the address and so on.
# Needs python3, npm and cargo. CI runs it at night, because it takes minutes.
#
# BASE is a running server with the mailbox transport. Without it, the script starts one.
set -eu
repository=$(cd "$(dirname "$0")/.." && pwd)
document=$repository/docs/openapi.json
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT

if [ -z "${BASE:-}" ]; then
    (cd "$repository" && cargo build --quiet)
    BASE=http://localhost:18080
    # Three clients use every operation, all from one address.
    GATEPOST_LIMITS__MAILS_PER_CLIENT_HOUR=0 GATEPOST_LIMITS__TRIES_PER_CLIENT_5M=0 \
        GATEPOST_PUBLIC_URL=$BASE "$repository/target/debug/gatepost" \
        --listen 127.0.0.1:18080 --data "$work/data" &
    server=$!
    curl --silent --fail --retry 50 --retry-all-errors --retry-delay 1 --output /dev/null "$BASE/readyz"
fi
export BASE

cp -R "$repository/tests/clients/." "$work"
cp "$document" "$work/rust/openapi.json"
cd "$work"

python3 -m venv python
python/bin/pip install --quiet openapi-spec-validator==0.9.0 openapi-python-client==0.29.1 mypy==1.18.2
python/bin/openapi-spec-validator "$document"
python/bin/openapi-python-client generate --path "$document" --output-path gatepost --meta none
python/bin/mypy --strict --follow-imports=silent client.py
python/bin/python client.py

npm install --silent --no-save openapi-typescript@7.13.0 openapi-fetch@0.17.0 typescript@5 @types/node@20
npx openapi-typescript "$document" --output schema.d.ts
npx tsc --strict --noUncheckedIndexedAccess --target es2022 --module nodenext --outDir built client.ts
node built/client.js

(cd rust && cargo run --quiet)

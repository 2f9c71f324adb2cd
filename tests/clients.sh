#!/bin/sh
# Generates typed clients from docs/openapi.json for Python, TypeScript and Rust, compiles them, and
# has each sign in and out. Needs python3, npm and cargo, and takes minutes: it runs at night.
#
# BASE is a running server with the mailbox transport; without it, one is started.
set -eu
repository=$(cd "$(dirname "$0")/.." && pwd)
document=$repository/docs/openapi.json
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT

if [ -z "${BASE:-}" ]; then
    (cd "$repository" && cargo build --quiet)
    BASE=http://localhost:18080
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
python/bin/pip install --quiet openapi-spec-validator==0.9.0 openapi-python-client==0.29.1
python/bin/openapi-spec-validator "$document"
python/bin/openapi-python-client generate --path "$document" --output-path gatepost --meta none
python/bin/python sign_in.py

npm install --silent --no-save openapi-typescript@7.13.0 openapi-fetch@0.17.0 typescript@5 @types/node@20
npx openapi-typescript "$document" --output schema.d.ts
npx tsc --strict --noUncheckedIndexedAccess --target es2022 --module nodenext --outDir built sign_in.ts
node built/sign_in.js

(cd rust && cargo run --quiet)

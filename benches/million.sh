#!/usr/bin/env bash
# What a large database costs: importing, starting after a clean stop and after a kill, memory at rest, a backup
# beside a running server, restoring it, and verifying it. Each imported account is two records, so the usual two
# million accounts have as many records as one million people with a session and an event each. Needs bash, curl,
# cargo and some 10 GB of disk: benches/million.sh [ACCOUNTS]
set -euo pipefail
cd "$(dirname "$0")/.."

accounts=${1:-2000000}
port=${PORT:-18081}

cargo build --release --quiet
binary="$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release/gatepost"

work=$(mktemp -d -p .)
pid=
finish() {
    if [[ -n $pid ]]; then kill -9 "$pid" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap finish EXIT

now() { date +%s%3N; }
row() { printf '| %s | %s |\n' "$1" "$2"; }
seconds() { awk "BEGIN { printf \"%.1f s\", $1 / 1000 }"; }
mebibytes() { awk "BEGIN { printf \"%.0f MiB\", $1 / 1024 }"; }

# Runs a command, and leaves in `took` how many milliseconds that took.
timed() {
    local begun
    begun=$(now)
    "$@" >>"$work/said" 2>&1 || { cat "$work/said" >&2; exit 1; }
    took=$(($(now) - begun))
}

# Starts the server, and leaves in `took` how long its first page took.
start() {
    local begun
    begun=$(now)
    GATEPOST_LIMITS__MAILS_PER_CLIENT_HOUR=0 GATEPOST_LIMITS__MAILS_PER_HOUR=0 \
        "$binary" --data "$work/data" --listen "127.0.0.1:$port" 2>"$work/log" &
    pid=$!
    until curl -sf -o /dev/null "http://localhost:$port/sign-in"; do
        kill -0 "$pid" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
    done
    took=$(($(now) - begun))
}

stop() {
    kill "$1" "$pid"
    # Bash says that the server was killed, which is meant.
    { wait "$pid" || true; } 2>/dev/null
    pid=
}

awk -v n="$accounts" 'BEGIN {
    for (i = 1; i <= n; i++)
        printf "{\"email\":\"user%d@example%d.org\",\"confirmed_at\":\"2026-01-01T00:00:00Z\"}\n", i, i % 1000
}' >"$work/accounts.jsonl"

echo "| what | $accounts accounts |"
echo "| --- | --- |"
mkdir -m 700 "$work/data"
start
timed "$binary" account import "$work/accounts.jsonl" --data "$work/data"
row 'import beside a running server' "$(seconds "$took"), $((accounts * 1000 / took)) accounts/s"
stop -TERM
row 'database on disk' "$(mebibytes "$(du -sk "$work/data" | cut -f1)")"
start
row 'first page after a clean stop' "$(seconds "$took")"
begun=$(now)
until grep -q 'verified as a whole' "$work/log"; do sleep 0.2; done
row 'everything verified in the background after that' "$(seconds $(($(now) - begun)))"
sleep 5
row 'memory at rest' "$(mebibytes "$(awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status")")"
# Each of these requests is a durable commit.
commits() {
    local number
    for ((number = 0; ; number++)); do
        curl -sf -o /dev/null -w '%{time_total}\n' -H 'Content-Type: application/json' \
            -d "{\"email\":\"during$number@example.org\"}" "http://localhost:$port/api/sign-in"
    done
}
commits >"$work/times" &
commits=$!
timed "$binary" store backup "$work/one.backup" --data "$work/data"
kill "$commits"
wait "$commits" 2>/dev/null || true
slowest=$(sort -n "$work/times" | awk '{ all[NR] = $1 } END {
    printf "%.0f ms the slowest of %d, %.0f ms the 99th percentile", all[NR] * 1000, NR, all[int(NR * 0.99)] * 1000 }')
row 'requests that write, during the backup' "$slowest"
row 'backup beside the running server, read back' "$(seconds "$took"), $(mebibytes "$(du -sk "$work/one.backup" | cut -f1)")"
timed "$binary" store verify --data "$work/data"
row 'store verify beside the running server' "$(seconds "$took")"
stop -KILL
start
row 'first page after kill -9' "$(seconds "$took")"
stop -TERM
timed "$binary" store verify --data "$work/data"
row 'store verify without a server' "$(seconds "$took")"
mkdir -m 700 "$work/restored"
cp "$work/data/key" "$work/restored/key"
timed "$binary" store restore "$work/one.backup" --data "$work/restored"
row 'restore' "$(seconds "$took")"

#!/usr/bin/env bash
# What Gatepost uses at rest: the size of the stripped binary, the time from start to the first 200
# with an empty database, and its memory after that. Needs only bash and cargo.
set -euo pipefail
cd "$(dirname "$0")/.."

runs=${1:-10}
port=${PORT:-18080}

cargo build --release --quiet
binary="$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release/gatepost"

work=$(mktemp -d)
pid=
finish() {
    if [[ -n $pid ]]; then kill "$pid" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap finish EXIT

# Prints the first line of the response to a page: `/healthz` answers before the database is open. Uses bash's own
# connection, because starting a process would take longer than the server needs.
ask() {
    local line
    exec 3<>"/dev/tcp/127.0.0.1/$port" || return
    printf 'GET /sign-in HTTP/1.1\r\nHost: localhost:%s\r\nConnection: close\r\n\r\n' "$port" >&3
    read -r line <&3
    printf '%s' "$line"
}

# Sleeps for half a millisecond, without a process: a loop that asks at once would take a core from the server.
exec 4<> <(:)
pause() { read -rt 0.0005 -u 4 || true; }

median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

for ((run = 1; run <= runs; run++)); do
    data="$work/$run"
    begun=$(date +%s%N)
    "$binary" --data "$data" --listen "127.0.0.1:$port" 2>"$work/log" &
    pid=$!
    until first_answer=$(ask 2>/dev/null) && [[ $first_answer == 'HTTP/1.1 200'* ]]; do
        if ! kill -0 "$pid" 2>/dev/null; then
            cat "$work/log" >&2
            exit 1
        fi
        pause
    done
    ended=$(date +%s%N)
    echo $(((ended - begun) / 1000)) >>"$work/start_us"
    sleep 1
    awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status" >>"$work/rss_kib"
    kill "$pid"
    wait "$pid"
    pid=
done

printf 'binary, stripped:        %s bytes\n' "$(stat -c %s "$binary")"
printf 'start to the first page: %s us (median of %s, empty store)\n' "$(median <"$work/start_us")" "$runs"
printf 'resident at rest:        %s KiB (median)\n' "$(median <"$work/rss_kib")"

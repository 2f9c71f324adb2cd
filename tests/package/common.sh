# For debian.sh and image.sh, which run in a network of their own.
# shellcheck shell=bash

ip link set lo up
work=$1
base=http://localhost:8080
jar=$work/cookies

step() { printf '\n== %s\n' "$*"; }
fail() {
    [ ! -s "$work/server.log" ] || tail -n 20 "$work/server.log" >&2
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# Checks that two texts are equal.
same() { # WHAT EXPECTED ACTUAL
    [ "$2" = "$3" ] || fail "$1: expected \"$2\", got \"$3\""
}

# A podman that leaves nothing on this machine, and takes the limits of this shell instead of its own.
engine() {
    podman --root "$work/storage" --runroot "$work/run" --cgroup-manager cgroupfs "${runtime[@]}" "$@"
}

# Finds a runtime with which podman can start the image here; fails if there is none.
find_engine() {
    command -v podman >/dev/null || return 1
    local archive name
    archive=$(compgen -G "$work/dist/*-image-built.tar") || return 1
    for name in crun runc; do
        runtime=(--runtime "$name")
        engine load --quiet --input "$archive" >"$work/podman.log" 2>&1 || continue
        image=$(engine images --format '{{.Repository}}:{{.Tag}}' | grep gatepost)
        engine run --rm --no-healthcheck --ulimit host --network host "$image" --version >>"$work/podman.log" 2>&1 && return 0
    done
    image=
    return 1
}

wait_until_ready() {
    curl --silent --fail --retry 20 --retry-all-errors --retry-delay 1 --output /dev/null "$base/readyz" ||
        fail "the server is not ready"
}

# A browser that keeps its cookies. Prints the page, with its status as the last line.
browse() { # PATH ARGUMENTS...
    curl --silent --show-error --cookie "$jar" --cookie-jar "$jar" --header "Origin: $base" \
        --write-out '\n%{http_code}' "$base$1" "${@:2}"
}
status() { browse "$@" | tail -n 1; }

# Registers, confirms with the link on the mailbox page, and is signed in.
register() { # EMAIL
    rm -f "$jar"
    same "registering" 303 "$(status /register --data-urlencode "email=$1" --data-urlencode "password=$password")"
    local message link try
    for try in {1..50}; do
        message=$(browse /mailbox | grep -o '/mailbox/[0-9a-f]*' | head -n 1 || true)
        [ -z "$message" ] || break
        ((try < 50)) || fail "no email on the mailbox page"
        read -rt 0.2 <> <(:) || true
    done
    link=$(browse "$message" | grep -o "/link/[A-Za-z0-9_-]*" | head -n 1)
    same "opening the link" 200 "$(status "$link")"
    same "confirming" 303 "$(status "$link" --data account=none)"
    is_signed_in_as "$1"
}

sign_in() { # EMAIL
    rm -f "$jar"
    same "signing in" 303 \
        "$(status /sign-in/password --data-urlencode "email=$1" --data-urlencode "password=$password")"
    is_signed_in_as "$1"
}

is_signed_in_as() { # EMAIL
    browse / | grep -q "signed in as <strong class=\"address\">$1<" || fail "not signed in as $1"
}

password="correct horse battery staple"

# One line that says what is wrong, and the exit code.
refused() { # EXIT_CODE TEXT COMMAND...
    local said code=0
    said=$("${@:3}" 2>&1 >/dev/null) || code=$?
    same "the exit code of ${*:3}" "$1" "$code"
    same "the number of lines: $said" 1 "$(wc -l <<<"$said")"
    grep -q "$2" <<<"$said" || fail "\"$said\" does not contain \"$2\""
    echo "$said"
}

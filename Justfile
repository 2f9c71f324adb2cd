# Lists what can be done.
default:
    @just --list --unsorted

# What has to hold before anything is pushed; the same as the CI runs.
check:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    cargo test

# The tests, or those whose name contains a word: just test config::
test *words:
    cargo test --test it -- {{ words }}

# Serves with the mailbox and a store that is gone afterwards.
run *arguments:
    #!/usr/bin/env bash
    set -euo pipefail
    data=$(mktemp -d)
    trap 'rm -rf "$data"' EXIT
    cargo run -- --data "$data" {{ arguments }}

# Reviews snapshots that changed (needs cargo-insta).
accept:
    cargo insta review

# Writes the OpenAPI document anew, to be reviewed.
openapi:
    cargo run --quiet -- openapi > docs/openapi.json

# Measures: size, memory and start, then the figures.
bench:
    benches/at_rest.sh
    cargo bench

# What takes long or needs more tools: advisories and licences (cargo-deny), and clients generated from
# the document for three languages (npm, pip), compiled and signed in.
nightly:
    cargo deny check
    tests/clients.sh

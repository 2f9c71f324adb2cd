# Lists the available tasks.
default:
    @just --list --unsorted

# Checks what must pass before a push. CI also runs `just pages`.
check:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    cargo test

# Runs the tests, or those whose name contains a word: just test config::
test *words:
    cargo test --test it -- {{ words }}

# Opens every page in every state in a browser, and checks HTML, accessibility and headers.
pages *arguments:
    tests/pages.sh {{ arguments }}

# Starts the server with the mailbox and a database that is deleted afterwards.
run *arguments:
    #!/usr/bin/env bash
    set -euo pipefail
    data=$(mktemp -d)
    trap 'rm -rf "$data"' EXIT
    cargo run -- --data "$data" {{ arguments }}

# Tries many more mutations of the kept inputs than `cargo test` does, with a new seed: just fuzz 1000000
fuzz mutations="200000":
    FUZZ_MUTATIONS={{ mutations }} FUZZ_SEED=$(date +%s) cargo test --test it -- fuzz::

# Runs the requirements about links that are used many times at once and about 100,000 waiting emails at their full
# size. Takes minutes.
full-size:
    cargo test --test it -- --ignored --nocapture full_size:: a_hundred_thousand_emails

# Reviews changed snapshots (needs cargo-insta).
accept:
    cargo insta review

# Writes the OpenAPI document, to be reviewed.
openapi:
    cargo run --quiet -- openapi > docs/openapi.json

# Measures size, memory and startup, then runs the benchmarks.
bench:
    benches/at_rest.sh
    cargo bench

# Makes everything that is released, in dist/: archive, Debian package, image, compose file, SBOM and checksums.
release:
    packaging/release.sh

# Kills the server, cuts its power, damages its database and makes its disk fail, more often than `cargo test` does,
# with a new seed. Takes about 15 minutes. To repeat a failure: just faults SEED
faults seed=`date +%s`:
    CRASH_SEED={{ seed }} CRASH_ROUNDS=200 POWER_CUTS=50 DAMAGES=300 DISK_FAULTS=20 cargo test --test it -- --nocapture crash:: store::power:: store::large_damage:: cli::failing_disk::

# Kills servers of the database and of this program that share it, starts two at once, and has acts meet on one record,
# more often than `cargo test` does, with a new seed. To repeat a failure: just failovers SEED
failovers seed=`date +%s`:
    CRASH_SEED={{ seed }} FAILOVER_TURNS=40 FIRST_STARTS=100 ABSENT_ROUNDS=10000 cargo test --test it -- --nocapture crash::failover:: cli::nodes::first_start:: store::contract::postgres::acts_on_an_absent_key
    cargo test --test it -- --ignored cli::nodes::failover::delayed::

# Runs the checks that take long or need more tools: faults, failovers, advisories and licences (cargo-deny), clients
# generated from the API document for three languages (npm, pip), requests made from it (pip), and a release
# that is installed and used (root, debootstrap, cargo-deb, cargo-cyclonedx).
nightly: faults failovers
    cargo deny check
    tests/clients.sh
    tests/schemathesis.sh
    tests/package.sh

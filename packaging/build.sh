#!/usr/bin/env bash
# Builds the binary that is released, and prints its path.
#
# With the musl target installed, the binary is static and runs on any Linux. Otherwise it is linked
# dynamically. A static glibc is no choice: it loads the modules that /etc/nsswitch.conf names from the machine
# it runs on, and crashes when it looks up the mail server if they belong to another version of glibc.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
cd "$repository"

machine=$(uname -m)
target=$machine-unknown-linux-musl
if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$target" ]; then
    target=$machine-unknown-linux-gnu
elif ! command -v musl-gcc >/dev/null; then
    echo "build.sh: the target $target needs musl-gcc; install musl-tools" >&2
    exit 1
fi

folder=${CARGO_TARGET_DIR:-$repository/target}
# Where the sources are on this machine must not change the binary.
# One flag each: the paths may have spaces.
flags=("--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo" "--remap-path-prefix=$folder=/target"
    "--remap-path-prefix=$repository=/gatepost")
read -ra given <<<"${RUSTFLAGS:-}"
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && echo "${given[*]+"${given[*]}"$'\x1f'}${flags[*]}")
export CARGO_ENCODED_RUSTFLAGS
cargo build --release --locked --target "$target" >&2
echo "$folder/$target/release/gatepost"

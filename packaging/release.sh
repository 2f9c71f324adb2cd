#!/usr/bin/env bash
# Makes everything that is released, in dist/. `just release` runs this.
#
#   GATEPOST=FILE packaging/release.sh    takes a binary that is built already
#
# The same commit and the same tools give the same files: times come from the commit, owners and order are fixed.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
cd "$repository"

missing=()
needs() { command -v "$1" >/dev/null || missing+=("$1 ($2)"); }
needs cargo https://rustup.rs
needs cargo-deb "cargo install cargo-deb"
needs cargo-cyclonedx "cargo install cargo-cyclonedx"
needs dpkg-deb dpkg
needs dpkg-shlibdeps dpkg-dev
needs objdump binutils
needs tar tar
needs sha256sum coreutils
needs git git
if ((${#missing[@]})); then
    printf 'release.sh: missing: %s\n' "${missing[@]}" >&2
    exit 1
fi

version=$(cargo pkgid --offline | sed 's/.*[#@]//')
machine=$(uname -m)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
dist=$repository/dist
package=$repository/target/package
binary=${GATEPOST:-$(packaging/build.sh)}

step() { printf '== %s\n' "$*" >&2; }

# An archive that depends on nothing but the contents of the files.
archive() { # FILE FOLDER NAME...
    tar --create --sort=name --mtime="@$SOURCE_DATE_EPOCH" --numeric-owner --owner=0 --group=0 \
        --directory "$2" "${@:3}" | gzip --best --no-name >"$1"
}

step "man pages, completions and the example configuration, as the binary prints them"
rm -rf "$package" "$dist"
mkdir -p "$package/completions" "$dist"
install -m 0755 "$binary" "$package/gatepost"
"$package/gatepost" man "$package/man" >&2
"$package/gatepost" completions bash >"$package/completions/gatepost.bash"
"$package/gatepost" completions zsh >"$package/completions/_gatepost"
"$package/gatepost" completions fish >"$package/completions/gatepost.fish"
"$package/gatepost" config example >"$package/config.toml"

step "the archive with the binary"
name=gatepost-$version-$machine-linux
mkdir "$package/$name"
cp -R "$package"/{gatepost,man,completions,config.toml} "$package/$name"
cp -R README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE docs packaging/sendmail.conf "$package/$name"
sed s,/usr/bin/,/usr/local/bin/, packaging/gatepost.service >"$package/$name/gatepost.service"
chmod -R u=rwX,go=rX "$package/$name"
archive "$dist/$name.tar.gz" "$package" "$name"

step "the Debian package"
maintainer=$(sed -n 's/^maintainer = "\(.*\)"/\1/p' Cargo.toml)
printf 'gatepost (%s-1) unstable; urgency=medium\n\n  * See changelog.gz.\n\n -- %s  %s\n' \
    "$version" "$maintainer" "$(date --utc --rfc-email --date "@$SOURCE_DATE_EPOCH")" >"$package/changelog.Debian"
cargo deb --no-build --no-strip --no-dbgsym --offline --output "$dist/" >&2

step "the files of the container image"
image=$package/gatepost-$version-image
mkdir "$image"
packaging/image_root.sh "$binary" "$image"
install -m 0644 packaging/container/Containerfile "$image"
archive "$dist/gatepost-$version-$machine-image.tar.gz" "$package" "gatepost-$version-image"
if command -v buildah >/dev/null; then
    step "the container image"
    tag=localhost/gatepost:$version
    buildah bud --quiet --format docker --timestamp "$SOURCE_DATE_EPOCH" --tag "$tag" "$image" >&2
    buildah push --quiet "$tag" "docker-archive:$dist/gatepost-$version-$machine-image-built.tar:$tag" >&2
fi

step "the compose files, for one node and for two"
sed "s/:-latest}/:-$version}/" packaging/compose.yaml >"$dist/compose.yaml"
cp packaging/Caddyfile "$dist"
two=gatepost-$version-two-nodes
mkdir "$package/$two"
sed "s/:-latest}/:-$version}/" packaging/compose/compose.yaml >"$package/$two/compose.yaml"
cp packaging/compose/Caddyfile "$package/$two"
chmod -R u=rwX,go=rX "$package/$two"
archive "$dist/$two.tar.gz" "$package" "$two"

step "the changes of this version"
changes=$(awk -v version="$version" '
    /^## / { is_wanted = $2 == version || ($2 == "Unreleased" && !is_found) }
    /^## / && $2 == version { is_found = 1; text = "" }
    is_wanted { text = text $0 "\n" }
    END { printf "%s", text }' CHANGELOG.md)
printf '%s\n' "$changes" >"$dist/CHANGES.md"

step "the list of the parts (SBOM)"
cargo cyclonedx --format json --override-filename gatepost-sbom --target all --quiet
mv gatepost-sbom.json "$dist/gatepost-$version-sbom.json"

oldest=$(objdump -T "$binary" 2>/dev/null | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1 | cut -d_ -f2 || true)
runs_on=${oldest:+glibc $oldest or newer}
(cd "$dist" && sha256sum -- * >SHA256SUMS)
step "done: $dist, for ${runs_on:-any Linux}"
ls -l "$dist" >&2

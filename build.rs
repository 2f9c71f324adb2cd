//! Embeds `assets/` in the binary. Each file is compressed once, and its name contains a hash of its
//! contents, so that browsers can keep it forever.
//!
//! Writes `assets.rs` for `web::pages::assets`: a constant with the name of each file, and a table of
//! all files.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use xxhash_rust::xxh3::xxh3_64;

/// Constant, file and content type. A version in the file name makes a hash unnecessary.
const FILES: [(&str, &str, &str); 5] = [
    ("HTMX", "htmx-4.0.1.min.js", "text/javascript; charset=utf-8"),
    ("SCRIPT", "gatepost.js", "text/javascript; charset=utf-8"),
    ("STYLE", "gatepost.css", "text/css; charset=utf-8"),
    ("ICON", "icon.svg", "image/svg+xml"),
    ("FAVICON", "favicon.ico", "image/x-icon"),
];

#[expect(clippy::disallowed_methods, reason = "cargo passes folders to a build script in the environment")]
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=assets");
    let source = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("assets");
    let target = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let mut table = String::new();
    let mut names = String::new();
    for (constant, file, content_type) in FILES {
        let plain = source.join(file);
        let bytes = fs::read(&plain).unwrap_or_else(|error| panic!("{}: {error}", plain.display()));
        let name = name(file, &bytes);
        let packed = target.join(format!("{file}.gz"));
        fs::write(&packed, gzip(&bytes)).expect("the build folder can be written");
        writeln!(names, "/// The name of `{file}`.\npub const {constant}: &str = {name:?};")
            .expect("a text can be written to");
        write_row(&mut table, &name, content_type, &plain, &packed);
    }
    let code = format!("{names}\nconst ASSETS: [Asset; {}] = [\n{table}];\n", FILES.len());
    fs::write(target.join("assets.rs"), code).expect("the build folder can be written");
}

fn write_row(table: &mut String, name: &str, content_type: &str, plain: &Path, packed: &Path) {
    writeln!(
        table,
        "    Asset {{ name: {name:?}, content_type: {content_type:?}, plain: include_bytes!({:?}), \
         gzip: include_bytes!({:?}) }},",
        plain.display().to_string(),
        packed.display().to_string(),
    )
    .expect("a text can be written to");
}

fn name(file: &str, bytes: &[u8]) -> String {
    let has_version = file.starts_with("htmx-");
    match file.split_once('.') {
        Some((stem, extension)) if !has_version => format!("{stem}-{:016x}.{extension}", xxh3_64(bytes)),
        _ => file.to_owned(),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory can be written to");
    encoder.finish().expect("memory can be written to")
}

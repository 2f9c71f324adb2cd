//! A disk that fails, or a data folder that cannot be used: the process ends with exit code 1 and one line that names the
//! file (REL-22).

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use super::{Place, refusal, serve_from};
use crate::harness::installed::is_installed;
use crate::store::opening::copy;

const STRACE: &str = "/usr/bin/strace";

#[test]
fn a_disk_that_fails_at_any_step_ends_a_command_with_one_line_that_names_the_file() {
    if !is_installed(STRACE) {
        return;
    }
    let place = Place::with_store();
    let mut failures = 0;
    for (call, error) in
        [("fsync", "EIO"), ("fdatasync", "EIO"), ("pwrite64", "EROFS"), ("sync_file_range", "EIO")]
    {
        for step in 1..=7 {
            let folder = tempfile::tempdir().unwrap();
            let data = folder.path().join("data");
            copy(&place.data(), &data);
            let mode = fs::metadata(place.data()).unwrap().mode();
            fs::set_permissions(&data, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
            let mut command = Command::new(STRACE);
            let inject = format!("inject={call}:error={error}:when={step}+");
            command.args(["-f", "-q", "-o", "/dev/null", "-e", &inject, env!("CARGO_BIN_EXE_gatepost")]);
            command.args(["account", "add", "ann@example.org", "--data"]).arg(&data).env_clear();
            let output = command.output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            let what = format!("{call} {step}: {said}");
            if output.status.success() {
                continue;
            }
            failures += 1;
            assert_eq!(output.status.code(), Some(1), "{what}");
            assert!(!said.contains("panicked") && !said.contains("Os {") && !said.contains(".rs"), "{what}");
            let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("gatepost: ")).collect();
            assert!(lines.len() == 1 && lines[0].contains(data.to_str().unwrap()), "{what}");
        }
    }
    assert!(failures > 5, "only {failures} failures");
}

#[test]
fn an_unusable_data_folder_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "not a folder").unwrap();
    for data in [file.as_path(), &file.join("below"), Path::new("/proc/gatepost")] {
        let line = refusal(&serve_from(data));
        assert!(
            line.contains("cannot use this data folder") && line.contains(data.to_str().unwrap()),
            "{line}"
        );
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "not a folder");
}

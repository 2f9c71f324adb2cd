//! What the documentation says, compared with the program.

use std::process::{Command, Output};

fn gatepost(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gatepost")).env_clear().args(arguments).output().unwrap()
}

#[test]
fn config_example_prints_the_checked_in_file_byte_for_byte() {
    // It prints even where the configuration is broken: then it is needed most.
    for arguments in [&["config", "example"][..], &["config", "example", "--config", "/missing"]] {
        let output = gatepost(arguments);
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stdout == include_bytes!("../../config.toml"), "config.toml differs");
    }
}

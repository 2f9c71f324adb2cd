//! The checkup, in words.

use serde_json::json;

use super::print::{Form, print, print_json};
use crate::app::Failure;
use crate::app::doctor::DoctorError;
use crate::app::doctor::checkup::{Finding, Status, check_up, is_alive};
use crate::config::Config;
use crate::world;

/// The health check of a container: says nothing if all is well.
pub(super) async fn quick(config: &Config, form: Form) -> Result<(), Failure> {
    let alive = is_alive(config).await;
    if form.json {
        print_json(&json!({"alive": alive.is_ok()}))?;
    }
    alive
}

/// Looks at everything around the server.
pub(super) async fn full(config: &Config, form: Form) -> Result<(), Failure> {
    let mut printed = Ok(());
    let report = |finding: &Finding| {
        if !form.json && printed.is_ok() {
            printed = print(&in_words(finding));
        }
    };
    let findings = check_up(config, &world::real(), report).await?;
    printed?;
    let wrong = findings.iter().filter(|finding| finding.status == Status::Wrong).count();
    if form.json {
        print_json(&json!({"ok": wrong == 0, "findings": findings}))?;
    }
    if wrong == 0 { Ok(()) } else { Err(DoctorError::Unwell { wrong }.into()) }
}

fn in_words(Finding { check, status, message }: &Finding) -> String {
    let status = match status {
        Status::Ok => "ok",
        Status::Warning => "warning",
        Status::Wrong => "WRONG",
        Status::Unknown => "unknown",
    };
    format!("{status:<8} {check:<10}  {message}")
}

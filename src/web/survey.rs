//! Has the machine looked at, for administrators.

use std::sync::Arc;

use super::house::House;
use super::problem::{Code, Problem};
use super::report::Survey;

/// What is found now, without keeping other requests waiting, and what is dangerous about the settings.
pub(super) async fn survey(house: &House) -> Result<Survey, Problem> {
    let surveyor = Arc::clone(&house.surveyor);
    let looked = tokio::task::spawn_blocking(move || surveyor.survey()).await;
    let found = looked.map_err(|_| Problem::of(Code::Internal))?;
    let dangers = house.site.dangers.iter().map(|danger| format!("settings: {danger}"));
    Ok(Survey { warnings: dangers.chain(found.warnings).collect(), ..found })
}

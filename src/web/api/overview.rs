//! How things are, for administrators.

use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use super::bearer::Admin;
use super::body::Json;
use super::refusals::{Refusals, Tag};
use crate::domain::admin::MailOverview;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::survey::survey;

/// The codes of each operation, besides those of any operation.
pub(super) const REFUSALS: Refusals = &[("overview", &[Code::SignInRequired, Code::AdminRequired])];

/// How email is doing.
#[derive(Debug, Object, Serialize)]
struct OverviewMail {
    /// How many emails wait to be sent.
    waiting: u64,
    /// How many of the last week could not be delivered.
    failed: u64,
    /// When the oldest email that waits was queued.
    #[oai(nullable)]
    oldest: Option<String>,
    /// What the mail server said last.
    #[oai(nullable)]
    last_answer: Option<String>,
}

/// How things are.
#[derive(Debug, Object, Serialize)]
struct Overview {
    /// Email.
    mail: OverviewMail,
    /// The version of the server.
    version: String,
    /// The engine that keeps the records.
    engine: String,
    /// How much room the disk of the database has; `null` if the database is elsewhere.
    #[oai(nullable)]
    disk_free_bytes: Option<u64>,
    /// What should be looked after, at most a minute old.
    warnings: Vec<String>,
}

impl From<MailOverview> for OverviewMail {
    fn from(mail: MailOverview) -> Self {
        Self {
            waiting: mail.waiting,
            failed: mail.failed,
            oldest: mail.oldest.map(String::from),
            last_answer: mail.last_answer.map(|answer| answer.as_str().to_owned()),
        }
    }
}

pub(super) struct Operations;

#[OpenApi(tag = "Tag::Overview")]
impl Operations {
    /// Show how things are
    #[oai(path = "/admin", method = "get", operation_id = "overview")]
    async fn overview(
        &self,
        Data(house): Data<&House>,
        Admin(token): Admin,
    ) -> Result<Json<Overview>, Problem> {
        let mail = house.gatepost.mail_overview(&token).await?.into();
        let found = survey(house).await?;
        Ok(Json(Overview {
            mail,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            engine: found.engine.to_owned(),
            disk_free_bytes: found.disk_free_bytes,
            warnings: found.warnings,
        }))
    }
}

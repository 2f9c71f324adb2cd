//! How things are, for administrators.

use poem::Request;
use poem::web::Data;
use poem_openapi::param::Query;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use super::bearer::Admin;
use super::body::Json;
use super::charts::OverviewCharts;
use super::refusals::{Refusals, Tag};
use crate::domain::admin::MailOverview;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::survey::survey;
use crate::web::wire::ShowOverview;

/// The codes of each operation, besides those of any operation.
pub(super) const REFUSALS: Refusals =
    &[("overview", &[Code::SignInRequired, Code::AdminRequired, Code::InvalidField])];

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
    /// How many days the charts show, the last of which is today.
    days: u32,
    /// Events before this time are counted, failed sign-ins before the last full hour.
    counted_until: String,
    /// How many accounts were added or imported in that time. `registrations` and `cohorts` leave them out.
    imported: u64,
    /// The figures of the charts.
    charts: OverviewCharts,
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
    ///
    /// The charts have a row for each day in UTC, or for each ISO week with `days=365`, from the first one in which
    /// anything was counted. They are a minute old, two with several nodes; `refusals` up to an hour.
    #[oai(path = "/admin", method = "get", operation_id = "overview")]
    async fn overview(
        &self,
        Data(house): Data<&House>,
        Admin(token): Admin,
        request: &Request,
        /// `7`, `30`, `90` or `365`. Default: `30`.
        #[oai(name = "days")]
        _days: Query<Option<String>>,
    ) -> Result<Json<Overview>, Problem> {
        // As the page reads its query, so that both refuse the same.
        let period = ShowOverview::period(request.uri().query())?;
        let charts = house.gatepost.charts(&token, period).await?;
        let mail = house.gatepost.mail_overview(&token).await?.into();
        let found = survey(house).await?;
        Ok(Json(Overview {
            mail,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            engine: found.engine.to_owned(),
            disk_free_bytes: found.disk_free_bytes,
            warnings: found.warnings,
            days: period.days(),
            counted_until: charts.counted_until.into(),
            imported: charts.imported,
            charts: OverviewCharts::from(&charts),
        }))
    }
}

//! What has happened, for administrators.

use poem::Request;
use poem::web::Data;
use poem_openapi::param::Query;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use super::bearer::Admin;
use super::body::Json;
use super::refusals::{Refusals, Tag};
use crate::domain::admin::{EventPage, Named, SeenEvent};
use crate::web::house::House;
use crate::web::ip;
use crate::web::problem::{Code, Problem};
use crate::web::wire::ListEvents;

/// The codes of each operation, besides those of any operation.
pub(super) const REFUSALS: Refusals =
    &[("events", &[Code::SignInRequired, Code::AdminRequired, Code::InvalidField])];

/// Something that happened, as administrators see it.
#[derive(Debug, Object, Serialize)]
pub(super) struct AdminEvent {
    /// When it happened, for the last time if it was counted.
    at: String,
    /// The kind of event.
    name: String,
    /// What happened, as a sentence.
    what: String,
    /// The `id` of the account it happened to.
    #[oai(nullable)]
    account: Option<String>,
    /// The client's address.
    #[oai(nullable)]
    ip: Option<String>,
    /// The browser and system, in a few words.
    #[oai(nullable)]
    device: Option<String>,
    /// What it was done with.
    #[oai(nullable)]
    means: Option<String>,
    /// How often it happened. Refusals are counted by the hour; everything else is listed each time.
    count: u64,
    /// When it happened first, if it was counted.
    #[oai(nullable)]
    first_at: Option<String>,
    /// Who did it.
    by: DoneBy,
}

/// Who did something.
#[derive(Debug, Object, Serialize)]
struct DoneBy {
    /// What they are.
    kind: String,
    /// The `id` of their account.
    #[oai(nullable)]
    account: Option<String>,
    /// The email address of their account.
    #[oai(nullable)]
    email: Option<String>,
}

/// A page of events.
#[derive(Debug, Object, Serialize)]
struct AdminEvents {
    /// At most 50.
    events: Vec<AdminEvent>,
    /// Where the list goes on, for `after`; `null` at its end. There may be a next page although this one has fewer
    /// than 50 events: a page looks through at most 2,000.
    #[oai(nullable)]
    next: Option<String>,
    /// How far back this page has looked, if there is more.
    #[oai(nullable)]
    looked_back_until: Option<String>,
}

impl From<SeenEvent> for AdminEvent {
    fn from(event: SeenEvent) -> Self {
        let (ip, device) = event.client.unzip();
        let id = |named: &Named| named.id.to_string();
        let email = event.by_account.as_ref().and_then(|named| named.address.as_ref());
        Self {
            at: event.at.into(),
            name: event.name.as_str().to_owned(),
            what: event.name.sentence_of(event.count),
            account: event.account.as_ref().map(id),
            ip: ip.map(ip::text),
            device,
            means: event.means.map(|means| means.as_str().to_owned()),
            count: event.count,
            first_at: event.first_at.map(String::from),
            by: DoneBy {
                kind: event.by.as_str().to_owned(),
                account: event.by_account.as_ref().map(id),
                email: email.map(ToString::to_string),
            },
        }
    }
}

impl From<EventPage> for AdminEvents {
    fn from(page: EventPage) -> Self {
        let EventPage { events, next, looked_back_to } = page;
        Self {
            events: events.into_iter().map(AdminEvent::from).collect(),
            next,
            looked_back_until: looked_back_to.map(String::from),
        }
    }
}

pub(super) struct Operations;

#[OpenApi(tag = "Tag::Events")]
impl Operations {
    /// List events
    ///
    /// Newest first; counted refusals are where they began. A page looks through at most 2,000 events.
    #[oai(path = "/admin/events", method = "get", operation_id = "events")]
    #[expect(clippy::too_many_arguments, reason = "one for each part of the query")]
    async fn events(
        &self,
        request: &Request,
        Data(house): Data<&House>,
        Admin(token): Admin,
        /// The `name` of the events.
        #[oai(name = "name")]
        _name: Query<Option<String>>,
        /// The `id` of the account they happened to.
        #[oai(name = "account")]
        _account: Query<Option<String>>,
        /// The client's address. An IPv6 address means its /64.
        #[oai(name = "ip")]
        _ip: Query<Option<String>>,
        /// The latest time, as RFC 3339.
        #[oai(name = "until")]
        _until: Query<Option<String>>,
        /// The `next` of the page before.
        #[oai(name = "after")]
        _after: Query<Option<String>>,
    ) -> Result<Json<AdminEvents>, Problem> {
        // As a page reads its query, so that both refuse the same.
        let query = ListEvents::of(request.uri().query())?.query()?;
        Ok(Json(house.gatepost.events(&token, &query).await?.into()))
    }
}

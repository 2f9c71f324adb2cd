//! Everything stored about an account. Sent page by page, so that memory does not grow with its history.

use std::io;
use std::sync::Arc;

use futures_util::stream::try_unfold;
use poem::{Body, IntoResponse, Response};
use poem_openapi::registry::{MetaResponses, Registry};
use poem_openapi::{ApiResponse, Object, payload};
use serde::Serialize;

use super::app_keys::AppKey;
use super::session::{Account, Session};
use crate::domain::Gatepost;
use crate::domain::profile::{self, Entry};
use crate::domain::session::Live;
use crate::web::house::House;
use crate::web::problem::Problem;

/// All data about an account.
#[derive(Debug, Object, Serialize)]
struct Export {
    /// The account.
    account: Account,
    /// Its sessions, most recently used first.
    sessions: Vec<Session>,
    /// Its keys for programs, without their secrets, the newest first.
    keys: Vec<AppKey>,
    /// Its history: events, newest first, then refusals, counted by the hour, newest first.
    events: Vec<Event>,
}

/// Something that happened to an account, or was refused.
#[derive(Debug, Object, Serialize)]
struct Event {
    /// When it happened, for the last time if it was counted.
    at: String,
    /// The kind of event. Names follow the OWASP logging vocabulary where it has one. New values may be
    /// added.
    name: String,
    /// The client address; `null` if the operator did it.
    #[oai(nullable)]
    ip: Option<String>,
    /// The browser and system, in a few words; `null` if the operator did it.
    #[oai(nullable)]
    device: Option<String>,
    /// Whether it succeeded.
    outcome: String,
    /// Who did it.
    by: String,
    /// What they did it with; `null` where anyone could have done it.
    #[oai(nullable)]
    means: Option<String>,
    /// How often it happened. Refusals are counted; everything else is listed each time.
    count: u64,
    /// When it happened first, if it was counted.
    #[oai(nullable)]
    first_at: Option<String>,
}

impl From<Entry> for Event {
    fn from(entry: Entry) -> Self {
        let (ip, device) = entry.client.unzip();
        Self {
            at: entry.at.to_string(),
            name: entry.name.as_str().to_owned(),
            ip: ip.map(|ip| ip.to_string()),
            device,
            outcome: if entry.name.is_refusal() { "failure" } else { "success" }.to_owned(),
            by: entry.by.as_str().to_owned(),
            means: entry.means.map(|means| means.as_str().to_owned()),
            count: entry.count,
            first_at: entry.first_at.map(|at| at.to_string()),
        }
    }
}

/// The response of the operation: an `Export`, as it is read.
pub(super) struct Exported(pub(super) Body);

impl IntoResponse for Exported {
    fn into_response(self) -> Response {
        Response::builder().content_type("application/json; charset=utf-8").body(self.0)
    }
}

impl ApiResponse for Exported {
    fn meta() -> MetaResponses {
        payload::Json::<Export>::meta()
    }

    fn register(registry: &mut Registry) {
        payload::Json::<Export>::register(registry);
    }
}

/// What the document ends with, after its last event.
const END: &str = "\n]}\n";

/// A document that is being sent.
struct Sending {
    gatepost: Arc<Gatepost>,
    live: Live,
    export: profile::Export,
    next: Next,
}

/// The part of the export to send next.
enum Next {
    /// The document up to its first page of events.
    Head(String),
    Events,
    Nothing,
}

/// The whole document, for both doors. Its first page is read before this returns, so that a store that fails
/// is refused as usual.
pub(in crate::web) async fn export_of(house: &House, live: Live) -> Result<Body, Problem> {
    let gatepost = Arc::clone(&house.gatepost);
    let mut export = gatepost.export(&live).await?;
    let sessions = export.sessions.iter().map(|session| Session::of(session, &live.session)).collect();
    let keys = export.keys.iter().map(AppKey::of).collect();
    let head = Export { account: Account::of(&live.account), sessions, keys, events: Vec::new() };
    let mut head = serde_json::to_string(&head).expect("an object of texts can be written");
    head.truncate(head.len() - "]}".len());
    let first = gatepost.next_page(&live, &mut export).await?.unwrap_or_default();
    head.push_str(&written(first, "\n"));
    Ok(Body::from_bytes_stream(try_unfold(
        Sending { gatepost, live, export, next: Next::Head(head) },
        Sending::on,
    )))
}

impl Sending {
    /// The next part of the document, and what is left.
    async fn on(mut self) -> io::Result<Option<(String, Self)>> {
        let part = match self.next {
            Next::Head(head) => {
                self.next = Next::Events;
                head
            }
            Next::Events => {
                // The store often answers at once. Without a pause, a long history would keep one of a few
                // threads from everyone else.
                tokio::task::yield_now().await;
                match self.gatepost.next_page(&self.live, &mut self.export).await {
                    Ok(Some(page)) => written(page, ",\n"),
                    Ok(None) => {
                        self.next = Next::Nothing;
                        END.to_owned()
                    }
                    // This breaks the connection. A document that ends early must not look whole.
                    Err(error) => {
                        tracing::warn!(%error, account.id = %self.live.account.id, "an export was cut off");
                        return Err(io::Error::other(error));
                    }
                }
            }
            Next::Nothing => return Ok(None),
        };
        Ok(Some((part, self)))
    }
}

/// Events, one per line. `before` is written before the first.
fn written(page: Vec<Entry>, before: &str) -> String {
    let event =
        |entry| serde_json::to_string(&Event::from(entry)).expect("an object of texts can be written");
    let lines: Vec<String> = page.into_iter().map(event).collect();
    if lines.is_empty() { String::new() } else { format!("{before}{}", lines.join(",\n")) }
}

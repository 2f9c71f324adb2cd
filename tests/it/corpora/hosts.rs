//! Host and forwarded headers. The links in emails begin with the public address, whatever a request says.

use std::time::Duration;

use gatepost::domain::ports::ShownLetter;
use hyper::Method;

use super::{Case, Wrong, cases};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Caller, Door};
use crate::harness::http::{Reply, send};
use crate::profile::{PASSWORD, WAIT};

both_doors! {
    no_header_changes_a_link,
}

/// Longer than it takes until one client may request three more emails, whatever the limits.
const PAUSE: Duration = Duration::from_mins(12);

/// Where an email can be requested, and by whom.
const PLACES: [(&str, Who); 6] = [
    ("/sign-in", Who::Anyone),
    ("/register", Who::Anyone),
    ("/forgot-password", Who::Anyone),
    ("/resend", Who::Waiting),
    ("/reauthenticate/mail", Who::SignedIn),
    ("/profile/email", Who::SignedIn),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Anyone,
    Waiting,
    SignedIn,
}

/// A request as the headers of a line make it.
struct Sent {
    target: String,
    headers: Vec<(String, String)>,
}

impl Sent {
    fn new(case: &Case, path: &str, host: &str) -> Self {
        let mut sent = Self { target: path.to_owned(), headers: vec![("host".into(), host.to_owned())] };
        for line in case.text(0).split('\n') {
            if let Some(origin) = line.strip_prefix("target ") {
                sent.target = format!("{origin}{path}");
                continue;
            }
            let (name, value) = line.split_once(": ").unwrap();
            let (name, value) = (name.to_lowercase(), value.trim().to_owned());
            // With a plus sign, it is sent in addition.
            let another = name.strip_prefix('+');
            sent.headers.retain(|(earlier, _)| another.is_some() || *earlier != name);
            sent.headers.push((another.unwrap_or(&name).to_owned(), value));
        }
        sent
    }

    async fn by(mut self, caller: &Caller, fields: &[(&str, String)]) -> Reply {
        let cookies: Vec<String> =
            caller.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (media_type, body) = match caller.door {
            Door::Pages => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                ("application/x-www-form-urlencoded", form.extend_pairs(fields).finish())
            }
            Door::Json => {
                let fields: serde_json::Map<_, _> =
                    fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
                ("application/json", serde_json::Value::Object(fields).to_string())
            }
        };
        let more = [
            ("content-type", Some(media_type.to_owned())),
            ("origin", Some(format!("http://localhost:{}", caller.server.port()))),
            ("cookie", Some(cookies.join("; ")).filter(|cookies| !cookies.is_empty())),
            ("authorization", caller.bearer.as_ref().map(|token| format!("Bearer {token}"))),
        ];
        let more = more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        self.headers.extend(more);
        let headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        send(caller.server, Method::POST, &self.target, &headers, body).await
    }
}

/// Someone with this address who may request an email here, and the fields to do so.
async fn asker(app: &App, door: Door, who: Who, email: &str) -> (Caller, Vec<(&'static str, String)>) {
    let mut caller = match who {
        Who::SignedIn => app.signed_in(door, email).await,
        Who::Anyone | Who::Waiting => app.caller(door),
    };
    let mut fields = vec![];
    match who {
        Who::Anyone => fields.extend([("email", email.to_owned()), ("password", PASSWORD.to_owned())]),
        Who::Waiting => {
            caller.ask(email).await;
            app.letter_to(email).await;
            app.clock.advance(WAIT);
            if door == Door::Json {
                fields.push(("request", caller.newest_token()));
            }
        }
        Who::SignedIn => {
            fields.push(("email", format!("new-{email}")));
            fields.extend(caller.account().await.map(|account| ("account", account)));
        }
    }
    (caller, fields)
}

/// Whether an email leads anywhere but to this host.
fn is_foreign(letter: &ShownLetter, host: &str) -> bool {
    let ours = format!("://{host}");
    let leads_away =
        |text: &str| text.contains("evil") || text.split("http").skip(1).any(|rest| !rest.starts_with(&ours));
    leads_away(&letter.text) || leads_away(&letter.html)
}

/// SEC-28, SEC-72, G-12.
async fn no_header_changes_a_link(door: Door) {
    let app = App::start_unlimited().await;
    let host = format!("localhost:{}", app.server.port());
    let mut wrong = Wrong::default();
    for (number, case) in cases("hosts.tsv").into_iter().enumerate() {
        for (index, (path, who)) in PLACES.into_iter().enumerate() {
            let email = format!("p{number}@d{index}.example");
            let (caller, fields) = asker(&app, door, who, &email).await;
            let path = if door == Door::Json { format!("/api{path}") } else { path.to_owned() };
            let reply = Sent::new(&case, &path, &host).by(&caller, &fields).await;
            let status = reply.status.as_u16();
            let sent = app.read_all().await;
            let found = if [202, 303].contains(&status) && !sent.is_empty() {
                let is_same = !sent.iter().any(|letter| is_foreign(letter, &host));
                if is_same { "same" } else { "other" }.to_owned()
            } else if sent.is_empty() {
                status.to_string()
            } else {
                format!("{status} with an email")
            };
            wrong.unless(&case, &(&path, found.as_str()), &(&path, case.text(1)));
            app.clock.advance(PAUSE);
        }
    }
    wrong.report();
}

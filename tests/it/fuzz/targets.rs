//! What is tried, one target for each kind of input.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use gatepost::app::operator::{Answer, Desk, DeskSettings, Order};
use gatepost::config::key_file::KeyPlace;
use gatepost::config::{Config, Options};
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::ids::{AccountId, KeyId, Nonce, SessionId};
use gatepost::domain::record::next::{Next, Place};
use gatepost::domain::record::password::Cost;
use gatepost::domain::token::{Code, KeyRing, LinkClaims, SessionClaims};
use gatepost::domain::{Gatepost, Settings};
use gatepost::path::{self, Origin};
use gatepost::store::sled::{SledSettings, SledStore};
use hyper::Method;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use url::Url;

use crate::corpora::cookies::replaced;
use crate::harness::app::App;
use crate::harness::caller::Door;
use crate::harness::http::Reply;
use crate::harness::inside::{Inside, Line};
use crate::harness::world::world;
use crate::profile::{ANN, registered};

/// Takes inputs, one after another.
pub(super) trait Target {
    /// Panics if the input breaks something.
    fn take(&mut self, input: &[u8]);

    /// After the last input.
    fn end(self: Box<Self>) {}
}

/// Starts a target on the thread that it stays on.
pub(super) type Start = fn() -> Box<dyn Target>;

pub(super) const ALL: [(&str, Start); 8] = [
    ("tokens", || Box::new(Tokens::new())),
    ("addresses", || Box::new(Addresses)),
    ("cookies", || Box::new(Doors::new(cookies))),
    ("forms", || Box::new(Doors::new(forms))),
    ("json", || Box::new(Doors::new(json))),
    ("next", || Box::new(Doors::new(next))),
    ("config", || Box::new(Configurations::new())),
    ("orders", || Box::new(Orders::new())),
];

/// Opens as a token of any kind.
struct Tokens {
    ring: KeyRing,
    sealed: Vec<String>,
}

impl Tokens {
    fn new() -> Self {
        let ring = KeyRing::parse("gatepost-key-1 1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
        let link = LinkClaims { key: KeyId(1), nonce: Nonce(*b"twelve bytes"), generation: 3 };
        let session =
            SessionClaims { key: KeyId(1), account: AccountId([7; 16]), session: SessionId([9; 16]) };
        let sealed = vec![
            ring.seal_link(&link).unwrap().as_str().to_owned(),
            ring.seal_undo(&link).unwrap().as_str().to_owned(),
            ring.seal_request(KeyId(1), link.nonce).unwrap().as_str().to_owned(),
            ring.seal_session(&session).unwrap().as_str().to_owned(),
        ];
        Self { ring, sealed }
    }
}

impl Target for Tokens {
    fn take(&mut self, input: &[u8]) {
        let text = String::from_utf8_lossy(input);
        let opened = [
            self.ring.open_link(&text).is_some(),
            self.ring.open_undo(&text).is_some(),
            self.ring.open_request(&text).is_some(),
            self.ring.open_session(&text).is_some(),
        ];
        let ours: Vec<bool> = self.sealed.iter().map(|token| *token == text).collect();
        assert_eq!(opened.to_vec(), ours, "only the very tokens open");
        drop(KeyRing::parse(&text));
        assert!(Code::parse(&text).is_none_or(|code| code.as_str().len() == 6));
    }
}

/// Parses as an email address. What is accepted is safe in a header and read again as the same.
struct Addresses;

impl Target for Addresses {
    fn take(&mut self, input: &[u8]) {
        let text = String::from_utf8_lossy(input);
        let Ok(address) = EmailAddress::parse(&text) else { return };
        let written = address.as_str();
        assert_eq!(EmailAddress::parse(written).as_ref(), Ok(&address));
        assert!(written.len() <= EmailAddress::MAX_BYTES && written.matches('@').count() == 1);
        assert!(written.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"(),:;<>[\\]".contains(&byte)));
        assert_eq!(written.parse::<lettre::Address>().unwrap().to_string(), written);
        let _ = (address.masked(), address.domain(), address.canonical());
    }
}

/// A configuration file.
struct Configurations {
    folder: TempDir,
}

impl Configurations {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }
}

impl Target for Configurations {
    fn take(&mut self, input: &[u8]) {
        let file = self.folder.path().join("config.toml");
        fs::write(&file, input).unwrap();
        let data_dir = Some(PathBuf::from("/nonexistent"));
        let options = Options { file: Some(file), data_dir, ..Options::default() };
        let shown = match Config::load(&options) {
            Ok(loaded) => loaded.config.to_string(),
            Err(mistakes) => mistakes.to_string(),
        };
        assert!(!shown.contains('\u{1b}') && !shown.contains('\0'), "{shown:?}");
    }
}

/// Orders at the operator's socket: a line each.
struct Orders {
    runtime: Runtime,
    desk: Desk,
    _folder: TempDir,
}

impl Orders {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SledStore::open(folder.path(), &SledSettings::new([7; 16])).unwrap());
        let (world, _) = world();
        let ring = KeyRing::parse(&KeyRing::generate(&world)).unwrap();
        let opened = Gatepost::open(
            Arc::<SledStore>::clone(&store),
            gatepost::domain::ports::Company::Alone,
            world.clone(),
            ring,
            Settings::default(),
        );
        let gatepost = Arc::new(runtime.block_on(opened).unwrap());
        let public_url = Origin::parse("http://localhost:8080").unwrap();
        let desk = Desk::new(
            gatepost,
            store,
            DeskSettings { public_url, sends_email: true, keys: KeyPlace::Environment },
            world,
        );
        Self { runtime, desk, _folder: folder }
    }
}

impl Target for Orders {
    fn take(&mut self, input: &[u8]) {
        let Ok(order) = serde_json::from_slice::<Order>(input) else { return };
        let answer = self.runtime.block_on(async { self.desk.begin(order).await.next().await.0.answer });
        if let Answer::Refused(reason) = &answer {
            assert!(!reason.is_empty() && !reason.contains('\u{1b}'), "{reason:?}");
        }
        serde_json::to_vec(&answer).unwrap();
    }
}

/// Requests at the doors of a server where Ann is signed in.
struct Doors {
    runtime: Runtime,
    app: App,
    inside: Inside,
    account: String,
    session: String,
    request: String,
    way: fn(&Self, &[u8]),
}

impl Doors {
    fn new(way: fn(&Self, &[u8])) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
        let settings = Settings { password_cost: cost, ..Settings::default() };
        let (app, account, session, request) = runtime.block_on(async {
            let app = App::start_as(settings).await;
            let mut ann = registered(&app, Door::Json, ANN).await;
            ann.forgot_password(ANN).await;
            app.read_all().await;
            let account = ann.account().await.unwrap();
            (app, account, ann.session(), ann.newest_token())
        });
        let inside = app.inside("http://localhost:8080");
        Self { runtime, app, inside, account, session, request, way }
    }

    /// The input with what only this server knows.
    fn filled(&self, input: &[u8]) -> Vec<u8> {
        let input = replaced(input, b"$ACCOUNT", self.account.as_bytes());
        let input = replaced(&input, b"$SESSION", self.session.as_bytes());
        replaced(&input, b"$REQUEST", self.request.as_bytes())
    }

    fn send(&self, method: Method, target: &[u8], lines: &[Line<'_>], body: &[u8]) -> Option<Reply> {
        let reply = self.runtime.block_on(self.inside.send(method, target, lines, body))?;
        assert!(reply.status.as_u16() < 500, "{reply:?}");
        for word in ["serde", "poem", "panicked", "unwrap"] {
            assert!(!reply.body.contains(word), "{word}: {reply:?}");
        }
        Some(reply)
    }
}

impl Target for Doors {
    fn take(&mut self, input: &[u8]) {
        // Half a minute later, another email may be sent.
        self.app.clock.advance(Duration::from_secs(30));
        (self.way)(self, &self.filled(input));
    }

    fn end(self: Box<Self>) {
        let Self { runtime, app, .. } = *self;
        runtime.block_on(app.read_all());
        // It is taken apart where it ran.
        let _entered = runtime.enter();
        drop(app);
    }
}

fn cookies(doors: &Doors, input: &[u8]) {
    for place in ["/profile", "/check-inbox", "/sign-in?cookies", "/api/session", "/forward-auth"] {
        doors.send(Method::GET, place.as_bytes(), &[("cookie", input)], b"");
    }
    let lines: [Line<'_>; 2] = [("cookie", input), ("content-type", b"application/x-www-form-urlencoded")];
    doors.send(Method::POST, b"/code", &lines, b"code=000000");
}

/// The path and its form, with a space between them: as a stranger and as Ann sends it.
fn forms(doors: &Doors, input: &[u8]) {
    let (place, form) = place_and_body(input);
    let cookie = format!("gatepost_session={}; gatepost_request={}", doors.session, doors.request);
    let form_type: Line<'_> = ("content-type", b"application/x-www-form-urlencoded");
    doors.send(Method::POST, place, &[form_type], form);
    doors.send(
        Method::POST,
        place,
        &[form_type, ("cookie", cookie.as_bytes()), ("hx-request", b"true")],
        form,
    );
}

/// The same with JSON.
fn json(doors: &Doors, input: &[u8]) {
    let (place, body) = place_and_body(input);
    let bearer = format!("Bearer {}", doors.session);
    let json_type: Line<'_> = ("content-type", b"application/json");
    doors.send(Method::POST, place, &[json_type], body);
    doors.send(Method::POST, place, &[json_type, ("authorization", bearer.as_bytes())], body);
}

fn place_and_body(input: &[u8]) -> (&[u8], &[u8]) {
    let at = input.iter().position(|byte| *byte == b' ').unwrap_or(input.len());
    (&input[..at], input.get(at + 1..).unwrap_or_default())
}

/// As a query as it is, encoded, and in a form. Wherever it leads, that is on this origin.
fn next(doors: &Doors, input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let _ = (path::is_page(&text), path::is_link(&text), path::sends_on(&text), path::takes_only_post(&text));
    if let Some(Next::To(place)) = Next::read(&text) {
        assert_eq!(Place::parse(place.as_str()).as_ref(), Some(&place));
    }
    let cookie = format!("gatepost_session={}", doors.session);
    let origin = Url::parse("http://localhost:8080/sign-in").unwrap();
    for query in [input.to_vec(), percent_encode(input, NON_ALPHANUMERIC).to_string().into_bytes()] {
        for page in ["/sign-in", "/register", "/reauthenticate"] {
            let target = [page.as_bytes(), b"?next=", &query].concat();
            for lines in [&[("cookie", cookie.as_bytes())][..], &[]] {
                let reply = doors.send(Method::GET, &target, lines, b"");
                if let Some(place) = reply.and_then(|reply| reply.leads_to()) {
                    assert!(place.starts_with('/') && !place.starts_with("//"), "{place}");
                    assert_eq!(origin.join(&place).unwrap().origin(), origin.origin(), "{place}");
                }
            }
        }
    }
}

//! A form that a browser sends twice is done once: a double click, for example, on a page without its script.
//!
//! Otherwise a registration would send two emails, the first of them dead, and someone who has just changed
//! their password would be signed out, because the second form still has the session that the first has ended.
//!
//! The second of two equal forms waits for the response to the first and gets the same one. Equal means the
//! same path and body, from the same browser, with no other form of that browser in between. Such a response
//! can sign in, so knowing a browser's visitor cookie must not be enough to get it: a neighbouring host could
//! have planted that cookie (over http), and an app behind the same proxy is sent it. So the client has to be
//! the same too, and the session and requests must be those that the first form came with or was answered with.
//!
//! A browser is recognised by its visitor cookie or, without one, by its session, which lasts longer. Every
//! page with a form gives the cookie to a browser that has neither.
//!
//! Someone may also do the same thing twice on purpose. That makes a difference only if something has happened
//! in between: if all other devices are signed out again, for example, because another one has just signed in.
//! So the response is given again only while the account is as it was then, and may still be changed.
//!
//! - `browser`: what tells a browser from others; `kept`: a response that is given again

mod browser;
mod kept;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poem::http::HeaderMap;
use poem::{Request, Response};
use tokio::sync::Semaphore;

use self::browser::Browser;
use self::kept::Kept;
use crate::domain::Gatepost;
use crate::domain::ports::World;
use crate::domain::record::time::Timestamp;
use crate::domain::token::{Mark, Marker};
use crate::web::edge::cookies::Cookies;

/// How long after its response a form counts as sent twice.
const WINDOW: Duration = Duration::from_secs(10);
/// How many browsers are remembered, and how many of their forms are worked on at once.
const MAX_BROWSERS: usize = 1_000;

/// The newest form of each browser, and the response to it.
pub struct Repeats {
    gatepost: Arc<Gatepost>,
    world: World,
    marker: Marker,
    cookies: Cookies,
    places: Arc<Semaphore>,
    newest: Mutex<HashMap<Mark, Sent>>,
}

/// A form that was sent.
#[derive(Clone)]
struct Sent {
    form: Mark,
    /// The cookies it came with and, once there is a response, those that the browser has then.
    jars: [Mark; 2],
    /// Until when the same form counts as sent twice; nothing while it waits for its response.
    until: Option<Timestamp>,
    kept: Slot,
}

/// Locked by the form that is worked on. Others wait for the lock.
type Slot = Arc<tokio::sync::Mutex<Option<Kept>>>;

impl Repeats {
    /// Nothing has been sent yet.
    #[must_use]
    pub fn new(gatepost: Arc<Gatepost>, world: World, cookies: Cookies) -> Self {
        let marker = Marker::new(world.random());
        let places = Arc::new(Semaphore::new(MAX_BROWSERS));
        Self { gatepost, world, marker, cookies, places, newest: Mutex::default() }
    }

    /// A value for the visitor cookie, for a browser that sent nothing to recognise it by. Notices and requests
    /// are not enough: the next page or form replaces them. It need not be a secret, since it is never enough.
    #[must_use]
    pub fn new_visitor(&self, headers: &HeaderMap) -> Option<String> {
        let is_new = !Browser::has_name(headers, self.cookies);
        is_new.then(|| URL_SAFE_NO_PAD.encode(self.world.random_id::<16>()))
    }

    /// What tells a form from others, if its browser can be told from others.
    #[must_use]
    pub fn form(&self, request: &Request, body: &[u8]) -> Option<Form> {
        let path = request.uri().path_and_query().map_or("", |path| path.as_str());
        let htmx = request.header("hx-request").unwrap_or_default();
        let browser = Browser::of(request, self.cookies)?;
        Some(Form { browser, mark: self.marker.mark(&[path.as_bytes(), htmx.as_bytes(), body]) })
    }

    /// The response to a form: that of `answer`, or the one that its twin got.
    pub async fn once<F>(self: &Arc<Self>, form: Option<Form>, answer: F) -> Response
    where
        F: Future<Output = Response> + Send + 'static,
    {
        let place = Arc::clone(&self.places).try_acquire_owned().ok();
        let Some((Form { browser, mark: form }, place)) = form.zip(place) else {
            return answer.await;
        };
        let slot = self.slot(&browser, form);
        let this = Arc::clone(self);
        // In a task of its own: a double click breaks off the first request, and its response must not be
        // lost with it. The places bound how many of these tasks there are.
        let task = tokio::spawn(async move {
            let _place = place;
            let mut kept = Arc::clone(&slot).lock_owned().await;
            if let Some(kept) = &*kept
                && this.stands(kept, &browser).await
            {
                return kept.response();
            }
            let mut response = answer.await;
            let after = browser.after(response.headers(), this.cookies);
            *kept = this.keep(&mut response, &after).await;
            this.answered([&browser, &after], form, slot);
            response
        });
        match task.await {
            Ok(response) => response,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // The server is stopping.
                Err(_) => std::future::pending().await,
            },
        }
    }

    /// Nothing if the form should be tried again, or if the account cannot be read.
    async fn keep(&self, response: &mut Response, after: &Browser) -> Option<Kept> {
        let standing = self.gatepost.standing(after.session()).await.ok()?;
        Kept::of(response, after.session_mark(&self.marker), standing).await
    }

    /// Whether a response is still the one to this form. It always is if the browser has not received it: the
    /// form came with a session that the response has replaced or ended, and would be refused.
    async fn stands(&self, kept: &Kept, browser: &Browser) -> bool {
        if browser.session_mark(&self.marker) != kept.session {
            return true;
        }
        self.gatepost.standing(browser.session()).await.is_ok_and(|standing| standing == kept.standing)
    }

    /// Where the response to this form is, or will be.
    ///
    /// A new key can be caused by anyone who sends a form with a cookie. [`Self::make_room`] bounds their
    /// number, and `answered` removes each after its window.
    fn slot(&self, browser: &Browser, form: Mark) -> Slot {
        let (name, jar) = (browser.name(&self.marker), browser.jar(&self.marker));
        let now = self.world.now();
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sent) = newest.get(&name) {
            // A clock that was set back must not make it longer.
            let is_recent = sent.until.is_none_or(|until| now < until && until <= now.plus(WINDOW));
            if sent.form == form && sent.jars.contains(&jar) && is_recent {
                return Arc::clone(&sent.kept);
            }
        }
        let sent = Sent { form, jars: [jar; 2], until: None, kept: Slot::default() };
        let slot = Arc::clone(&sent.kept);
        Self::make_room(&mut newest);
        newest.insert(name, sent);
        slot
    }

    fn make_room(newest: &mut HashMap<Mark, Sent>) {
        if newest.len() < MAX_BROWSERS {
            return;
        }
        // A form that is still worked on goes last.
        let end = |sent: &Sent| sent.until.unwrap_or(Timestamp(u64::MAX));
        if let Some(name) = newest.iter().min_by_key(|(_, sent)| end(sent)).map(|(name, _)| *name) {
            newest.remove(&name);
        }
    }

    /// From now on the response is kept, under the cookies that the browser has now, until its window is over.
    fn answered(self: &Arc<Self>, before_and_after: [&Browser; 2], form: Mark, slot: Slot) {
        let jars = before_and_after.map(|browser| browser.jar(&self.marker));
        let names = before_and_after.map(|browser| browser.name(&self.marker));
        let until = self.world.now().plus(WINDOW);
        let sent = Sent { form, jars, until: Some(until), kept: slot };
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        match newest.entry(names[0]) {
            Entry::Occupied(mut entry) if Arc::ptr_eq(&entry.get().kept, &sent.kept) => {
                entry.insert(sent.clone());
            }
            // The browser has sent another form meanwhile.
            _ => return,
        }
        if names[1] != names[0] {
            Self::make_room(&mut newest);
            newest.insert(names[1], sent.clone());
        }
        drop(newest);
        let (this, kept) = (Arc::clone(self), Arc::downgrade(&sent.kept));
        // The response may hold a session, so it is removed in time even if no other form comes.
        tokio::spawn(async move {
            tokio::time::sleep(WINDOW).await;
            let mut newest = this.newest.lock().unwrap_or_else(PoisonError::into_inner);
            newest.retain(|_, sent| {
                sent.until != Some(until) || !std::ptr::eq(Arc::as_ptr(&sent.kept), kept.as_ptr())
            });
        });
    }
}

/// One form of one browser.
pub struct Form {
    browser: Browser,
    mark: Mark,
}

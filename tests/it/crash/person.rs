//! What one person knows: everything acknowledged, and what may have happened when the server died.

use std::collections::{BTreeSet, HashSet};

use gatepost::domain::record::ids::LetterId;
use serde_json::Value;

use super::client::{Client, token};
use crate::harness::http::Reply;

/// The effects that a person can see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct World {
    pub(super) email: String,
    pub(super) exists: bool,
    pub(super) is_disabled: bool,
    pub(super) password: Option<String>,
    /// Session tokens.
    pub(super) sessions: BTreeSet<String>,
    /// Live sessions whose token never arrived, because the server died before it answered.
    pub(super) unheard: usize,
}

impl World {
    pub(super) fn end_sessions(&mut self) {
        self.sessions.clear();
        self.unheard = 0;
    }
}

/// An email: its recipient, and words of its title.
pub(super) type Owed = (String, &'static str);

/// What happens if an act goes through: all of it or none.
#[derive(Clone, Debug)]
pub(super) struct Intent {
    pub(super) world: World,
    pub(super) owed: Vec<Owed>,
    /// The link or code it uses up.
    pub(super) uses: Option<Letter>,
    /// Whether the answer has the token of a new session. Until then it is one of the unheard.
    pub(super) signs_in: bool,
}

/// An email that a person has opened, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) link: String,
    pub(super) code: Option<String>,
    pub(super) request: Option<Requested>,
}

/// A request whose email was not used yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Requested {
    pub(super) what: What,
    pub(super) to: String,
    pub(super) token: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Confirm { password: String },
    SignIn { by_code: bool },
    Reset { password: String },
    ChangeEmail { session: String },
}

impl What {
    /// Words of the title of its email.
    pub(super) fn title(&self) -> &'static str {
        match self {
            Self::Confirm { .. } => "Confirm your email address",
            Self::SignIn { .. } => "Sign in to ",
            Self::Reset { .. } => "Reset your ",
            Self::ChangeEmail { .. } => "Confirm your new email address",
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Person {
    pub(super) number: usize,
    /// How many addresses and passwords they have had.
    pub(super) count: usize,
    pub(super) world: World,
    /// The act that may have been going on when the server was killed.
    pub(super) flight: Option<Intent>,
    pub(super) requested: Option<Requested>,
    /// The address before the last change, to which they can go back.
    pub(super) undo: Option<String>,
    /// Links that were used.
    pub(super) used: Vec<String>,
    /// Tokens of sessions that have ended.
    pub(super) ended: Vec<String>,
    /// Emails that were acknowledged.
    pub(super) owed: Vec<Owed>,
    /// Emails they have read.
    pub(super) read: HashSet<LetterId>,
    /// Whether something happened since they were last checked.
    pub(super) is_touched: bool,
    /// Whether they do nothing more, because one of their emails may be sent only minutes later.
    pub(super) is_over: bool,
}

impl Person {
    pub(super) fn new(number: usize) -> Self {
        let world = World { email: format!("p{number}@example.org"), ..World::default() };
        Self { number, world, is_touched: true, ..Self::default() }
    }

    /// Whether there is something they can do; without mail, nothing that waits for an email.
    pub(super) fn can_act(&self, has_mail: bool) -> bool {
        !self.is_over && (has_mail || self.requested.is_none())
    }

    pub(super) fn next_email(&mut self) -> String {
        self.count += 1;
        format!("p{}n{}@example.org", self.number, self.count)
    }

    pub(super) fn next_password(&mut self) -> String {
        self.count += 1;
        format!("three quiet otters {} {}", self.number, self.count)
    }

    pub(super) fn session(&self) -> Option<String> {
        self.world.sessions.first().cloned()
    }

    /// An act that changes the world as `change` says.
    pub(super) fn intent(&self, change: impl FnOnce(&mut World)) -> Intent {
        let mut world = self.world.clone();
        change(&mut world);
        Intent { world, owed: vec![], uses: None, signs_in: false }
    }

    /// The same for an act that begins a session as well.
    pub(super) fn signing_in(&self, change: impl FnOnce(&mut World)) -> Intent {
        let mut intent = self.intent(change);
        intent.world.unheard += 1;
        intent.signs_in = true;
        intent
    }

    /// Notes the intent, acts, and notes the acknowledgement. Nothing if there was none.
    pub(super) async fn acts(
        &mut self,
        intent: Intent,
        client: &Client,
        path: &str,
        session: Option<&str>,
        body: Value,
    ) -> Option<Reply> {
        self.begin(intent);
        let reply = client.post(path, session, body).await?;
        match reply.status.as_u16() {
            200 | 202 | 204 => self.acknowledged(Some(&reply)),
            // Their sign-in is not recent any more.
            403 if reply.body.contains("recent_sign_in_required") => self.flight = None,
            _ => panic!("{path}: {reply:?} to {self:#?}"),
        }
        Some(reply)
    }

    pub(super) fn begin(&mut self, intent: Intent) {
        self.is_touched = true;
        self.flight = Some(intent);
    }

    /// The act has happened. Its answer may have the token of a new session.
    pub(super) fn acknowledged(&mut self, reply: Option<&Reply>) {
        let Some(Intent { mut world, owed, uses, signs_in }) = self.flight.take() else { return };
        if let Some(reply) = reply.filter(|_| signs_in) {
            world.unheard -= 1;
            world.sessions.insert(token(reply));
        }
        self.ended.extend(self.world.sessions.difference(&world.sessions).cloned());
        match uses.as_ref().map(|letter| letter.request.as_ref().map(|request| &request.what)) {
            Some(None) => self.undo = None,
            Some(Some(What::ChangeEmail { .. })) => self.undo = Some(self.world.email.clone()),
            _ => {}
        }
        self.world = world;
        self.owed.extend(owed);
        self.used.extend(uses.map(|letter| letter.link));
    }
}

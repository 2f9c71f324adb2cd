//! What a killed server left on the disk, compared with what people know, through the store and the doors.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use gatepost::domain::ports::Store;
use gatepost::domain::record::Record;
use gatepost::domain::record::account::Account;
use gatepost::domain::record::ended::{End, EndedLetter};
use gatepost::domain::record::ids::LetterId;
use gatepost::domain::record::key::{Key, Span};
use gatepost::domain::record::letter::{Letter, Offered};
use gatepost::store::sled::{SledSettings, SledStore};
use gatepost::world::real;
use hyper::Method;

use super::client::Client;
use super::person::{Intent, Owed, Person, World};
use crate::harness::caller::path_of;
use crate::harness::integrity::expect_whole;
use crate::mail::sink::{Sink, TakenMail};
use crate::store::opening::copy;

/// Everything that a killed server left on the disk.
pub(super) struct Left {
    letters: Vec<Letter>,
    /// What became of emails.
    ended: Vec<EndedLetter>,
    /// By address, with how many sessions are live.
    accounts: HashMap<String, (Account, usize)>,
}

impl Left {
    /// Reads a copy, so that the next server starts on what is really there.
    pub(super) async fn by_the_killed(data: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&data.join("store"), &folder.path().join("store"));
        std::fs::copy(data.join("store.mark"), folder.path().join("store.mark")).unwrap();
        let store = SledStore::open(folder.path(), &SledSettings::existing()).unwrap();
        let left = Self::within(&store).await;
        store.close().await;
        left
    }

    /// Reads a store as of one moment, which one scan is.
    pub(super) async fn within(store: &impl Store) -> Self {
        let all = Span { from: Key::from_bytes(vec![1]), until: Key::from_bytes(vec![0xff]) };
        let found = store.scan(&all, 1_000_000).await.unwrap();
        let records = found.into_iter().map(|(key, found)| (key, found.unwrap().record)).collect();
        expect_whole(&records, real().now());
        Self::of(records)
    }

    fn of(records: HashMap<Key, Record>) -> Self {
        let (mut letters, mut ended) = (vec![], vec![]);
        let (mut accounts, mut sessions) = (vec![], HashMap::new());
        for record in records.into_values() {
            match record {
                Record::Letter(letter) | Record::TriedLetter(letter, _) => letters.push(letter),
                Record::EndedLetter(letter) => ended.push(letter),
                Record::Account(account) => accounts.push(Arc::unwrap_or_clone(account)),
                Record::Session(it) => *sessions.entry((it.account, it.epoch)).or_default() += 1,
                _ => {}
            }
        }
        let counted = accounts.into_iter().map(|account| {
            let live = sessions.get(&(account.id, account.epoch)).filter(|_| !account.disabled);
            (account.address.to_string(), (account, live.copied().unwrap_or(0)))
        });
        Self { letters, ended, accounts: counted.collect() }
    }

    /// Emails that were on their way when the server died.
    pub(super) fn on_their_way(&self) -> HashSet<LetterId> {
        self.letters.iter().filter(|letter| letter.offered == Offered::Now).map(|letter| letter.id).collect()
    }

    /// What became of the emails to an address.
    pub(super) fn ended_to(&self, address: &str) -> Vec<&EndedLetter> {
        self.ended.iter().filter(|ended| ended.letter.to.as_str() == address).collect()
    }

    /// The recipients of emails that the mail server may have. If it does not, they are sent again after some
    /// minutes.
    pub(super) fn perhaps_sent(&self) -> HashSet<String> {
        let may_be = |letter: &&Letter| letter.offered == Offered::Now || letter.unanswered > 0;
        self.letters.iter().filter(may_be).map(|letter| letter.to.to_string()).collect()
    }

    /// Whether this is what the store says.
    fn shows(&self, world: &World, other: Option<&World>) -> bool {
        let elsewhere = other.filter(|other| other.email != world.email).map(|other| &other.email);
        if elsewhere.is_some_and(|email| self.accounts.contains_key(email)) {
            return false;
        }
        let Some((account, live)) = self.accounts.get(&world.email) else { return !world.exists };
        world.exists
            && account.disabled == world.is_disabled
            && account.password.is_some() == world.password.is_some()
            && *live == world.sessions.len() + world.unheard
    }
}

impl Person {
    /// Finds out whether the act during which the server died has happened: all of it or nothing. If not, what
    /// it would have used still works, once.
    pub(super) async fn settle(&mut self, left: &Left, client: &Client) -> Happened {
        let flight = self.flight.clone();
        let then = flight.as_ref().map(|intent| &intent.world);
        let mut possible = vec![];
        if left.shows(&self.world, then) && self.knows(&self.world, client).await {
            possible.push(Happened::No);
        }
        if let Some(then) = then.filter(|then| left.shows(then, Some(&self.world)))
            && self.knows(then, client).await
        {
            possible.push(Happened::Yes);
        }
        let account = self.accounts(left);
        assert!(!possible.is_empty(), "half an act, or a lost one: {self:#?}\n{account:?}");
        let Some(Intent { world, uses, .. }) = flight else { return Happened::Nothing };
        if possible.len() == 2 {
            let Some(letter) = &uses else {
                assert_eq!(world, self.world, "this can be told apart: {self:#?}");
                self.flight = None;
                // Whether there is an email to read is not known.
                self.is_over = true;
                return Happened::Nothing;
            };
            // The last session was unheard of, as the new one would be.
            let shown = client.get(&path_of(&letter.link), None).await.unwrap();
            possible.retain(|it| (*it == Happened::Yes) == (shown.status == 410));
        }
        if possible[0] == Happened::Yes {
            self.acknowledged(None);
            self.prove_password(client).await;
            return Happened::Yes;
        }
        self.flight = None;
        match uses {
            Some(letter) => self.use_letter(letter, client).await.unwrap(),
            None => self.prove_password(client).await,
        }
        Happened::No
    }

    fn accounts<'a>(&self, left: &'a Left) -> [Option<&'a (Account, usize)>; 2] {
        let then = self.flight.as_ref().and_then(|intent| left.accounts.get(&intent.world.email));
        [left.accounts.get(&self.world.email), then]
    }

    /// Whether the sessions are live that are in this world, and no others.
    async fn knows(&self, world: &World, client: &Client) -> bool {
        let flight = self.flight.iter().flat_map(|intent| &intent.world.sessions);
        for session in self.world.sessions.iter().chain(flight) {
            if client.is_signed_in(session).await != world.sessions.contains(session) {
                return false;
            }
        }
        true
    }

    async fn prove_password(&mut self, client: &Client) {
        if self.world.exists && !self.world.is_disabled && self.world.password.is_some() {
            self.sign_in_with_password(client).await.unwrap();
        }
    }

    /// Checks everything acknowledged through the doors.
    pub(super) async fn check(&mut self, client: &Client) {
        self.is_touched = false;
        for session in &self.world.sessions {
            assert!(client.is_signed_in(session).await, "lost: {session} of {self:#?}");
            let host = format!("localhost:{}", client.server.port());
            let cookie = format!("gatepost_session={session}");
            let headers = [("host", host.as_str()), ("cookie", cookie.as_str())];
            let sent = crate::harness::http::try_send(client.server, Method::GET, "/profile", &headers, "");
            let page = sent.await.unwrap();
            assert!(page.status == 200 && page.body.contains(&self.world.email), "{page:?} to {self:#?}");
        }
        for session in &self.ended {
            assert!(!client.is_signed_in(session).await, "not ended: {session} of {self:#?}");
        }
        for link in &self.used {
            let shown = client.get(&path_of(link), None).await.unwrap();
            let status = client.deliberately(link, None).await;
            assert!(shown.status == 410 && status == 410, "{link} works again ({status}): {self:#?}");
        }
    }

    /// The emails that they are owed, and how many of each. Those to the recipients in `but` are left out.
    pub(super) fn owed(&self, but: &HashSet<String>) -> HashMap<&Owed, usize> {
        let mut counts = HashMap::new();
        for owed in self.owed.iter().filter(|(to, _)| !but.contains(to)) {
            *counts.entry(owed).or_default() += 1;
        }
        counts
    }

    /// Waits until every email that they are owed has arrived.
    pub(super) async fn collect(&self, sink: &Sink, but: &HashSet<String>) {
        for (owed, count) in self.owed(but) {
            sink.has(count, |mail| is_it(mail, owed)).await;
        }
    }

    /// Checks that every email that they are owed has arrived, or was rightly not sent again.
    pub(super) fn miss_nothing(&self, sink: &Sink, but: &HashSet<String>, left: &Left) {
        let mails = &sink.seen().mails;
        for (owed @ (to, title), count) in self.owed(but) {
            let arrived = mails.iter().filter(|mail| is_it(mail, owed)).map(TakenMail::id);
            let missing = count.saturating_sub(arrived.collect::<HashSet<_>>().len());
            let ended = left.ended_to(to);
            let over = ended.iter().filter(|ended| is_over_since_offered(ended)).count();
            assert!(missing <= over, "lost: {title} to {to}; what became of theirs: {ended:#?}; {self:#?}");
        }
    }
}

fn is_it(mail: &TakenMail, (to, title): &Owed) -> bool {
    mail.to == *to && mail.title().contains(title)
}

/// Whether what an email was about was over by the time it could be sent again. The mail server may have had all of
/// it when the server was killed, so it was sent again only minutes later. By then, its recipient had deleted the
/// account or used a newer link.
fn is_over_since_offered(ended: &EndedLetter) -> bool {
    ended.end == End::Void && (ended.letter.offered != Offered::Never || ended.letter.unanswered > 0)
}

/// What came of the act during which the server died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Happened {
    Yes,
    No,
    /// There was none, or it changes nothing that can be seen.
    Nothing,
}

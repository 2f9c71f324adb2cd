//! What has happened in this run, as numbers for monitoring. Each counter is found once, at the start, so
//! counting takes no lock.

use std::time::Duration;

use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, Opts, Registry};

use crate::domain::ports::{Committed, StoreError};
use crate::domain::record::event::{Event, EventName, Means};

/// How someone tries to sign in.
const KINDS: [&str; 3] = ["link", "code", "password"];
/// How a sign-in ends.
const OUTCOMES: [&str; 3] = ["signed_in", "registered", "refused"];
/// How an attempt to send an email ends.
const ATTEMPTS: [&str; 5] = ["sent", "delayed", "held", "unanswered", "rejected"];
/// How an email ends.
const ENDS: [&str; 3] = ["sent", "failed", "dropped"];
/// How a commit ends.
const COMMITS: [&str; 5] = ["committed", "conflict", "refused", "in_doubt", "failed"];

/// The times of commits, in seconds: from a fast disk to a stuck one.
const SECONDS: [f64; 12] = [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];
/// The writes in a commit.
const WRITES: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 100.0];

/// How an attempt to send an email ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) enum Attempt {
    Sent,
    Delayed,
    Held,
    Unanswered,
    Rejected,
}

/// The numbers of one run.
pub(in crate::domain) struct Figures {
    registry: Registry,
    /// By kind and outcome.
    sign_ins: [[IntCounter; 3]; 3],
    throttled: IntCounter,
    attempts: [IntCounter; 5],
    emails: [IntCounter; 3],
    commits: [IntCounter; 5],
    commit_seconds: Histogram,
    commit_writes: Histogram,
}

impl Figures {
    pub(in crate::domain) fn new() -> Self {
        let registry = Registry::new();
        let sign_ins = labelled(
            &registry,
            "gatepost_sign_ins_total",
            "Attempts to sign in, by what with and how they ended",
            &["kind", "outcome"],
        );
        let one = |name: &str, help: &str, label: &str| labelled(&registry, name, help, &[label]);
        let attempts = one("gatepost_mail_attempts_total", "Attempts to send an email, by result", "result");
        let emails = one("gatepost_emails_total", "Emails that left the outbox, by how they ended", "end");
        let commits = one("gatepost_commits_total", "Changes of the database, by outcome", "outcome");
        let throttled = IntCounter::new("gatepost_throttled_total", "Requests refused by a limit");
        let seconds = "Time from a change to its answer, when it is on the disk";
        Self {
            sign_ins: KINDS.map(|kind| OUTCOMES.map(|outcome| sign_ins.with_label_values(&[kind, outcome]))),
            throttled: registered(&registry, throttled.expect("its name is valid")),
            attempts: ATTEMPTS.map(|result| attempts.with_label_values(&[result])),
            emails: ENDS.map(|end| emails.with_label_values(&[end])),
            commits: COMMITS.map(|outcome| commits.with_label_values(&[outcome])),
            commit_seconds: histogram(&registry, "gatepost_commit_seconds", seconds, &SECONDS),
            commit_writes: histogram(&registry, "gatepost_commit_writes", "Writes in a change", &WRITES),
            registry,
        }
    }

    /// All of them, with their names.
    pub(in crate::domain) fn families(&self) -> Vec<MetricFamily> {
        self.registry.gather()
    }

    /// Counts something that happened.
    pub(in crate::domain) fn event(&self, event: &Event) {
        let kind = match event.means {
            Some(Means::Link) => Some(0),
            Some(Means::Code) => Some(1),
            Some(Means::Password) => Some(2),
            _ => None,
        };
        match (event.name, kind) {
            (EventName::SignedIn, Some(kind)) => self.sign_ins[kind][0].inc(),
            (EventName::AccountConfirmed, Some(kind)) => self.sign_ins[kind][1].inc(),
            (EventName::PasswordRefused | EventName::WrongCode, Some(kind)) => self.sign_ins[kind][2].inc(),
            (EventName::Throttled, _) => self.throttled.inc(),
            (EventName::MailSent, _) => self.emails[0].inc(),
            (EventName::MailFailed, _) => self.emails[1].inc(),
            (EventName::MailDropped, _) => self.emails[2].inc(),
            _ => {}
        }
    }

    /// Counts an attempt to send an email.
    pub(in crate::domain) fn attempt(&self, attempt: Attempt) {
        self.attempts[attempt as usize].inc();
    }

    /// Counts a commit, with how many writes it had and how long it took.
    pub(super) fn commit(&self, ended: &Result<Committed, StoreError>, writes: usize, took: Duration) {
        let outcome = match ended {
            Ok(Committed::Yes) => 0,
            Ok(Committed::Conflict) => 1,
            Err(StoreError::Refused(_) | StoreError::Busy) => 2,
            Err(StoreError::InDoubt(_)) => 3,
            Err(_) => 4,
        };
        self.commits[outcome].inc();
        self.commit_seconds.observe(took.as_secs_f64());
        if outcome == 0 {
            self.commit_writes.observe(f64::from(u32::try_from(writes).unwrap_or(u32::MAX)));
        }
    }
}

fn labelled(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    let counters = IntCounterVec::new(Opts::new(name, help), labels).expect("its name and labels are valid");
    registered(registry, counters)
}

fn histogram(registry: &Registry, name: &str, help: &str, buckets: &[f64]) -> Histogram {
    let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
    registered(registry, Histogram::with_opts(options).expect("its name and buckets are valid"))
}

fn registered<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> C {
    registry.register(Box::new(collector.clone())).expect("every name is used once");
    collector
}

//! The database is away for longer than it takes to find out that a node is gone. Meanwhile the mail server takes an
//! email, which no one can write down.

use std::time::Duration;

use tokio::sync::watch;

use super::super::super::KEY;
use super::super::super::postgres::Site;
use super::{ANN, Database, Node, is_away, serves};
use crate::harness::caller::{Answer, Caller, Door};
use crate::mail::sink::{Act, Moment, Security, Sink, Stage};

/// Longer than four heartbeats, after which a node counts as gone.
const LONG: Duration = Duration::from_secs(25);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Away {
    Stopped,
    StandsStill,
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_go_on_once_their_database_is_back_and_send_no_email_twice() {
    let both = [Away::Stopped, Away::StandsStill].map(|away| tokio::spawn(is_back_after(away)));
    for one in both {
        one.await.unwrap();
    }
}

async fn is_back_after(away: Away) {
    let Some(database) = Database::start("") else { return };
    let (release, held) = watch::channel(false);
    let script = move |moment: &Moment| {
        let is_anns = moment.stage == Stage::Dot && moment.line.contains(&format!("To: {ANN}"));
        if is_anns { Act::Hold(held.clone()) } else { Act::Behave }
    };
    let sink = Sink::start(Security::None, script).await;
    let site = Site::made(&database)
        .with("GATEPOST_STORE__URL", format!("postgres://gatepost@127.0.0.1:{}/postgres", database.port()))
        .with("GATEPOST_STORE__TIMEOUT", "2s")
        .with("GATEPOST_LIMITS__MAILS_PER_CLIENT_HOUR", "0")
        .with("GATEPOST_MAIL__TRANSPORT", "smtp")
        .with("GATEPOST_MAIL__SMTP_URL", format!("smtp://127.0.0.1:{}?tls=none", sink.port));
    site.place.put_key(KEY, 0o600);
    let (one, other) = (Node::at(site.beside()), Node::at(site.beside()));
    assert_eq!(one.caller(Door::Json).ask(ANN).await, Answer::Done);
    sink.until(|seen| seen.moments.iter().any(|it| it.stage == Stage::Dot)).await;
    let mut bea = Caller::new(Door::Json, other.address());
    assert_eq!(bea.ask("bea@example.org").await, Answer::Done);
    let link = sink.letter_to("bea@example.org").await.link();
    assert_eq!(bea.follow(&link).await, Answer::Done);
    match away {
        Away::Stopped => database.crash().await,
        Away::StandsStill => database.stands_still(),
    }
    release.send_replace(true);
    sink.letter_to(ANN).await;
    let nothing_is_served = async {
        loop {
            is_away(&one, &mut bea.clone().at(one.address())).await;
            is_away(&other, &mut bea).await;
        }
    };
    assert!(tokio::time::timeout(LONG, nothing_is_served).await.is_err());
    match away {
        Away::Stopped => {
            // What it took was not written down the first time either.
            database.start_again().await;
            database.crash().await;
            database.start_again().await;
        }
        Away::StandsStill => database.goes_on(),
    }
    for node in [&one, &other] {
        serves(node).await;
        assert_eq!(bea.clone().at(node.address()).who().await.as_deref(), Some("bea@example.org"));
    }
    sink.letter_to("zoe@example.org").await;
    let kv = format!("{}.kv", site.schema);
    database.wait_until(&format!("SELECT count(*) = 0 FROM {kv} WHERE substring(k for 2) = 'o/'")).await;
    one.server.stop();
    other.server.stop();
    assert_eq!(sink.count_to(ANN), 1, "{away:?}");
}

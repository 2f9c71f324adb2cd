//! Values of `next`. No one is led off this origin.

use std::time::Duration;

use super::{Wrong, cases};
use crate::harness::caller::{Answer, Caller, Door};
use crate::next::NOT_THERE;
use crate::next::way::{encoded, with_ann};
use crate::profile::{ANN, PASSWORD};

/// With this pause between two sign-ins, no limit of attempts is reached.
const PAUSE: Duration = Duration::from_mins(2);

/// Where a page leads that is opened with this query.
async fn opened(ann: &mut Caller, query: &str) -> Option<String> {
    ann.get(&format!("/sign-in?{query}")).await;
    ann.leads_to()
}

/// SEC-61, G-13. In a form that is sent, and in the address of a page, encoded and as it is.
#[tokio::test]
async fn every_next_leads_where_it_should() {
    let app = with_ann().await;
    let mut wrong = Wrong::default();
    for case in cases("next.tsv") {
        let (next, verdict) = (case.text(0), case.text(1));
        let place = if verdict == "home" { "/" } else { verdict };
        let mut ann = app.caller(Door::Pages);
        ann.get("/sign-in/password").await;
        let fields = [("email", ANN), ("password", PASSWORD), ("next", next)];
        let fields = fields.map(|(name, value)| (name, value.to_owned()));
        let answer = ann.act("/sign-in/password", &fields).await;
        wrong.unless(&case, &(answer, ann.leads_to().as_deref()), &(Answer::Done, Some(place)));
        // The notice of this sign-in.
        ann.get("/").await;
        wrong.unless(
            &case,
            &opened(&mut ann, &format!("next={}", encoded(next))).await.as_deref(),
            &Some(place),
        );
        let says_so = ann.get("/").await.body.contains(NOT_THERE);
        wrong.unless(&case, &says_so, &(verdict == "home"));
        // Written as it is, it reaches to the end of the query. A browser sends no fragment, and encodes these.
        let (raw, _) = place.split_once('#').unwrap_or((place, ""));
        if verdict != "home" && !raw.contains(['"', '<', '>', '\'', '{', '}']) {
            wrong.unless(&case, &opened(&mut ann, &format!("next={raw}")).await.as_deref(), &Some(raw));
        }
        app.clock.advance(PAUSE);
    }
    wrong.report();
}

/// SEC-61. A program is led nowhere, and what it sends as `next` is not repeated to it.
#[tokio::test]
async fn a_program_is_led_nowhere() {
    let app = with_ann().await;
    let mut wrong = Wrong::default();
    for case in cases("next.tsv") {
        let mut ann = app.caller(Door::Json);
        let fields = [("email", ANN), ("password", PASSWORD), ("next", case.text(0))];
        let fields = fields.map(|(name, value)| (name, value.to_owned()));
        let answer = ann.act("/sign-in/password", &fields).await;
        let reply = ann.last.unwrap();
        wrong.unless(&case, &(answer, reply.leads_to()), &(Answer::Done, None));
        wrong.unless(&case, &reply.body.contains("evil"), &false);
        app.clock.advance(PAUSE);
    }
    wrong.report();
}

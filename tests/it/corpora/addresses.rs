//! Email addresses as they are entered. An email goes to exactly the address that the table names, or nowhere.

use std::time::Duration;

use gatepost::domain::record::address::{AddressError, EmailAddress};

use super::{Wrong, cases};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    every_address_gets_an_email_or_the_reason_why_not,
}

/// Longer than it takes until one client may request another email, whatever the limits.
const PAUSE: Duration = Duration::from_mins(4);

/// The addresses of the table that no email can be sent to.
pub(crate) fn refused() -> Vec<String> {
    let refused = cases("addresses.tsv").into_iter().filter(|case| !case.text(1).starts_with("= "));
    refused.map(|case| case.text(0).to_owned()).collect()
}

fn reason(word: &str) -> AddressError {
    match word {
        "empty" => AddressError::Empty,
        "long" => AddressError::TooLong,
        "shape" => AddressError::Shape,
        "local" => AddressError::Local,
        "domain" => AddressError::Domain,
        _ => panic!("{word} is no reason"),
    }
}

/// SEC-14, SEC-15, SEC-16, G-11.
async fn every_address_gets_an_email_or_the_reason_why_not(door: Door) {
    let app = App::start_unlimited().await;
    let mut wrong = Wrong::default();
    for case in cases("addresses.tsv") {
        let mut caller = app.caller(door);
        let answer = caller.ask(case.text(0)).await;
        let sent: Vec<String> = app.read_all().await.iter().map(|letter| letter.to.to_string()).collect();
        if let Some(address) = case.text(1).strip_prefix("= ") {
            wrong.unless(&case, &(answer, sent), &(Answer::Done, vec![address.to_owned()]));
            app.clock.advance(PAUSE);
        } else {
            let refusal = Answer::refused_field(422, "invalid_email", "email");
            wrong.unless(&case, &(answer, sent), &(refusal, vec![]));
            let sentence = reason(case.text(1)).to_string();
            let shown = caller.last.unwrap().body.contains(&sentence);
            let found = EmailAddress::parse(case.text(0)).err();
            wrong.unless(&case, &(shown, found), &(true, Some(reason(case.text(1)))));
        }
    }
    wrong.report();
}

/// SEC-19. Letter case makes no second account, and an invisible character neither.
#[test]
fn letter_case_does_not_make_another_mailbox() {
    let [entered, lower] =
        ["Ann@Example.org\u{200b}", "ann@example.org"].map(|text| EmailAddress::parse(text).unwrap());
    assert_eq!(entered.canonical(), lower.canonical());
    assert_eq!(entered.as_str(), "Ann@example.org");
}

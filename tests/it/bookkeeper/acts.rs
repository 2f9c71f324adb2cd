//! Whatever people do in whatever order, the sums are those of a recount.

use std::time::Duration;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Caller, Door};
use crate::harness::limits::unlimited;
use crate::profile::PASSWORD;

both_doors! {
    sums_equal_a_recount_after_a_thousand_acts_at_random,
}

async fn sums_equal_a_recount_after_a_thousand_acts_at_random(door: Door) {
    at_random(door, 1_000).await;
}

#[tokio::test]
#[ignore = "takes minutes: run it by its name, with --ignored"]
async fn sums_equal_a_recount_after_ten_thousand_acts_at_random() {
    at_random(Door::Json, 10_000).await;
}

/// Numbers that look random, the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Someone, with the last email that they got.
struct Person {
    email: String,
    caller: Caller,
    mail: Option<(String, String)>,
}

async fn at_random(door: Door, acts: usize) {
    let mut app = App::start_as(unlimited()).await;
    let mut dice = Dice(acts as u64 + u64::from(door == Door::Json));
    let person = |app: &App, number: usize| Person {
        email: format!("person{number}@example.org"),
        caller: app.caller(door),
        mail: None,
    };
    let mut people: Vec<Person> = (0..8).map(|number| person(&app, number)).collect();
    for _ in 0..acts {
        let index = usize::try_from(dice.below(8)).unwrap();
        match dice.below(40) {
            0..24 => act(&app, door, &mut people[index], &mut dice).await,
            24..30 => app.clock.advance(Duration::from_secs(dice.below(200))),
            30..32 => app.clock.advance(Duration::from_mins(dice.below(300))),
            32 => {
                // Emails that wait would be due later.
                app.read_all().await;
                app.clock.set_back(Duration::from_mins(dice.below(150)));
            }
            33 => app.clock.set_ahead(Duration::from_mins(dice.below(150))),
            34 => app.sweep().await,
            35 => {
                app.house.gatepost.write_refusals().await.ok();
            }
            36 => {
                app.read_all().await;
                // Killed wherever it is in its work, which it begins now.
                app.clock.advance(Duration::from_secs(70));
                for _ in 0..dice.below(30) {
                    tokio::task::yield_now().await;
                }
                app = app.restarted_as(unlimited()).await;
                for person in &mut people {
                    person.caller = app.caller(door);
                    person.mail = None;
                }
            }
            _ => {
                // Two at once, beside the one of the server.
                let books = || app.house.gatepost.keep_books();
                let _ = tokio::join!(books(), books());
            }
        }
    }
    app.settle().await;
    while app.house.gatepost.write_refusals().await.is_err() {}
    app.settle().await;
    let (written, again) = app.books().await;
    assert_eq!(written, again);
    assert!(written.len() > 30, "{written:?}");
    assert_eq!(app.misfits().await, Vec::<String>::new());
}

/// One of the things that people do.
async fn act(app: &App, door: Door, person: &mut Person, dice: &mut Dice) {
    let email = person.email.clone();
    match dice.below(12) {
        0 | 1 => {
            person.caller = app.caller(door);
            person.caller.register(&email, PASSWORD).await;
            read(app, person).await;
        }
        2 | 3 => {
            person.caller = app.caller(door);
            person.caller.ask(&email).await;
            read(app, person).await;
        }
        4 | 5 => {
            if let Some((link, _)) = person.mail.take() {
                person.caller.follow(&link).await;
            }
        }
        6 => {
            if let Some((_, code)) = person.mail.take() {
                person.caller.type_code(&code).await;
            }
        }
        7 => {
            if person.mail.is_some() {
                person.caller.type_code("000000").await;
            }
        }
        8 => {
            person.caller.sign_in_with_password(&email, PASSWORD).await;
        }
        9 => {
            person.caller.sign_in_with_password(&email, "another one entirely").await;
        }
        10 => {
            person.caller.forgot_password(&email).await;
            read(app, person).await;
        }
        _ => {
            if person.caller.who().await.is_some() {
                person.caller.delete_account("delete").await;
            }
        }
    }
}

/// Opens the newest email with a code.
async fn read(app: &App, person: &mut Person) {
    let letters = app.read_all().await;
    let own = letters.into_iter().filter(|letter| letter.to.as_str() == person.email);
    let mut opened = own.filter_map(|letter| Some((letter.link?, letter.code?.as_str().to_owned()))).rev();
    let newest = opened.next();
    person.mail = newest.or(person.mail.take());
}

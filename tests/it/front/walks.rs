//! Random walks over apps, tabs, sign-ins, sign-outs and late tickets: none of them ends in a circle.

use std::time::Duration;

use hyper::StatusCode;

use super::browser::Browser;
use super::{ANN, BOB, GIT, PASSWORD, TWO, WIKI, in_front_of, put_in_front};

/// Numbers that are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        // The steps of Knuth's MMIX.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

async fn walk(seed: u64, steps: u64) {
    let text = TWO.replace("name = \"Wiki\"", "max_age = \"30m\"");
    let app = in_front_of(&text).await;
    let (mut dice, mut browser) = (Dice(seed), Browser::new(&app));
    let mut pages: Vec<String> = vec![format!("{WIKI}/")];
    for _ in 0..steps {
        browser.opened.clear();
        match dice.below(10) {
            0 => {
                browser.own.sign_out().await;
            }
            1 => app.clock.advance(Duration::from_mins(dice.below(90))),
            2 => browser.keeps = !browser.keeps,
            3 => browser.jars.clear(),
            4 => {
                let only_bob = text.replace("\"*\"", "\"bob@example.net\"");
                put_in_front(&app, if dice.below(2) == 0 { &text } else { &only_bob });
            }
            5 => {
                let email = if dice.below(2) == 0 { ANN } else { BOB };
                app.clock.advance(Duration::from_mins(1));
                browser.own = app.signed_in(crate::harness::caller::Door::Pages, email).await;
                app.clock.advance(Duration::from_hours(1));
            }
            6 => {
                browser.own.sign_out().await;
                browser.own.register("carl@example.org", PASSWORD).await;
                app.letter_to("carl@example.org").await;
                app.clock.advance(Duration::from_hours(1));
            }
            _ => {
                let host = if dice.below(2) == 0 { WIKI } else { GIT };
                let next = format!("{host}/{}", dice.below(3));
                let known = pages[usize::try_from(dice.below(pages.len() as u64)).unwrap()].clone();
                let site = ["none", "same-origin", "cross-site", "same-site"]
                    [usize::try_from(dice.below(4)).unwrap()];
                // `open` fails after too many steps.
                let (end, reply) = browser.open(if dice.below(3) == 0 { &known } else { &next }, site).await;
                let is_end = reply.status == StatusCode::NO_CONTENT
                    || reply.status.is_success()
                    || [403, 410].contains(&reply.status.as_u16());
                assert!(is_end, "{end}: {reply:?}");
                pages.extend(browser.opened.drain(..));
            }
        }
    }
}

#[tokio::test]
async fn no_walk_ends_in_a_circle() {
    for seed in 0..6 {
        walk(seed, 30).await;
    }
}

#[tokio::test]
#[ignore = "takes minutes: run it by its name, with --ignored"]
async fn no_walk_of_a_thousand_ends_in_a_circle() {
    for seed in 0..1000 {
        walk(seed, 30).await;
    }
}

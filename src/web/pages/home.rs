//! Home: who you are and how you signed in.

use maud::html;

use super::answer::Answer;
use super::arrival;
use super::layout::{moment, page};
use super::visitor::Visitor;
use crate::domain::record::session::Means;
use crate::path::{PROFILE, SIGN_OUT};
use crate::web::house::House;

/// The start page of who is signed in.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let Some(signed_in) = &visitor.signed_in else { return Ok(arrival::first(&visitor, None)) };
    let content = html! {
        section.card {
            h1 { "Hello" }
            p.lead { "You are signed in as " strong.address { (signed_in.account.address) } "." }
            p.hint { (by(signed_in.session.means)) ", " (moment(signed_in.session.created_at)) ", on " (signed_in.session.device) "." }
            div.row {
                a.button href=(PROFILE) { "Your profile" }
                form method="post" action=(SIGN_OUT) { button.quiet type="submit" { "Sign out" } }
            }
        }
    };
    Ok(page(&house.site, &visitor, "Home", &content))
}

/// How somebody signed in, to begin a sentence with.
pub(super) fn by(means: Means) -> &'static str {
    match means {
        Means::Link => "By the link of a letter",
        Means::Code => "By the code of a letter",
        Means::Password => "By your password",
    }
}

//! Home: the person's apps, and who is signed in, and how.

use maud::{Markup, html};

use super::answer::Answer;
use super::apps::cards;
use super::arrival;
use super::layout::{address, on, page};
use super::visitor::Visitor;
use crate::domain::record::session::Means;
use crate::path::{HOME, PROFILE, SIGN_OUT};
use crate::web::house::{House, Site};

/// The start page of someone who is signed in.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let Some(signed_in) = &visitor.signed_in else { return Ok(arrival::first(&visitor, None)) };
    let session = &signed_in.session;
    let content = html! {
        div.stack.wide {
            (cards(&house.site, &visitor))
            @if signed_in.account.admin { (next_steps(&house.site)) }
            section.card {
                p.lead { "You're signed in as " (address(&signed_in.account.address)) "." }
                p.hint { "Signed in with " (instrument(session.means)) " " (on(session.created_at)) ", using " (session.device) "." }
                div.row {
                    a.button href=(PROFILE) { "Your account" }
                    form method="post" action=(SIGN_OUT) { button.quiet type="submit" { "Sign out" } }
                }
            }
        }
    };
    Ok(page(&house.site, &visitor, "My apps", &content))
}

/// What an administrator still has to set up, as far as this page can know it.
fn next_steps(site: &Site) -> Markup {
    let is_local = site.public_url.is_loopback();
    let has_app = site.home.as_str() != HOME || site.apps.each().next().is_some();
    html! {
        @if site.has_mailbox || is_local || !has_app {
            section.card #next-steps {
                h2 { "Next steps" }
                p.hint { "Only administrators see this. Change these settings in config.toml, then restart the server." }
                ul.steps {
                    @if is_local {
                        li { strong { "Set the web address." } " This server can only be reached from this machine. Set "
                            code { "public_url" } " to the address people will use." }
                    }
                    @if site.has_mailbox {
                        li { strong { "Set up email." } " This server does not send email yet. Set "
                            code { "mail.transport" } ", then check it with " code { "gatepost mail test" } "." }
                    }
                    @if !has_app {
                        li { strong { "Connect your app." } " Set " code { "home" }
                            " to your app's path, so that people go there after signing in." }
                    }
                }
            }
        }
    }
}

/// What someone signed in with.
pub(super) fn instrument(means: Means) -> &'static str {
    match means {
        Means::Link => "an email link",
        Means::Code => "an emailed code",
        Means::Password => "your password",
    }
}

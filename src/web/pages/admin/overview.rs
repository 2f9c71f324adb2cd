//! How things are: email, the server, and what should be looked after.

use maud::{Markup, html};

use super::super::answer::Answer;
use super::super::layout::{moment, page};
use super::super::visitor::Visitor;
use super::entrance::{place, refused};
use super::frame::tabs;
use super::outside::outside;
use crate::domain::admin::MailOverview;
use crate::path::{ADMIN, ADMIN_MAIL};
use crate::web::house::House;
use crate::web::problem::Problem;
use crate::web::report::Survey;
use crate::web::survey::survey;

/// The overview.
pub(in crate::web::pages) async fn overview(house: House, visitor: Visitor) -> Answer {
    match look(&house, &visitor).await {
        Ok((mail, survey)) => Ok(page(&house.site, &visitor, "Overview", &whole(&mail, &survey))),
        Err(problem) => refused(&visitor, problem, &place(&visitor)),
    }
}

async fn look(house: &House, visitor: &Visitor) -> Result<(MailOverview, Survey), Problem> {
    let mail = house.gatepost.mail_overview(visitor.token()).await?;
    Ok((mail, survey(house).await?))
}

fn whole(mail: &MailOverview, survey: &Survey) -> Markup {
    html! {
        section.card.broad {
            (tabs(ADMIN))
            h1 { "Overview" }
            (emails(mail))
            (server(survey))
            (warnings(survey))
        }
    }
}

fn emails(mail: &MailOverview) -> Markup {
    html! {
        section {
            h2 { "Email" }
            dl {
                dt { "Waiting to be sent" }
                dd {
                    a href=(ADMIN_MAIL) { (count(mail.waiting)) }
                    @if let Some(oldest) = mail.oldest { ", the oldest queued " (moment(oldest)) }
                }
                dt { "Not delivered in the last week" }
                dd { a href=(format!("{ADMIN_MAIL}?state=failed")) { (count(mail.failed)) } }
                dt { "Last answer of the mail server" }
                dd {
                    @match &mail.last_answer {
                        Some(answer) => (outside(answer.as_str())),
                        None => "None yet",
                    }
                }
            }
            p.hint { "As of " (moment(mail.counted_at)) "." }
        }
    }
}

fn count(emails: u64) -> String {
    format!("{emails} email{}", if emails == 1 { "" } else { "s" })
}

fn server(survey: &Survey) -> Markup {
    html! {
        section {
            h2 { "Server" }
            dl {
                dt { "Version" } dd { (env!("CARGO_PKG_VERSION")) }
                dt { "Engine" } dd { (survey.engine) }
                @if let Some(bytes) = survey.disk_free_bytes {
                    dt { "Free disk space" } dd { (in_units(bytes)) }
                }
            }
            p.hint { "As of " (moment(survey.at)) "." }
        }
    }
}

fn in_units(bytes: u64) -> String {
    let mib = bytes >> 20;
    if mib < 10 << 10 { format!("{mib} MiB") } else { format!("{} GiB", mib >> 10) }
}

fn warnings(survey: &Survey) -> Markup {
    html! {
        section {
            h2 { "Warnings" }
            @if survey.warnings.is_empty() {
                p { "None." }
            } @else {
                ul.steps { @for warning in &survey.warnings { li { (outside(warning)) } } }
            }
            p.hint { code { "gatepost doctor" } ", run on the server, also checks what needs the network." }
        }
    }
}

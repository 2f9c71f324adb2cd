//! Draws the account page.

use maud::{Markup, html};

use super::super::answer::{Answer, fragment};
use super::super::layout::page;
use super::super::visitor::Visitor;
use super::view::{Told, View};
use super::{devices, keys, sections};
use crate::domain::session::Live;
use crate::web::house::House;

/// The page or, for htmx, its one piece.
pub(super) async fn drawn(house: &House, visitor: &Visitor, live: Live, told: &Told<'_>) -> Answer {
    let view = View::of(house, visitor, live).await?;
    let content = whole(house, &view, told);
    if visitor.is_htmx {
        return Ok(fragment(content));
    }
    Ok(page(&house.site, visitor, "Your account", &content))
}

fn whole(house: &House, view: &View, told: &Told<'_>) -> Markup {
    html! {
        section.card.account #profile {
            (sections::heading(view, told))
            @if !view.is_recent { (sections::confirm_first()) }
            (sections::email(house, view, told))
            (sections::password(house, view, told))
            (devices::devices(view, told))
            (devices::notices(view, told))
            (keys::keys(house, view, told))
            (sections::data())
            (sections::events(view))
            (sections::deletion(view, told))
        }
    }
}

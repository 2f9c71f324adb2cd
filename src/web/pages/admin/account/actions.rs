//! What can be done with an account.

use maud::{Markup, html};

use super::super::frame::confirm_first;
use super::View;
use crate::path::account_page;

/// The place of the forms. While the sign-in is too old to act, they would only lead to the same question.
pub(super) fn actions(view: &View, is_recent: bool) -> Markup {
    let here = account_page(&view.account.row.account.id.to_string());
    html! { @if !is_recent { (confirm_first(&here)) } }
}

//! What the page of an account is drawn from.

use crate::domain::admin::AccountView;
use crate::domain::operator::WayIn;

/// Everything the page shows.
pub(super) struct View {
    pub(super) account: AccountView,
    pub(super) way_in: WayIn,
    /// Whether the administrator who looks may act.
    pub(super) is_recent: bool,
}

//! Telling the operator what became of the emails of the last hour.

use crate::domain::Gatepost;

impl Gatepost {
    /// Logs what became of the emails of the last hour, once it is over.
    pub fn log_mail_totals(&self) {
        let Some(totals) = self.mail_totals.take(self.world.clock.monotonic()) else { return };
        let (sent, rejected, given_up) = (totals.sent, totals.rejected, totals.given_up);
        let (dropped, delayed) = (totals.dropped, totals.delayed);
        tracing::info!(sent, rejected, given_up, dropped, delayed, "emails since the last such line");
    }
}

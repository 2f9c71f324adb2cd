//! Emails of a restored store. They were waiting when the backup was made, so they were sent since, or are no
//! longer true.

use futures_util::future::join_all;

use super::{Claim, PAGE, Stored};
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::record::ended::End;
use crate::domain::record::key::Span;
use crate::domain::record::letter::Queue;

impl Gatepost {
    /// Drops every waiting email. Returns how many there were.
    ///
    /// # Errors
    /// `Store`.
    pub async fn drop_letters(&self) -> Result<usize, Error> {
        let mut rest = Span::letters();
        let mut count = 0;
        loop {
            let page = self.letters(&rest, PAGE).await?;
            let Some(last) = page.last() else { return Ok(count) };
            rest = rest.after(&last.key);
            count += page.len();
            // Their commits share a sync of the disk.
            let dropped = page.into_iter().map(async |Stored { key, letter, .. }| {
                let claim = Claim { from: Queue::First, letter, was: key.clone(), key, left_by: None };
                self.finish(&claim, End::Dropped, None, None).await
            });
            join_all(dropped).await.into_iter().collect::<Result<(), Error>>()?;
        }
    }
}

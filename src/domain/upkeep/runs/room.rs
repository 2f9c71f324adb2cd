//! Emails that are shown are seen by one node only. A run that would not be alone with them is refused; but a record
//! may be all that is left of a node that was killed, and whose data folder is gone.

use super::RunEnded;
use super::clocks::compare_clocks;
use super::remembered::Remembered;
use crate::domain::ports::{Change, Class, Membership, Store, World};
use crate::domain::read::{Nodes, Watched, name_of, put_ended, watch};
use crate::domain::record::ids::RunId;
use crate::domain::record::node::Node;
use crate::domain::upkeep::refusal::OpenError;

/// Before a run joins `store`: watches the runs that it could not join, if there are any, and ends those that do not go
/// on. Takes up to half a minute then.
///
/// # Errors
/// `Run` if one of them goes on; `Store`.
pub async fn make_room(store: &dyn Store, world: &World, member: &Membership) -> Result<(), OpenError> {
    // The last run of this data folder has ended, since this process has its lock.
    let last = Remembered::read(&*member.engine).await?.map(|last| last.run);
    loop {
        let matters = |run, node: Option<&Node>| Some(run) != last && is_in_the_way(member, node);
        let ended = match watch(store, world, matters).await? {
            Watched::GoesOn(name) => return Err(RunEnded::Mailbox(name).into()),
            Watched::Ended(ended) if ended.is_empty() => return Ok(()),
            Watched::Ended(ended) => ended,
        };
        let (at, _) = compare_clocks(&*member.engine, world).await?;
        for (run, version) in ended {
            let mut change = Change::of(Class::Shrink);
            put_ended(&mut change, run, version, at);
            // On a conflict it goes on after all, which the next look finds.
            store.commit(change).await?;
        }
    }
}

/// Refuses to join beside these.
pub(super) fn refuse_mailbox(member: &Membership, nodes: &Nodes) -> Result<(), RunEnded> {
    let record =
        |(_, node): &&(RunId, Option<(Node, _)>)| is_in_the_way(member, node.as_ref().map(|(node, _)| node));
    match nodes.iter().find(record) {
        None => Ok(()),
        Some((run, node)) => Err(RunEnded::Mailbox(name_of(*run, node.as_ref()))),
    }
}

fn is_in_the_way(member: &Membership, node: Option<&Node>) -> bool {
    member.profile.shows_emails || node.is_some_and(|node| node.profile.shows_emails)
}

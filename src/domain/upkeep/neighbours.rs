//! What the operator sees of the nodes that share a store, as this one knows them.

use crate::domain::Gatepost;
use crate::domain::record::drift::Apart;
use crate::domain::record::ids::RunId;

/// A node among others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// The name of this node.
    pub name: String,
    /// Its run.
    pub run: RunId,
    /// The others, in the order of their runs.
    pub others: Vec<Neighbour>,
    /// What the clock of this machine and that of the store said, if they are not near each other.
    pub apart: Option<Apart>,
}

/// Another node, by its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Its name; nothing if its record cannot be read.
    pub name: Option<String>,
    /// Its run.
    pub run: RunId,
    /// Whether that has ended without saying so.
    pub has_ended: bool,
    /// Whether it has other settings than this node.
    pub has_other_settings: bool,
}

impl Gatepost {
    /// The nodes that share the store, as they were at the last heartbeat. Nothing for one that has it to itself.
    #[must_use]
    pub fn surroundings(&self) -> Option<Surroundings> {
        let neighbours = self.neighbours.as_ref()?;
        let own = neighbours.profile();
        let others = neighbours.others().into_iter().map(|(run, profile)| Neighbour {
            has_ended: neighbours.ended(run).is_some(),
            has_other_settings: profile.as_ref().is_some_and(|it| it.settings != own.settings),
            name: profile.map(|profile| profile.name),
            run,
        });
        let (others, apart) = (others.collect(), neighbours.apart());
        Some(Surroundings { name: own.name, run: neighbours.run, others, apart })
    }
}

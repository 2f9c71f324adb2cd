//! What the server does on its own: opening the store, and removing what has expired.

mod remains;
mod startup;
mod sweep;
mod swept;

pub use self::startup::OpenError;
pub use self::swept::Swept;

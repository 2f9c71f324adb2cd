//! What every test stands on.

pub(crate) mod caller;
pub(crate) mod http;
pub(crate) mod world;

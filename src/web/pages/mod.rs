//! Being built.

pub mod problem;

//! Being written.

pub(crate) async fn measure() {}

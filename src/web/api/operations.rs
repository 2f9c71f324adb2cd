//! Every operation of this door.

use poem_openapi::OpenApiService;

use super::{
    link, mailbox, profile, reauthentication, recovery, registration, resend, session, sessions, sign_in,
};
use crate::path::API;

/// In the order of [`Tag`](super::refusals::Tag), which the document and its page keep.
pub(super) type Operations = (
    sign_in::Operations,
    registration::Operations,
    resend::Operations,
    mailbox::Operations,
    link::Operations,
    session::Operations,
    recovery::Operations,
    reauthentication::Operations,
    profile::Operations,
    sessions::Operations,
);

pub(super) fn service() -> OpenApiService<Operations, ()> {
    let operations = (
        sign_in::Operations,
        registration::Operations,
        resend::Operations,
        mailbox::Operations,
        link::Operations,
        session::Operations,
        recovery::Operations,
        reauthentication::Operations,
        profile::Operations,
        sessions::Operations,
    );
    OpenApiService::new(operations, "Gatepost", env!("CARGO_PKG_VERSION")).url_prefix(API)
}

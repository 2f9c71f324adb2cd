//! Registrations that are not confirmed yet, for administrators.

use poem::Request;
use poem::web::Data;
use poem_openapi::param::Query;
use poem_openapi::{ApiResponse, Object, OpenApi};
use serde::Serialize;

use super::bearer::{Admin, RecentAdmin};
use super::body::{Body, Json};
use super::refusals::{Refusals, Tag};
use crate::domain::admin::{PageOf, Unconfirmed};
use crate::domain::error::Error;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::wire::{ForAddress, ListUnconfirmed};

/// The codes of each operation, besides those of any operation.
pub(super) const REFUSALS: Refusals = &[
    ("unconfirmed_registrations", &[Code::SignInRequired, Code::AdminRequired, Code::InvalidField]),
    (
        "resend_registration",
        &[
            Code::SignInRequired,
            Code::AdminRequired,
            Code::RecentSignInRequired,
            Code::RegistrationClosed,
            Code::Gone,
            Code::InvalidEmail,
            Code::TooManyMails,
        ],
    ),
    (
        "drop_registration",
        &[
            Code::SignInRequired,
            Code::AdminRequired,
            Code::RecentSignInRequired,
            Code::Gone,
            Code::InvalidEmail,
        ],
    ),
];

/// The registrations of one address that are not confirmed yet.
#[derive(Debug, Object, Serialize)]
struct Registration {
    /// The email address, as it was entered last.
    email: String,
    /// When it was registered first.
    registered_at: String,
    /// How many emails about it were sent.
    emails: u64,
    /// What the mail server said last.
    #[oai(nullable)]
    last_answer: Option<String>,
}

/// A page of registrations that are not confirmed yet.
#[derive(Debug, Object, Serialize)]
struct Registrations {
    /// At most 50.
    registrations: Vec<Registration>,
    /// Where the list goes on, for `after`; `null` at its end.
    #[oai(nullable)]
    next: Option<String>,
}

impl From<Unconfirmed> for Registration {
    fn from(one: Unconfirmed) -> Self {
        Self {
            email: one.address.to_string(),
            registered_at: one.registered_at.into(),
            emails: one.emails as u64,
            last_answer: one.last_answer.map(|answer| answer.as_str().to_owned()),
        }
    }
}

impl From<PageOf<Unconfirmed>> for Registrations {
    fn from(page: PageOf<Unconfirmed>) -> Self {
        Self { registrations: page.rows.into_iter().map(Registration::from).collect(), next: page.next }
    }
}

#[derive(ApiResponse)]
enum Resent {
    /// The email is queued.
    #[oai(status = 202)]
    Queued,
}

#[derive(ApiResponse)]
enum Dropped {
    /// None is left that could be confirmed.
    #[oai(status = 204)]
    Done,
}

pub(super) struct Operations;

#[OpenApi(tag = "Tag::Unconfirmed")]
impl Operations {
    /// List registrations that are not confirmed yet
    ///
    /// In the order of their addresses.
    #[oai(path = "/admin/accounts/waiting", method = "get", operation_id = "unconfirmed_registrations")]
    async fn unconfirmed(
        &self,
        request: &Request,
        Data(house): Data<&House>,
        Admin(token): Admin,
        /// The beginning of the email address, in upper or lower case.
        #[oai(name = "q")]
        _q: Query<Option<String>>,
        /// The `next` of the page before.
        #[oai(name = "after")]
        _after: Query<Option<String>>,
    ) -> Result<Json<Registrations>, Problem> {
        // As a page reads its query, so that both refuse the same.
        let query = ListUnconfirmed::of(request.uri().query())?.query();
        Ok(Json(house.gatepost.unconfirmed(&token, &query).await?.into()))
    }

    /// Send the email of a registration again
    ///
    /// Needs a recent sign-in. It is the email of the newest registration of that address.
    #[oai(path = "/admin/accounts/waiting/resend", method = "post", operation_id = "resend_registration")]
    async fn resend_registration(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentAdmin(token): RecentAdmin,
        Body(input): Body<ForAddress>,
    ) -> Result<Resent, Problem> {
        let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
        house.gatepost.resend_registration(&token, &address, client).await?;
        Ok(Resent::Queued)
    }

    /// Remove the registrations of an address
    ///
    /// Needs a recent sign-in. Their links and codes no longer work.
    #[oai(path = "/admin/accounts/waiting/drop", method = "post", operation_id = "drop_registration")]
    async fn drop_registration(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentAdmin(token): RecentAdmin,
        Body(input): Body<ForAddress>,
    ) -> Result<Dropped, Problem> {
        let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
        house.gatepost.drop_registrations(&token, &address, client).await?;
        Ok(Dropped::Done)
    }
}

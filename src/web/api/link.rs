//! Redeeming the link or the code of a letter.

use poem::web::Data;
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::bearer::PerhapsSignedIn;
use super::body::Body;
use super::refusals::{Refusals, Tag};
use super::session::{Account, Session, rfc3339};
use crate::domain::error::Error;
use crate::domain::mailed::LinkView;
use crate::domain::mailed::{Redeemed, Redeemer};
use crate::domain::password::Password;
use crate::domain::record::client::Client;
use crate::domain::record::request::Outcome;
use crate::domain::session::SignedIn;
use crate::domain::token;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::wire;

/// What each operation may be refused for, besides what any may.
pub(super) const REFUSALS: Refusals = &[
    (
        "redeem_code",
        &[
            Code::InvalidRequest,
            Code::WrongCode,
            Code::WeakPassword,
            Code::SignInRequired,
            Code::TooManyMails,
        ],
    ),
    ("show_link", &[Code::InvalidLink]),
    (
        "redeem_link",
        &[
            Code::InvalidLink,
            Code::ConfirmationRequired,
            Code::WeakPassword,
            Code::SignInRequired,
            Code::TooManyMails,
        ],
    ),
];

/// What a sign-in came to.
#[derive(Debug, Object)]
#[oai(rename = "Outcome")]
pub(super) struct Answer {
    /// What it came to: `confirmed` (the account came to be by this), `signed_in`, `password_reset`,
    /// `email_changed`, `email_restored` or `recent`. Expect other values.
    outcome: String,
    /// Whose account.
    account: Account,
    /// The session, with its `token`. Missing where nobody is signed in by it: `email_restored`.
    #[oai(skip_serializing_if_is_none)]
    session: Option<Session>,
}

impl Answer {
    pub(super) fn of(outcome: Outcome, signed_in: &SignedIn) -> Self {
        Self {
            outcome: outcome.as_str().to_owned(),
            account: Account::of(&signed_in.account),
            session: Some(Session::with_token(signed_in)),
        }
    }
}

impl From<Redeemed> for Answer {
    fn from(redeemed: Redeemed) -> Self {
        Self {
            outcome: redeemed.outcome.as_str().to_owned(),
            account: Account::of(&redeemed.account),
            session: redeemed.signed_in.as_ref().map(Session::with_token),
        }
    }
}

/// What stands behind a link.
#[derive(Debug, Object)]
struct Link {
    /// What it is for: `sign_in`, `register` (it confirms a registration), `reset_password`,
    /// `change_email`, or `undo_email` (it gives an address back). Expect other values.
    purpose: String,
    /// Whose sign-in it is.
    email: String,
    /// When link and code end.
    expires_at: String,
    /// What redeeming it without `request` must bring: `confirm`, a person's word that they asked
    /// for the letter; `password`, a new one; or `session`, one of the account that asked. Empty where
    /// nothing is needed. Expect other values. Where `purpose` is
    /// `register`, a `password` may come with it and need not.
    needs: Vec<String>,
}

impl From<LinkView> for Link {
    fn from(link: LinkView) -> Self {
        let needs = link.needs.map(|need| need.as_str().to_owned()).into_iter().collect();
        Self {
            purpose: link.purpose.as_str().to_owned(),
            email: link.email.to_string(),
            expires_at: rfc3339(link.expires_at),
            needs,
        }
    }
}

pub(super) struct Operations;

#[OpenApi(tag = "Tag::SignIn")]
impl Operations {
    /// Sign in with the code of a letter
    ///
    /// Five wrong codes end a request; the link of its letters lives on. With a session, that
    /// session ends with the new one. The same code and `request` within a minute get the same
    /// answer. A code to reset a password needs the new `password` beside it; one to change the address,
    /// or to prove who is signed in, a session of the account that asked, and that session goes on.
    #[oai(path = "/code", method = "post", operation_id = "redeem_code")]
    async fn redeem_code(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        PerhapsSignedIn(session): PerhapsSignedIn,
        Body(input): Body<wire::RedeemCode>,
    ) -> Result<Json<Answer>, Problem> {
        let held = house.gatepost.held(&input.request).ok_or(Error::InvalidRequest)?;
        let code = token::Code::parse(&input.code);
        let (password, session) = (input.password.map(Password::new), session.as_deref());
        let redeemed =
            house.gatepost.redeem_code(held, code.as_ref(), password.as_ref(), session, client).await?;
        Ok(Json(redeemed.into()))
    }

    /// See what stands behind a link
    ///
    /// Changes nothing, however often.
    #[oai(path = "/link/:token", method = "get", operation_id = "show_link")]
    async fn show_link(
        &self,
        Data(house): Data<&House>,
        PerhapsSignedIn(session): PerhapsSignedIn,
        /// The last part of the link in the letter.
        Path(token): Path<String>,
    ) -> Result<Json<Link>, Problem> {
        let redeemer = Redeemer { session: session.as_deref(), ..Redeemer::default() };
        Ok(Json(house.gatepost.show_link(&token, redeemer).await?.into()))
    }

    /// Sign in with the link of a letter
    ///
    /// Bring the `request` you asked with, or `confirm` where a person says that they asked for the
    /// letter. With a session, that session ends with the new one. The same link and `request`
    /// within a minute get the same answer. A registration that is confirmed with `confirm` drops the
    /// password that was typed with it, as somebody else may have typed it: bring a `password` to
    /// choose one, or none to sign in by mail alone. What it takes depends on its purpose too:
    /// `reset_password` needs the new `password`, and no `confirm`; `change_email` a session of the account
    /// that asked, and that session goes on; `undo_email` needs `confirm` in any case, and signs nobody in.
    #[oai(path = "/link/:token", method = "post", operation_id = "redeem_link")]
    async fn redeem_link(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        PerhapsSignedIn(session): PerhapsSignedIn,
        /// The last part of the link in the letter.
        Path(token): Path<String>,
        Body(input): Body<wire::RedeemLink>,
    ) -> Result<Json<Answer>, Problem> {
        let held = input.request.as_deref().and_then(|token| house.gatepost.held(token));
        let (confirm, password) = (input.is_confirmed(), input.password());
        let (held, session) = (held.as_slice(), session.as_deref());
        let redeemer = Redeemer { held, confirm, password: password.as_ref(), session };
        Ok(Json(house.gatepost.redeem_link(&token, redeemer, client).await?.into()))
    }
}

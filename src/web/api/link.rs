//! Redeeming the link or the code from an email.

use poem::web::Data;
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::bearer::PerhapsSignedIn;
use super::body::Body;
use super::outcome::{LinkOutcome, SignInOutcome};
use super::refusals::{Refusals, Tag};
use crate::domain::error::Error;
use crate::domain::mailed::LinkView;
use crate::domain::mailed::Redeemer;
use crate::domain::record::client::Client;

use crate::domain::token;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::wire;

/// The codes of each operation, besides those of any operation.
pub(super) const REFUSALS: Refusals = &[
    (
        "redeem_code",
        &[
            Code::InvalidRequest,
            Code::WrongCode,
            Code::WeakPassword,
            Code::SignInRequired,
            Code::TooManyMails,
            Code::TooManyTries,
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

/// A link from an email.
#[derive(Debug, Object)]
struct Link {
    /// What the link is for. `register` confirms a registration, `undo_email` undoes a change of email
    /// address, and `secure_account` secures an account after a sign-in on a new device.
    purpose: String,
    /// The email address that the link is about.
    email: String,
    /// When the link and the code expire.
    expires_at: String,
    /// What redeeming the link without `request` requires. `confirm`: a person confirmed that they requested
    /// the email. `password`: a new password. `session`: a session of the account that made the request.
    /// Empty if nothing is required. With the purpose `register`, a `password` is optional.
    needs: Vec<String>,
}

impl From<LinkView> for Link {
    fn from(link: LinkView) -> Self {
        let needs = link.needs.map(|need| need.as_str().to_owned()).into_iter().collect();
        Self {
            purpose: link.purpose.as_str().to_owned(),
            email: link.email.to_string(),
            expires_at: link.expires_at.to_string(),
            needs,
        }
    }
}

pub(super) struct Operations;

#[OpenApi(tag = "Tag::CodeAndLink")]
impl Operations {
    /// Redeem a code
    ///
    /// Send the `request` you received. After five wrong codes the code stops working, but the link still
    /// works. If you send a session, it is replaced by the new one. Sending the same code and `request` again
    /// within a minute returns the same response. A code to reset the password also needs the new `password`.
    /// A code to change the email address or to confirm it's you needs a session of the account that made the
    /// request, and this session continues.
    #[oai(path = "/code", method = "post", operation_id = "redeem_code")]
    async fn redeem_code(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        PerhapsSignedIn(session): PerhapsSignedIn,
        Body(input): Body<wire::RedeemCode>,
    ) -> Result<Json<SignInOutcome>, Problem> {
        let held = house.gatepost.held(&input.request).ok_or(Error::InvalidRequest)?;
        let code = token::Code::parse(&input.code);
        let (password, session) = (input.password.as_ref(), session.as_deref());
        let redeemed = house.gatepost.redeem_code(held, code.as_ref(), password, session, client).await?;
        // A code never undoes a change of address, the only thing that ends without a session.
        let signed_in = redeemed.signed_in.ok_or_else(|| Problem::of(Code::Internal))?;
        Ok(Json(SignInOutcome::of(redeemed.outcome, &signed_in)))
    }

    /// Look up a link
    ///
    /// Does not redeem the link and changes nothing.
    #[oai(path = "/link/:token", method = "get", operation_id = "show_link")]
    async fn show_link(
        &self,
        Data(house): Data<&House>,
        PerhapsSignedIn(session): PerhapsSignedIn,
        /// The last part of the link in the email.
        Path(token): Path<String>,
    ) -> Result<Json<Link>, Problem> {
        let redeemer = Redeemer { session: session.as_deref(), ..Redeemer::default() };
        Ok(Json(house.gatepost.show_link(&token, redeemer).await?.into()))
    }

    /// Redeem a link
    ///
    /// Send the `request` you received, or `confirm` if a person confirmed that they requested the email. If
    /// you send a session, it is replaced by the new one. Sending the same link and `request` again within a
    /// minute returns the same response. Confirming a registration with `confirm` discards the password that
    /// was entered, because someone else may have entered it. Send a `password` to choose one, or none to
    /// sign in by email. A link to reset the password needs the new `password` and no `confirm`. A link to
    /// change the email address needs a session of the account that made the request, and this session
    /// continues. A link to undo a change of email address always needs `confirm` and signs no one in. So does a
    /// link to secure an account: it ends all sessions, removes the password, and sends an email to choose a new
    /// one, for the `request` in the response.
    #[oai(path = "/link/:token", method = "post", operation_id = "redeem_link")]
    async fn redeem_link(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        PerhapsSignedIn(session): PerhapsSignedIn,
        /// The last part of the link in the email.
        Path(token): Path<String>,
        Body(input): Body<wire::RedeemLink>,
    ) -> Result<Json<LinkOutcome>, Problem> {
        let held = input.request.as_deref().and_then(|token| house.gatepost.held(token));
        let (confirm, password) = (input.is_confirmed(), input.password.as_ref());
        let (held, session) = (held.as_slice(), session.as_deref());
        let redeemer = Redeemer { held, confirm, password, session };
        Ok(Json(house.gatepost.redeem_link(&token, redeemer, client).await?.into()))
    }
}

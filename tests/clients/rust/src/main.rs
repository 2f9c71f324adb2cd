//! Uses every group of operations with the generated Rust client.

progenitor::generate_api!(spec = "openapi.json");

use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, HeaderMap};

type Done<T> = Result<T, Box<dyn std::error::Error>>;

const ADDRESS: &str = "rust@example.org";
const NEW_ADDRESS: &str = "rust.new@example.org";
const PASSWORD: &str = "three quiet otters";
const NEW_PASSWORD: &str = "seven loud geese";

/// A client without a session, and the server to make others for.
struct Anyone {
    base: String,
    client: Client,
}

impl Anyone {
    fn signed_in(&self, session: &types::NewSession) -> Done<Client> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, format!("Bearer {}", session.token).parse()?);
        let http = reqwest::Client::builder().default_headers(headers).build()?;
        Ok(Client::new_with_client(&self.base, http))
    }

    /// The newest email with a code: its code, and the token of its link.
    async fn email(&self, to: &str) -> Done<(String, String)> {
        let letters = self.client.mailbox(Some(to), Some(10)).await?.into_inner().letters;
        let newest = letters.into_iter().find_map(|email| Some((email.code?, email.link)));
        let (code, link) = newest.ok_or("no email with a code")?;
        let token = link.as_deref().and_then(|link| link.rsplit('/').next()).unwrap_or_default();
        Ok((code, token.to_owned()))
    }

    async fn register(&self) -> Done<types::Outcome> {
        let (email, password) = (ADDRESS.parse()?, PASSWORD.parse()?);
        let input = types::Register { email, password, request: None };
        let request = self.client.register(&input).await?.into_inner().request;
        let resent = self.client.resend(&types::Resend { request: request.clone() }).await;
        assert_refused(&resent, StatusCode::TOO_MANY_REQUESTS);
        let (code, _) = self.email(ADDRESS).await?;
        let input = types::RedeemCode { code, password: None, request };
        let confirmed = self.client.redeem_code(&input).await?.into_inner();
        assert_eq!((confirmed.outcome.as_str(), &confirmed.account.pending_email), ("confirmed", &None));
        Ok(confirmed)
    }

    async fn sign_in_with_link(&self) -> Done<types::Outcome> {
        let input = types::RequestSignIn { email: ADDRESS.parse()?, request: None };
        let request = self.client.request_sign_in(&input).await?.into_inner().request;
        let (_, token) = self.email(ADDRESS).await?;
        let link = self.client.show_link(&token).await?.into_inner();
        assert_eq!((link.purpose.as_str(), link.needs), ("sign_in", vec!["confirm".to_owned()]));
        let input = types::RedeemLink { confirm: None, password: None, request: Some(request) };
        match self.client.redeem_link(&token, &input).await?.into_inner() {
            types::LinkOutcome::Outcome(outcome) => Ok(outcome),
            types::LinkOutcome::EmailRestored(_) | types::LinkOutcome::AccountSecured(_) => {
                Err("no session".into())
            }
        }
    }

    async fn end_sessions(&self, first: &types::Outcome, own: &Client) -> Done<Client> {
        assert_eq!(own.sessions().await?.sessions.len(), 3);
        own.end_session(&first.session.id).await?;
        assert_refused(&self.signed_in(&first.session)?.session().await, StatusCode::UNAUTHORIZED);
        self.signed_in(&own.end_other_sessions().await?.session)
    }

    async fn confirm(&self, own: &Client) -> Done<()> {
        let input = types::Reauthenticate { password: PASSWORD.to_owned() };
        assert_eq!(own.reauthenticate(&input).await?.outcome, "recent");
        let input = types::RequestReauthentication { request: None };
        let request = own.request_reauthentication(&input).await?.into_inner().request;
        let (code, _) = self.email(ADDRESS).await?;
        let input = types::RedeemCode { code, password: None, request };
        assert_eq!(own.redeem_code(&input).await?.outcome, "recent");
        Ok(())
    }

    async fn change_and_remove_password(&self, own: &Client) -> Done<Client> {
        let current_password = Some(PASSWORD.to_owned());
        let input = types::ChangePassword { password: NEW_PASSWORD.parse()?, current_password };
        let changed = own.change_password(&input).await?.into_inner();
        let removed = self.signed_in(&changed.session)?.remove_password().await?.into_inner();
        assert_eq!((changed.account.has_password, removed.account.has_password), (true, false));
        self.signed_in(&removed.session)
    }

    async fn change_address(&self, own: &Client) -> Done<Client> {
        let input = types::RequestEmail { email: NEW_ADDRESS.parse()?, request: None };
        own.request_email_change(&input).await?;
        assert_eq!(own.profile().await?.account.pending_email.as_deref(), Some(NEW_ADDRESS));
        assert_eq!(own.cancel_email_change().await?.account.pending_email, None);
        let request = own.request_email_change(&input).await?.into_inner().request;
        let (code, _) = self.email(NEW_ADDRESS).await?;
        let input = types::RedeemCode { code, password: None, request };
        let changed = own.redeem_code(&input).await?.into_inner();
        assert_eq!((changed.outcome.as_str(), changed.account.email.as_str()), ("email_changed", NEW_ADDRESS));
        self.signed_in(&changed.session)
    }

    async fn reset_password(&self) -> Done<Client> {
        let input = types::RequestEmail { email: NEW_ADDRESS.parse()?, request: None };
        let request = self.client.forgot_password(&input).await?.into_inner().request;
        let (code, _) = self.email(NEW_ADDRESS).await?;
        let input = types::RedeemCode { code, password: Some(NEW_PASSWORD.parse()?), request };
        let reset = self.client.redeem_code(&input).await?.into_inner();
        assert_eq!(reset.outcome, "password_reset");
        self.signed_in(&reset.session)
    }
}

/// The generator does not read the body of an error, so only its status is known.
fn assert_refused<T, E>(response: &Result<T, Error<E>>, status: StatusCode) {
    assert_eq!(response.as_ref().err().and_then(|error| error.status()), Some(status));
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Done<()> {
    let base = std::env::var("BASE")?;
    let anyone = Anyone { client: Client::new(&base), base };
    let first = anyone.register().await?;
    let input = types::SignInWithPassword { email: ADDRESS.parse()?, password: PASSWORD.to_owned() };
    let second = anyone.client.sign_in_with_password(&input).await?.into_inner();
    assert_eq!(second.account.id, first.account.id);
    let third = anyone.sign_in_with_link().await?;
    let own = anyone.end_sessions(&first, &anyone.signed_in(&third.session)?).await?;
    anyone.confirm(&own).await?;
    let own = anyone.change_and_remove_password(&own).await?;
    let own = anyone.change_address(&own).await?;
    assert_eq!(own.export().await?.account.email, NEW_ADDRESS);
    own.sign_out().await?;
    assert_refused(&own.session().await, StatusCode::UNAUTHORIZED);
    let own = anyone.reset_password().await?;
    assert!(own.session().await?.session.current);
    own.delete_account(&types::DeleteAccount { confirm: "delete".to_owned() }).await?;
    assert_refused(&own.profile().await, StatusCode::UNAUTHORIZED);
    println!("Rust: every group of operations");
    Ok(())
}

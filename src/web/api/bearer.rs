//! The session of a request: `Authorization: Bearer`. Cookies are not read, so a website cannot act for
//! the person who visits it.

use poem::http::header::AUTHORIZATION;
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaSecurityScheme, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use crate::domain::session::Live;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};

const SCHEME: &str = "session";

/// Someone who must be signed in. Checked before the input is read, so that no one else learns what is
/// wrong with it.
pub(super) struct SignedIn {
    /// The session token.
    pub(super) token: String,
    pub(super) live: Live,
}

/// The session token of someone whose sign-in must be recent.
pub(super) struct RecentlySignedIn(pub(super) String);

/// The session token of an administrator, who may look.
pub(super) struct Admin(pub(super) String);

/// The session token of an administrator whose sign-in is recent, who may act.
pub(super) struct RecentAdmin(pub(super) String);

/// The session token of someone who may be signed in or not.
pub(super) struct PerhapsSignedIn(pub(super) Option<String>);

impl<'a> ApiExtractor<'a> for SignedIn {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        registry.create_security_scheme(SCHEME, scheme());
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![SCHEME]
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let token = session_token(request).ok_or_else(|| Problem::of(Code::SignInRequired))?;
        let live = house(request)?.gatepost.session(&token).await.map_err(Problem::from)?;
        Ok(Self { token, live })
    }
}

impl<'a> ApiExtractor<'a> for RecentlySignedIn {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        SignedIn::register(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![SCHEME]
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let token = session_token(request).ok_or_else(|| Problem::of(Code::SignInRequired))?;
        house(request)?.gatepost.expect_recent(&token).await.map_err(Problem::from)?;
        Ok(Self(token))
    }
}

impl<'a> ApiExtractor<'a> for Admin {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        SignedIn::register(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![SCHEME]
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let token = session_token(request).ok_or_else(|| Problem::of(Code::SignInRequired))?;
        house(request)?.gatepost.expect_admin(&token).await.map_err(Problem::from)?;
        Ok(Self(token))
    }
}

impl<'a> ApiExtractor<'a> for RecentAdmin {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        SignedIn::register(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![SCHEME]
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let token = session_token(request).ok_or_else(|| Problem::of(Code::SignInRequired))?;
        house(request)?.gatepost.expect_recent_admin(&token).await.map_err(Problem::from)?;
        Ok(Self(token))
    }
}

impl<'a> ApiExtractor<'a> for PerhapsSignedIn {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        SignedIn::register(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![SCHEME]
    }

    fn has_security_fallback() -> bool {
        true
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(Self(session_token(request)))
    }
}

fn house(request: &Request) -> Result<&House, Problem> {
    // `api::routes` attaches it to every request.
    request.data().ok_or_else(|| Problem::of(Code::Internal))
}

/// None if the header is missing, malformed, of another scheme, or sent twice: two readers could take two
/// different sessions.
pub(super) fn session_token(request: &Request) -> Option<String> {
    let mut values = request.headers().get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

fn scheme() -> MetaSecurityScheme {
    MetaSecurityScheme {
        ty: "http",
        description: Some("The session token from the response to a sign-in."),
        name: None,
        key_in: None,
        scheme: Some("bearer"),
        bearer_format: None,
        flows: None,
        openid_connect_url: None,
    }
}

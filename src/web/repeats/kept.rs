//! A response that is given again.

use poem::Response;
use poem::http::StatusCode;
use poem::http::header::{HeaderName, HeaderValue};
use zeroize::Zeroizing;

use crate::domain::session::Standing;
use crate::domain::token::Mark;

/// The largest response that is remembered. Only whole pages are larger, and few of them.
const MAX_BYTES: usize = 32 * 1024;

/// A response that is given again. Overwritten when it is dropped.
pub(super) struct Kept {
    /// The session that the browser has with it.
    pub(super) session: Mark,
    /// How the account of that session stood then.
    pub(super) standing: Standing,
    status: StatusCode,
    headers: Vec<(HeaderName, Zeroizing<Vec<u8>>)>,
    body: Zeroizing<Vec<u8>>,
}

impl Kept {
    /// Nothing if the form should be tried again.
    ///
    /// A failure may be over by then, and a refusal that says how long to wait would be out of date. Wrong
    /// passwords and codes are kept, because a double click must not count as two attempts.
    pub(super) async fn of(response: &mut Response, session: Mark, standing: Standing) -> Option<Self> {
        let status = response.status();
        let is_done = status.as_u16() < 400 && !response.headers().contains_key("x-problem");
        let is_wrong = [StatusCode::UNAUTHORIZED, StatusCode::UNPROCESSABLE_ENTITY].contains(&status);
        if !(is_done || is_wrong) {
            return None;
        }
        let body = response.take_body().into_bytes().await.ok()?;
        response.set_body(body.clone());
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.clone(), Zeroizing::new(value.as_bytes().to_vec())));
        let body_kept = Zeroizing::new(body.to_vec());
        let kept = Self { session, standing, status, headers: headers.collect(), body: body_kept };
        (body.len() <= MAX_BYTES).then_some(kept)
    }

    pub(super) fn response(&self) -> Response {
        let mut response = Response::builder().status(self.status).body(self.body.to_vec());
        for (name, value) in &self.headers {
            let value = HeaderValue::from_bytes(value).expect("it was a header before");
            response.headers_mut().append(name, value);
        }
        response
    }
}

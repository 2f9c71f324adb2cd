//! A refusal as JSON (RFC 9457).

use poem::Response;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::{ToJSON, Type};
use poem_openapi::{ApiResponse, Object};

use crate::path::{API, DOCS};
use crate::web::house::Door;
use crate::web::problem::{Code, Problem};

/// The media type of a refusal.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// An error (RFC 9457).
#[derive(Debug, Object)]
#[oai(rename = "Problem")]
struct Body {
    /// A page that explains the code, relative to this server.
    #[oai(rename = "type")]
    kind: String,
    /// Short heading.
    title: String,
    /// HTTP status.
    status: u16,
    /// A sentence to show to a person.
    detail: String,
    /// The kind of error, for programs.
    code: String,
    /// The input field that caused the error.
    #[oai(skip_serializing_if_is_none)]
    field: Option<String>,
    /// Seconds to wait before trying again.
    #[oai(skip_serializing_if_is_none)]
    retry_after: Option<u64>,
    /// Only with the code `unconfirmed`: the `request` of the registration. Use it with `POST /api/code` and
    /// `POST /api/resend`.
    #[oai(skip_serializing_if_is_none)]
    request: Option<String>,
    /// Only with the code `unconfirmed`: when that request expires.
    #[oai(skip_serializing_if_is_none)]
    expires_at: Option<String>,
    /// Only with the code `internal`: the identifier of this error in the server's log.
    #[oai(skip_serializing_if_is_none)]
    request_id: Option<String>,
}

/// Draws it, with its status and headers.
#[must_use]
pub fn draw(problem: &Problem, request_id: &str) -> Response {
    let (code, unconfirmed) = (problem.code, problem.unconfirmed.as_ref());
    let body = Body {
        kind: format!("{API}{DOCS}#{}", code.as_str()),
        title: code.title().to_owned(),
        status: code.status().as_u16(),
        detail: problem.detail.clone().into_owned(),
        code: code.as_str().to_owned(),
        field: problem.field.map(str::to_owned),
        retry_after: problem.retry_after_secs(),
        request: unconfirmed.map(|it| it.request.as_str().to_owned()),
        expires_at: unconfirmed.map(|it| it.expires_at.to_string()),
        request_id: (code == Code::Internal).then(|| request_id.to_owned()),
    };
    let mut response = Response::builder().content_type(MEDIA_TYPE).body(body.to_json_string());
    problem.put_headers(&mut response, Door::Json);
    response
}

/// Adds the object to the document. `document` adds the codes of each operation.
impl ApiResponse for Problem {
    fn meta() -> MetaResponses {
        let content = vec![MetaMediaType { content_type: MEDIA_TYPE, schema: Body::schema_ref() }];
        let any =
            MetaResponse { description: "", status: None, status_range: None, content, headers: vec![] };
        MetaResponses { responses: vec![any] }
    }

    fn register(registry: &mut Registry) {
        Body::register(registry);
    }
}

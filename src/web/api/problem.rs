//! A refusal as JSON (RFC 9457).

use poem::Response;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::{ToJSON, Type};
use poem_openapi::{ApiResponse, Object};

use super::session::rfc3339;
use crate::path::{API, DOCS};
use crate::web::house::Door;
use crate::web::problem::{Code, Problem};

/// The media type of a refusal.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// Why something was refused (RFC 9457).
#[derive(Debug, Object)]
#[oai(rename = "Problem")]
struct Body {
    /// A page that says what the code means, relative to this server.
    #[oai(rename = "type")]
    kind: String,
    /// A short heading.
    title: String,
    /// The HTTP status.
    status: u16,
    /// One sentence for a person.
    detail: String,
    /// What it is, for a program. Expect values that are not in the list.
    code: String,
    /// The field it is about.
    #[oai(skip_serializing_if_is_none)]
    field: Option<String>,
    /// Whole seconds until it is worth trying again.
    #[oai(skip_serializing_if_is_none)]
    retry_after: Option<u64>,
    /// What `POST /api/register` gave: go on with it at `POST /api/code` and `POST /api/resend`; with
    /// the code `unconfirmed` alone.
    #[oai(skip_serializing_if_is_none)]
    request: Option<String>,
    /// When that request is over; with the code `unconfirmed` alone.
    #[oai(skip_serializing_if_is_none)]
    expires_at: Option<String>,
    /// Names the fault in the server's log; with the code `internal` alone.
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
        expires_at: unconfirmed.map(|it| rfc3339(it.expires_at)),
        request_id: (code == Code::Internal).then(|| request_id.to_owned()),
    };
    let mut response = Response::builder().content_type(MEDIA_TYPE).body(body.to_json_string());
    problem.put_headers(&mut response, Door::Json);
    response
}

/// Puts the object into the document. Which refusals an operation knows is written there.
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

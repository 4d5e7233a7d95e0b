//! What the interface answers when it does not do what it was asked for.

use crate::texts::Text;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A refusal, in words; with the field that is wrong.
pub(crate) struct Refusal {
    status: StatusCode,
    said: Said,
}

#[derive(Serialize)]
struct Said {
    error: Text,
    field: Option<&'static str>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, zh: &'static str, en: &'static str) -> Self {
        let error = Text::new(zh, en);
        Self {
            status,
            said: Said { error, field: None },
        }
    }

    pub(crate) fn not_found(zh: &'static str, en: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, zh, en)
    }

    /// A body that is no JSON of the form that is asked for.
    pub(crate) fn unreadable(error: &JsonRejection) -> Self {
        let why = error.body_text();
        Self::bad(Text::new(
            format!("请求体不对：{why}"),
            format!("the body is wrong: {why}"),
        ))
    }

    /// A request that is wrong.
    pub(crate) fn bad(error: Text) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            said: Said { error, field: None },
        }
    }

    /// A field of the request that is wrong.
    pub(crate) fn wrong(field: &'static str, text: Text) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            said: Said {
                error: text,
                field: Some(field),
            },
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(self.said)).into_response()
    }
}

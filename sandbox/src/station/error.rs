//! What is asked of the interface, and what it answers when it does not do that.

use crate::texts::Text;
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A body that is a JSON object of this form. An array of its values, in their order, is none.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let object: Result<Json<Map<String, Value>>, JsonRejection> =
            Json::from_request(request, state).await;
        let Json(object) = object.map_err(|error| Refusal::unreadable(&error.body_text()))?;
        serde_json::from_value(Value::Object(object))
            .map(Self)
            .map_err(|error| Refusal::unreadable(&error.to_string()))
    }
}

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
    fn unreadable(why: &str) -> Self {
        Self::bad(Text::new(
            format!("请求体不对：{why}"),
            format!("the body is wrong: {why}"),
        ))
    }

    /// A query that is not of the form that is asked for.
    pub(crate) fn unasked(error: &QueryRejection) -> Self {
        let why = error.body_text();
        Self::bad(Text::new(
            format!("查询参数不对：{why}"),
            format!("the query is wrong: {why}"),
        ))
    }

    /// A refusal whose words are made.
    pub(crate) fn with(status: StatusCode, error: Text) -> Self {
        let said = Said { error, field: None };
        Self { status, said }
    }

    /// What was asked for could not be done.
    pub(crate) fn failed(error: Text) -> Self {
        Self::with(StatusCode::INTERNAL_SERVER_ERROR, error)
    }

    /// A request that is wrong.
    pub(crate) fn bad(error: Text) -> Self {
        Self::with(StatusCode::BAD_REQUEST, error)
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

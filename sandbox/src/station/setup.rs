//! `/setup`: what a program has to be configured with, and the state of the ports.

use super::Station;
use super::error::Refusal;
use crate::texts::Text;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Value, json};

/// What is told of this centre: fixed once its ports are open.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Setup {
    pub(crate) org_id: String,
    pub(crate) version: &'static str,
    pub(crate) addresses: Vec<Address>,
    pub(crate) tls: Vec<Port>,
    pub(crate) ca_pem: String,
    pub(crate) first_call: FirstCall,
}

/// One way to reach the centre, with the configuration that takes it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Address {
    name: &'static str,
    what: Text,
    url: String,
    config: Value,
}

/// A port that is there to be tried.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Port {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) sha256: Option<String>,
    pub(crate) what: Text,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct FirstCall {
    command: String,
    snippets: Vec<Snippet>,
}

#[derive(Debug, Clone, Serialize)]
struct Snippet {
    language: &'static str,
    text: &'static str,
}

impl Address {
    /// The three ways: plain, pinned, by the authority.
    pub(crate) fn all(http: &str, https: &str, sha256: &str, org_id: &str, key: &str) -> Vec<Self> {
        let config = |url: &str, tls: Option<Value>| {
            let mut config = json!({
                "localUrl": url,
                "orgId": org_id,
                "reqtType": "sys&350000",
                "sm4Key": key,
            });
            if let Some(tls) = tls {
                config["tls"] = tls;
            }
            config
        };
        vec![
            Self {
                name: "http",
                what: Text::new("不加密，最先试这个", "without TLS: to begin with"),
                url: http.to_owned(),
                config: config(http, None),
            },
            Self {
                name: "https-pin",
                what: Text::new(
                    "HTTPS，只信任这一张证书（重新启动后指纹会变）",
                    "HTTPS, trusting this certificate alone; its fingerprint is another after a restart",
                ),
                url: https.to_owned(),
                config: config(https, Some(json!({ "pinSha256": [sha256] }))),
            },
            Self {
                name: "https-ca",
                what: Text::new(
                    "HTTPS，信任下面的 ca.pem，请保存在配置文件旁边",
                    "HTTPS, trusting the ca.pem below: save it beside the configuration",
                ),
                url: https.to_owned(),
                config: config(https, Some(json!({ "caFile": "ca.pem" }))),
            },
        ]
    }
}

impl FirstCall {
    /// One status query, which changes nothing.
    pub(crate) fn new() -> Self {
        Self {
            command: "evoucher-tool call evoucher.json tokenPwdStas \
                      '{\"token\":\"auto1-signed-0001\",\"orgCodg\":\"H35010000001\"}'"
                .to_owned(),
            snippets: vec![
                Snippet {
                    language: "C#",
                    text: CSHARP,
                },
                Snippet {
                    language: "Delphi",
                    text: DELPHI,
                },
            ],
        }
    }
}

const CSHARP: &str = "using (var client = new EvoucherClient(\"@evoucher.json\"))
{
    var reply = client.TokenPwdStas(\"{\\\"token\\\":\\\"auto1-signed-0001\\\",\\\"orgCodg\\\":\\\"H35010000001\\\"}\");
    Console.WriteLine(reply.Next + \" \" + reply.Hint);
}";

const DELPHI: &str = "Client := TEvoucher.Create('@evoucher.json');
Reply := Client.TokenPwdStas('{\"token\":\"auto1-signed-0001\",\"orgCodg\":\"H35010000001\"}');
Writeln(Reply.Next, ' ', Reply.Hint);";

pub(super) fn routes() -> Router<Station> {
    Router::new()
        .route("/setup", get(setup))
        .route("/setup/ca.pem", get(ca_pem))
}

fn ready(station: &Station) -> Result<&Setup, Refusal> {
    let starting = || Refusal::not_found("还在启动", "it is starting");
    station.setup.get().ok_or_else(starting)
}

async fn setup(State(station): State<Station>) -> Result<Response, Refusal> {
    Ok(Json(ready(&station)?).into_response())
}

async fn ca_pem(State(station): State<Station>) -> Result<Response, Refusal> {
    let pem = ready(&station)?.ca_pem.clone();
    Ok(([(CONTENT_TYPE, "application/x-pem-file")], pem).into_response())
}

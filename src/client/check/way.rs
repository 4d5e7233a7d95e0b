//! How the self-test's call got to the centre, or how far, step by step.

use super::{Mark, Outcome, Step, stop};
use crate::catalogue::codes::{EV_BAD_REPLY, EV_CONNECTION_LOST, EV_HTTP_STATUS};
use crate::config::Config;
use crate::error::{Failure, Text, text};
use crate::transport::{Journal, Stage};
use std::time::{Duration, Instant};
use ureq::http::Uri;

/// How the call got to the centre, or how far.
pub(super) struct Way<'a> {
    pub(super) config: &'a Config,
    pub(super) uri: &'a Uri,
    pub(super) journal: Journal,
    pub(super) ended: Instant,
}

impl Way<'_> {
    /// How long a stage took.
    pub(super) fn took(&self, stage: Stage) -> Duration {
        let mut stages = self.journal.stages.iter();
        let began = stages.find(|(entered, _)| *entered == stage);
        let ended = stages.next().map_or(self.ended, |(_, at)| *at);
        began.map_or(Duration::ZERO, |(_, at)| ended.duration_since(*at))
    }

    /// The steps that were taken before the last stage.
    pub(super) fn passed(&self, steps: &mut Vec<Step>) {
        let Some(((last, _), passed)) = self.journal.stages.split_last() else {
            return;
        };
        debug_assert!(passed.iter().all(|(stage, _)| stage != last));
        for (stage, _) in passed {
            steps.push(Step {
                name: name(*stage),
                address: self.address(),
                mark: Mark::Well,
                took: self.took(*stage),
                finding: self.found(*stage),
            });
        }
    }

    /// The same, and the last stage's failure.
    pub(super) fn broken(&self, steps: &mut Vec<Step>, failure: &Failure) -> Outcome {
        self.passed(steps);
        let stages = &self.journal.stages;
        let last = stages.last().map_or(Stage::Resolving, |(stage, _)| *stage);
        let mut finding = describe(failure);
        if let (Stage::Resolving | Stage::Connecting, Some(proxy)) = (last, self.proxy()) {
            let (zh, en) = (finding.zh, finding.en);
            finding = text!("{zh}（经代理 {proxy}）", "{en} (through the proxy {proxy})");
        }
        let took = self.took(last);
        stop(steps, self.address(), name(last), took, failure, finding)
    }

    /// The address that this is the way to.
    pub(super) fn address(&self) -> Option<String> {
        let (scheme, authority) = (self.uri.scheme_str()?, self.uri.authority()?);
        Some(format!("{scheme}://{authority}"))
    }

    fn found(&self, stage: Stage) -> Text {
        match stage {
            Stage::Resolving => {
                let host = match &self.config.proxy {
                    Some(proxy) => proxy.host(),
                    None => self.uri.host().unwrap_or_default(),
                };
                let found = self.journal.addresses.iter();
                let found: Vec<_> = found.map(|address| address.ip().to_string()).collect();
                let found = found.join(", ");
                let proxy = self.proxy().is_some();
                let (zh, en) = if proxy {
                    ("代理 ", "proxy ")
                } else {
                    ("", "")
                };
                text!("{zh}{host} → {found}", "{en}{host} -> {found}")
            }
            Stage::Connecting => {
                let ends = self.journal.ends.map(|(ours, theirs)| (ours.ip(), theirs));
                let Some((ours, theirs)) = ends else {
                    return text!("已连接", "connected");
                };
                let proxy = self.proxy().is_some();
                let (zh, en) = if proxy {
                    ("代理 ", "proxy ")
                } else {
                    ("", "")
                };
                text!(
                    "已连接 {zh}{theirs}，本机地址 {ours}",
                    "connected to {en}{theirs} from {ours}"
                )
            }
            Stage::Handshaking => {
                let version = self.journal.tls.and_then(|version| version.as_str());
                let version = version.unwrap_or_default().replace("v1_", " 1.");
                if self.config.tls.pins.is_empty() {
                    text!("{version}，证书可信", "{version}, certificate trusted")
                } else {
                    text!(
                        "{version}，证书在 tls.pinSha256 之列",
                        "{version}, certificate among tls.pinSha256"
                    )
                }
            }
            Stage::Connected => text!("", ""),
        }
    }

    /// Without its user and password.
    fn proxy(&self) -> Option<String> {
        let proxy = self.config.proxy.as_ref()?;
        Some(format!("{}:{}", proxy.host(), proxy.port()))
    }
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Resolving => "name",
        Stage::Connecting => "connect",
        Stage::Handshaking => "tls",
        Stage::Connected => "call",
    }
}

/// What failed, and where to look when no centre would answer like that.
pub(super) fn describe(failure: &Failure) -> Text {
    let address = text!(
        "请核对 localUrl 的协议、端口和路径，那里可能不是电子凭证中心",
        "check the scheme, port and path of localUrl: there may be no e-voucher centre"
    );
    match failure.code {
        EV_HTTP_STATUS | EV_BAD_REPLY | EV_CONNECTION_LOST => {
            Text::join(&[failure.text(), address])
        }
        _ => failure.text(),
    }
}

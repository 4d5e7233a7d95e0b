//! The faults: what can go wrong between a centre and a hospital, each by a name.
//!
//! A fault is chosen by the path (`/fault/NAME/cfc/api/…`) or by a word of the token
//! (`fault.NAME`); the path's wins, so that `/fault/none/…` switches a token's fault off.

use hyper::StatusCode;

/// How a conversation goes wrong, or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    CloseEarly,
    ResetEarly,
    ProcessClose,
    ProcessReset,
    Half,
    HalfHead,
    Drip,
    Silence,
    Redirect,
    Redirect307,
    Error500Empty,
    Error500Text,
    Error500Json,
    Error503Html,
    Error404Html,
    Html,
    NotJson,
    Empty,
    WrongKey,
    BadHex,
    OddHex,
    BadPadding,
    NoEncData,
    DataNull,
    DataString,
    CodeString,
    LowerHex,
    Bom,
    Gbk,
    Huge,
    Chunked,
    NoLength,
    CloseAfter,
    CloseLater,
    ResetAfter,
    DuplicateKey,
    NotObject,
    ReservedCode,
    /// What stands for `success`, as JSON.
    Success(&'static str),
    /// Milliseconds before the reply.
    Slow(u32),
    GatewayJson(StatusCode),
    GatewayHtml(StatusCode),
    /// The gateway's status; the centre's reply follows it unasked.
    Late(StatusCode),
    // Of acceptance cases alone: no address or token names them.
    /// A byte each 100 ms, and no end.
    DripCut,
    /// Fields that no document lists, another order, white space.
    Unlisted,
    /// No `data` at all.
    NoData,
}

/// The longest wait that `slow-N` gives: longer than any client's time-out.
const SLOWEST: u32 = 3_600_000;

/// The faults that carry a number, with what they do. NNN is an HTTP status from 200 to 599.
pub(crate) const NUMBERED: &[(&str, [&str; 2])] = &[
    (
        "slow-N",
        [
            "N 毫秒（最多 3600000）之后正常应答",
            "N milliseconds between processing and the reply",
        ],
    ),
    (
        "gateway-NNN-json",
        [
            "HTTP 状态 NNN，内容是 {\"code\":NNN,\"message\":…}：网关代替中心应答",
            "processes; a gateway replies HTTP NNN with {\"code\":NNN,\"message\":...}",
        ],
    ),
    (
        "gateway-NNN-html",
        [
            "HTTP 状态 NNN，内容是 HTML 页面：网关代替中心应答",
            "processes; a gateway replies HTTP NNN with an HTML page",
        ],
    ),
    (
        "late-NNN",
        [
            "同 gateway-NNN-json，20 毫秒后又在同一连接上发来中心的应答；连接不关闭，其上的下一个请求排在它之后应答",
            "as gateway-NNN-json, and the centre's own reply follows it 20 ms later, unasked",
        ],
    ),
];

/// Every fault by name, with what it does, in both languages: `--help` prints the English.
pub(crate) const NAMED: &[(&str, Fault, [&str; 2])] = &[
    (
        "none",
        Fault::None,
        [
            "没有故障，也不理会令牌里写的故障",
            "no fault, also where the token names one",
        ],
    ),
    (
        "close-early",
        Fault::CloseEarly,
        [
            "读完请求头即关闭（FIN），不处理",
            "closes (FIN) after the head; nothing is processed",
        ],
    ),
    (
        "reset-early",
        Fault::ResetEarly,
        [
            "读完请求头即用 RST 断开，不处理",
            "resets (RST) after the head; nothing is processed",
        ],
    ),
    (
        "process-close",
        Fault::ProcessClose,
        [
            "一个字节也不应答即关闭",
            "processes, then closes without a byte of a reply",
        ],
    ),
    (
        "process-reset",
        Fault::ProcessReset,
        [
            "一个字节也不应答，用 RST 关闭",
            "processes, then resets without a byte of a reply",
        ],
    ),
    (
        "half",
        Fault::Half,
        [
            "应答头和半个应答体，然后关闭",
            "replies with the head and half of the body, then closes",
        ],
    ),
    (
        "half-head",
        Fault::HalfHead,
        [
            "只发 HTTP/1.，然后关闭",
            "replies with half of the status line, then closes",
        ],
    ),
    (
        "drip",
        Fault::Drip,
        [
            "每 100 毫秒一个字节，然后关闭",
            "replies one byte each 100 ms, then closes",
        ],
    ),
    (
        "silence",
        Fault::Silence,
        [
            "一直不应答，连接保持到客户端关闭",
            "processes, never replies, and keeps the connection open",
        ],
    ),
    (
        "redirect",
        Fault::Redirect,
        [
            "302，Location 指向没有故障的同一服务；不处理",
            "302 to the same service without a fault; nothing is processed",
        ],
    ),
    (
        "redirect307",
        Fault::Redirect307,
        [
            "307，Location 指向没有故障的同一服务；不处理",
            "307 to the same service without a fault; nothing is processed",
        ],
    ),
    (
        "500-empty",
        Fault::Error500Empty,
        ["HTTP 500，没有内容", "processes; HTTP 500 without a body"],
    ),
    (
        "500-text",
        Fault::Error500Text,
        [
            "HTTP 500，内容是 HTML",
            "processes; HTTP 500 with an HTML body",
        ],
    ),
    (
        "500-json",
        Fault::Error500Json,
        [
            "HTTP 500，内容是返回码 -1 的应答",
            "processes; HTTP 500 with a reply of code -1",
        ],
    ),
    (
        "503-html",
        Fault::Error503Html,
        [
            "HTTP 503，内容是 HTML，如代理所发",
            "processes; HTTP 503 with an HTML body, as a proxy sends it",
        ],
    ),
    (
        "404-html",
        Fault::Error404Html,
        [
            "HTTP 404，内容是 HTML",
            "HTTP 404 with an HTML body; nothing is processed",
        ],
    ),
    (
        "html",
        Fault::Html,
        [
            "HTTP 200，内容是 HTML 页面，如登录页",
            "processes; HTTP 200 with an HTML page, as a login portal sends it",
        ],
    ),
    (
        "not-json",
        Fault::NotJson,
        [
            "类型写的是 JSON，内容不是",
            "processes; a body that is no JSON, though it says so",
        ],
    ),
    (
        "empty",
        Fault::Empty,
        [
            "HTTP 200，没有内容",
            "processes; HTTP 200 with an empty body",
        ],
    ),
    (
        "wrong-key",
        Fault::WrongKey,
        [
            "用另一个密钥加密；解密时一定在填充处失败",
            "seals the reply under another key",
        ],
    ),
    (
        "bad-hex",
        Fault::BadHex,
        [
            "encData 以 Z 开头",
            "encData holds a character that is no hex digit",
        ],
    ),
    (
        "odd-hex",
        Fault::OddHex,
        ["encData 少最后一位", "encData has lost its last hex digit"],
    ),
    (
        "bad-padding",
        Fault::BadPadding,
        [
            "encData 少最后一个分组，填充也随之缺失",
            "encData has lost its last block",
        ],
    ),
    (
        "no-encdata",
        Fault::NoEncData,
        ["返回码 0，\"data\":{}", "code 0 with \"data\":{}"],
    ),
    (
        "data-null",
        Fault::DataNull,
        ["返回码 0，\"data\":null", "code 0 with \"data\":null"],
    ),
    (
        "data-string",
        Fault::DataString,
        [
            "data 是装着该对象的 JSON 字符串",
            "data is a JSON string that holds the object",
        ],
    ),
    (
        "code-string",
        Fault::CodeString,
        ["\"code\":\"0\"", "code is a string: \"0\""],
    ),
    (
        "lower-hex",
        Fault::LowerHex,
        ["encData 是小写", "encData in lower case"],
    ),
    (
        "bom",
        Fault::Bom,
        [
            "应答体前有 UTF-8 字节序标记",
            "a UTF-8 byte-order mark before the body",
        ],
    ),
    (
        "gbk",
        Fault::Gbk,
        [
            "应答体的字节是 GBK，类型却写 UTF-8（加密的内容仍是 UTF-8）",
            "the body's bytes are GBK, though it says UTF-8",
        ],
    ),
    (
        "huge",
        Fault::Huge,
        ["message 有 2 MiB", "a body of 2 MiB and more"],
    ),
    (
        "chunked",
        Fault::Chunked,
        [
            "分块传输，在字符中间断开",
            "chunked transfer encoding, cut inside a character",
        ],
    ),
    (
        "no-length",
        Fault::NoLength,
        [
            "没有长度也不分块：到连接关闭为止",
            "no length: the body ends where the connection does",
        ],
    ),
    (
        "close-after",
        Fault::CloseAfter,
        [
            "保持连接的应答，没有 Connection: close，却立即关闭",
            "a keep-alive reply, then closes at once, unannounced",
        ],
    ),
    (
        "close-later",
        Fault::CloseLater,
        [
            "保持连接的应答，却在 5 毫秒之后关闭",
            "a keep-alive reply, then closes 5 ms later, unannounced",
        ],
    ),
    (
        "reset-after",
        Fault::ResetAfter,
        [
            "保持连接的应答，却立即用 RST 断开",
            "a keep-alive reply, then resets at once",
        ],
    ),
    (
        "duplicate-key",
        Fault::DuplicateKey,
        [
            "状态字段或 payCert 出现两次：先是真的，后是相反的（或另一张凭据）",
            "the state field stands twice, with different values",
        ],
    ),
    (
        "not-object",
        Fault::NotObject,
        [
            "加密的内容是 JSON 数组",
            "what is sealed is JSON, but not an object",
        ],
    ),
    (
        "reserved-code",
        Fault::ReservedCode,
        [
            "返回码 -10020：属于动态库自己的号段，任何中心都不会发",
            "code -10020, which no centre may send",
        ],
    ),
    (
        "success-zero",
        Fault::Success("0"),
        ["返回码 0，\"success\":0", "code 0 with \"success\":0"],
    ),
    (
        "success-zerotext",
        Fault::Success(r#""0""#),
        [
            "返回码 0，\"success\":\"0\"",
            "code 0 with \"success\":\"0\"",
        ],
    ),
    (
        "success-false",
        Fault::Success(r#""False""#),
        [
            "返回码 0，\"success\":\"False\"",
            "code 0 with \"success\":\"False\"",
        ],
    ),
    (
        "success-truetext",
        Fault::Success(r#""True""#),
        [
            "返回码 0，\"success\":\"True\"",
            "code 0 with \"success\":\"True\"",
        ],
    ),
    (
        "success-null",
        Fault::Success("null"),
        ["返回码 0，\"success\":null", "code 0 with \"success\":null"],
    ),
    (
        "success-one",
        Fault::Success("1"),
        ["返回码 0，\"success\":1", "code 0 with \"success\":1"],
    ),
];

impl Fault {
    /// The fault of this name, in any case.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        if let Some(digits) = name.strip_prefix("slow-") {
            return digits
                .parse()
                .ok()
                .filter(|wait| *wait <= SLOWEST)
                .map(Self::Slow);
        }
        if let Some(digits) = name.strip_prefix("late-") {
            return status(digits).map(Self::Late);
        }
        if let Some((digits, kind)) = name
            .strip_prefix("gateway-")
            .and_then(|rest| rest.split_once('-'))
        {
            return match kind {
                "json" => status(digits).map(Self::GatewayJson),
                "html" => status(digits).map(Self::GatewayHtml),
                _ => None,
            };
        }
        NAMED
            .iter()
            .find(|(known, ..)| *known == name)
            .map(|(_, fault, _)| *fault)
    }

    /// Its name, with the number that it carries.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Slow(wait) => format!("slow-{wait}"),
            Self::GatewayJson(status) => format!("gateway-{}-json", status.as_u16()),
            Self::GatewayHtml(status) => format!("gateway-{}-html", status.as_u16()),
            Self::Late(status) => format!("late-{}", status.as_u16()),
            Self::DripCut => "drip-cut".to_owned(),
            Self::Unlisted => "unlisted-fields".to_owned(),
            Self::NoData => "no-data".to_owned(),
            _ => {
                let named = NAMED.iter().find(|(_, fault, _)| *fault == self);
                named.map_or("", |(name, ..)| name).to_owned()
            }
        }
    }

    /// Takes the fault that `text` begins with, and gives what is left behind it: nothing, or what
    /// begins with a dash or an `@`. Names hold the dash that also parts a token's words, so the
    /// longest name wins.
    pub(crate) fn take(text: &str) -> Option<(Self, &str)> {
        let ends = text.rmatch_indices(['-', '@']).map(|(at, _)| at);
        let longest_first = std::iter::once(text.len()).chain(ends);
        longest_first
            .filter_map(|end| Some((Self::from_name(&text[..end])?, &text[end..])))
            .next()
    }

    /// Whether the client gets a reply, or at least a part of it.
    pub(crate) fn replies(self) -> bool {
        !matches!(
            self,
            Self::CloseEarly
                | Self::ResetEarly
                | Self::ProcessClose
                | Self::ProcessReset
                | Self::Silence
        )
    }

    /// Whether a request that meets this fault takes effect.
    pub(crate) fn processes(self) -> bool {
        !matches!(
            self,
            Self::CloseEarly
                | Self::ResetEarly
                | Self::Redirect
                | Self::Redirect307
                | Self::Error404Html
        )
    }
}

/// The status that a gateway answers with: three digits, 200 to 599.
fn status(digits: &str) -> Option<StatusCode> {
    let status = StatusCode::from_bytes(digits.as_bytes()).ok()?;
    (200..=599).contains(&status.as_u16()).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_wins() {
        assert_eq!(Fault::take("half-head-7"), Some((Fault::HalfHead, "-7")));
        assert_eq!(Fault::take("half-7"), Some((Fault::Half, "-7")));
        assert_eq!(Fault::take("HALF"), Some((Fault::Half, "")));
        assert_eq!(
            Fault::take("slow-20-signed"),
            Some((Fault::Slow(20), "-signed"))
        );
        assert_eq!(Fault::take("slow-signed"), None);
        assert_eq!(Fault::take("halfway"), None);
        assert_eq!(
            Fault::take("half-head@cert-7"),
            Some((Fault::HalfHead, "@cert-7"))
        );
    }

    #[test]
    fn gateways_have_three_digits() {
        let timeout = StatusCode::GATEWAY_TIMEOUT;
        assert_eq!(
            Fault::take("gateway-504-json-7"),
            Some((Fault::GatewayJson(timeout), "-7"))
        );
        assert_eq!(
            Fault::from_name("GATEWAY-504-HTML"),
            Some(Fault::GatewayHtml(timeout))
        );
        assert_eq!(Fault::from_name("late-504"), Some(Fault::Late(timeout)));
        for name in [
            "late-199",
            "late-600",
            "late-0504",
            "late-+504",
            "late-",
            "gateway-504",
            "gateway-504-text",
            "gateway-99-json",
        ] {
            assert_eq!(Fault::from_name(name), None, "{name}");
        }
    }
}

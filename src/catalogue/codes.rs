//! The code dictionary: every return code of both documents and of this library, with its meaning.

/// The centre answered: what is to be done now stands in the reply's `next`.
pub const EV_OK: i32 = 0;
/// An argument of the call is unusable: NULL where text is required, a negative or (for what
/// changes something) too small `reply_size`, input over 1 MiB. Nothing was sent.
pub const EV_INVALID_ARGUMENT: i32 = -10001;
/// The bytes of an argument are not valid in the client's `charset`; the message says which
/// charset they look like. Nothing was sent.
pub const EV_INVALID_TEXT: i32 = -10002;
/// The configuration is unusable; the message names each field and what is wrong with it. Nothing
/// was sent.
pub const EV_INVALID_CONFIG: i32 = -10003;
/// No such client: the handle was never opened, or is closed. Nothing was sent.
pub const EV_INVALID_CLIENT: i32 = -10004;
/// The request is not a JSON object, or fields of it are missing, too long or malformed; the
/// message names every one. Nothing was sent.
pub const EV_INVALID_REQUEST: i32 = -10005;
/// The call is done and its reply waits in the library: fetch it with `ev_last_reply`. Takes the
/// place of a 0 only, is only ever returned, and never stands in a reply.
pub const EV_BUFFER_TOO_SMALL: i32 = -10006;
/// No service of that name, and not a path of the centre. Nothing was sent.
pub const EV_UNKNOWN_SERVICE: i32 = -10007;
/// Risk control: the same transaction is in flight (`next` is "retry_later"), or a certificate was,
/// or may have been, issued for another amount ("fix_request"). Nothing was sent.
pub const EV_DUPLICATE: i32 = -10008;
/// `ev_cancel` ended the call; `delivery` says whether the request may have been sent.
pub const EV_CANCELLED: i32 = -10009;
/// No connection to the centre: no address, refused, unreachable, or out of time. Nothing was
/// sent.
pub const EV_CONNECT: i32 = -10020;
/// The TLS handshake failed: certificate, name, or out of time. Nothing was sent.
pub const EV_TLS: i32 = -10021;
/// Out of time after the first byte of the request: it may have been processed.
pub const EV_TIMEOUT: i32 = -10022;
/// The connection broke after the first byte of the request: it may have been processed.
pub const EV_CONNECTION_LOST: i32 = -10023;
/// An HTTP status other than 2xx with no readable reply body. For 5xx the request may have been
/// processed.
pub const EV_HTTP_STATUS: i32 = -10024;
/// The reply is not HTTP, not JSON, not of the documented shape, or too large: the request may
/// have been processed.
pub const EV_BAD_REPLY: i32 = -10025;
/// The reply's `encData` cannot be opened: most often the wrong key.
pub const EV_DECRYPT: i32 = -10026;
/// The centre answered `code` 0 with `success` false: a business failure (order of judgement, A
/// and B 1.1).
pub const EV_BUSINESS: i32 = -10027;
/// `ev_verify_password` ran out of time without a verified password.
pub const EV_NOT_VERIFIED: i32 = -10030;
/// `ev_settle_gate` says no.
pub const EV_NOT_ALLOWED: i32 = -10031;
/// `ev_one_code_pay`: the patient has not signed up, or the code cannot pay now.
pub const EV_CANNOT_PAY: i32 = -10032;
/// A fault of this library. The request may have been sent.
pub const EV_INTERNAL: i32 = -10099;

/// The documents' code for "no password needed: go on and settle" (B §1.4.3.2 (4) A).
pub(crate) const NO_PASSWORD_NEEDED: i32 = 500320;

/// One code and what it means.
#[derive(Debug)]
pub struct Meaning {
    /// The code itself.
    pub code: i32,
    /// This library's constant for it; empty for the documents' codes.
    pub name: &'static str,
    /// 使用范围, as the documents' tables have it.
    pub scope: &'static str,
    /// Which documents list it: `AB`, `A`, or nothing for this library's own.
    pub documents: &'static str,
    /// The documents' text, or ours for our own.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
}

const SYSTEM: &str = "系统级";
const CENTRE: &str = "电子凭证中心";
const LIBRARY: &str = "动态库";

const fn documented(
    code: i32,
    scope: &'static str,
    documents: &'static str,
    zh: &'static str,
    en: &'static str,
) -> Meaning {
    Meaning {
        code,
        name: "",
        scope,
        documents,
        zh,
        en,
    }
}

const fn own(code: i32, name: &'static str, zh: &'static str, en: &'static str) -> Meaning {
    Meaning {
        code,
        name,
        scope: LIBRARY,
        documents: "",
        zh,
        en,
    }
}

/// Every known code: A §1.7, B §1.9, then this library's own.
pub const MEANINGS: &[Meaning] = &[
    documented(0, SYSTEM, "AB", "成功", "success"),
    documented(-1, SYSTEM, "AB", "未知异常", "unknown fault at the centre"),
    documented(
        -2,
        SYSTEM,
        "AB",
        "请求参数异常",
        "the request's parameters are wrong",
    ),
    documented(
        -3,
        SYSTEM,
        "AB",
        "服务端请求超时",
        "the centre's own server timed out",
    ),
    documented(-4, SYSTEM, "AB", "权限校验异常", "permission check failed"),
    documented(
        -5,
        SYSTEM,
        "AB",
        "无效的请求地址",
        "no such request address",
    ),
    documented(-6, SYSTEM, "AB", "触发限流", "rate limit reached"),
    documented(
        500001,
        CENTRE,
        "AB",
        "该电子凭证不存在",
        "no such e-voucher",
    ),
    documented(
        500002,
        CENTRE,
        "AB",
        "该电子凭证未激活",
        "the e-voucher is not activated",
    ),
    documented(
        500003,
        CENTRE,
        "AB",
        "该用户在该应用渠道未授权",
        "the user has not authorised this app channel",
    ),
    documented(
        500008,
        CENTRE,
        "AB",
        "非法授权码",
        "illegal authorisation code",
    ),
    documented(
        500012,
        CENTRE,
        "AB",
        "该应用渠道不存在",
        "no such app channel",
    ),
    documented(
        500014,
        CENTRE,
        "AB",
        "非法经办流水号",
        "illegal serial number of the operation",
    ),
    documented(
        500033,
        CENTRE,
        "AB",
        "请求国家电子凭证出错",
        "the national e-voucher service answered with an error",
    ),
    documented(
        500042,
        CENTRE,
        "AB",
        "电子凭证密码未设置",
        "no password is set for the e-voucher",
    ),
    documented(
        500050,
        CENTRE,
        "AB",
        "用户身份信息为空，查询人员基础 Id 失败",
        "no identity data: looking up the person's basic id failed",
    ),
    documented(500054, CENTRE, "AB", "参保地为空", "no place of insurance"),
    documented(
        500057,
        CENTRE,
        "AB",
        "用户身份信息校验不通过",
        "the identity data did not pass the check",
    ),
    documented(
        500058,
        CENTRE,
        "AB",
        "人员信息错误",
        "the person's data is wrong",
    ),
    documented(
        500084,
        CENTRE,
        "AB",
        "请求过于频繁，请稍后再试",
        "requests are too frequent: try again later",
    ),
    documented(
        500093,
        CENTRE,
        "AB",
        "渠道入参异常",
        "the channel's parameters are wrong",
    ),
    documented(
        500100,
        CENTRE,
        "AB",
        "无接口权限",
        "no permission for this interface",
    ),
    documented(
        500208,
        CENTRE,
        "AB",
        "该渠道认证记录不存在",
        "no certification record for this channel",
    ),
    documented(
        500209,
        CENTRE,
        "AB",
        "该渠道认证记录已停用",
        "this channel's certification record is disabled",
    ),
    documented(
        500156,
        CENTRE,
        "AB",
        "线上业务类型编码不存在",
        "no such online business type",
    ),
    documented(
        500242,
        CENTRE,
        "A",
        "签约信息缺失，请联系展码渠道检查",
        "the one-code pay agreement is missing: have the app that showed the code checked",
    ),
    documented(
        500243,
        CENTRE,
        "A",
        "用户未在展码渠道签约，不可使用一码付",
        "the user has not signed up in the app that showed the code: one-code pay cannot be used",
    ),
    documented(
        500244,
        CENTRE,
        "A",
        "该支付渠道暂未接入",
        "this payment channel is not connected yet",
    ),
    documented(
        500316,
        CENTRE,
        "AB",
        "医保定点机构代码传输错误，请调整",
        "the institution code (orgCodg) is wrong: correct it",
    ),
    documented(
        500318,
        CENTRE,
        "AB",
        "该渠道暂不支持医保结算业务办理，可选择国家医保服务平台 APP 办理",
        "this channel does not do insurance settlements yet: the national app can be used",
    ),
    documented(
        500319,
        CENTRE,
        "AB",
        "通知渠道为参保人发起密码核验认证服务失败，请重试或采用线下密码核验认证。通知失败原因：xxx",
        "telling the channel to start the password check failed: try again or check offline",
    ),
    documented(
        500320,
        CENTRE,
        "AB",
        "该笔结算业务无需参保人输入密码，可直接办理",
        "this settlement needs no password: go on",
    ),
    documented(
        500321,
        CENTRE,
        "AB",
        "通知渠道为参保人发起密码核验认证服务失败，该渠道暂不支持医保结算业务办理，可选择国家医保服务平台 APP 办理",
        "telling the channel to start the password check failed, and this channel does not do insurance settlements yet: the national app can be used",
    ),
    own(
        EV_INVALID_ARGUMENT,
        "EV_INVALID_ARGUMENT",
        "调用参数无效",
        "an argument of the call is unusable",
    ),
    own(
        EV_INVALID_TEXT,
        "EV_INVALID_TEXT",
        "文本编码与配置的 charset 不符",
        "the text is not in the configured charset",
    ),
    own(
        EV_INVALID_CONFIG,
        "EV_INVALID_CONFIG",
        "配置无效",
        "the configuration is unusable",
    ),
    own(
        EV_INVALID_CLIENT,
        "EV_INVALID_CLIENT",
        "客户端句柄无效或已关闭",
        "no such client: never opened, or closed",
    ),
    own(
        EV_INVALID_REQUEST,
        "EV_INVALID_REQUEST",
        "请求内容不符合接口规范",
        "the request does not fit the interface",
    ),
    own(
        EV_BUFFER_TOO_SMALL,
        "EV_BUFFER_TOO_SMALL",
        "应答缓冲区太小，应答已保留，请用 ev_last_reply 取回",
        "the reply did not fit and was kept: fetch it with ev_last_reply",
    ),
    own(
        EV_UNKNOWN_SERVICE,
        "EV_UNKNOWN_SERVICE",
        "没有这个服务",
        "no such service",
    ),
    own(
        EV_DUPLICATE,
        "EV_DUPLICATE",
        "重复交易，已被风控拦截",
        "stopped by risk control as a duplicate transaction",
    ),
    own(EV_CANCELLED, "EV_CANCELLED", "操作已取消", "cancelled"),
    own(
        EV_CONNECT,
        "EV_CONNECT",
        "无法连接电子凭证中心",
        "no connection to the centre",
    ),
    own(
        EV_TLS,
        "EV_TLS",
        "与电子凭证中心的加密连接（TLS）未能建立",
        "no TLS connection to the centre",
    ),
    own(
        EV_TIMEOUT,
        "EV_TIMEOUT",
        "等待电子凭证中心应答超时，请求可能已被处理",
        "out of time waiting for the centre; the request may have been processed",
    ),
    own(
        EV_CONNECTION_LOST,
        "EV_CONNECTION_LOST",
        "与电子凭证中心的连接中断，请求可能已被处理",
        "the connection broke; the request may have been processed",
    ),
    own(
        EV_HTTP_STATUS,
        "EV_HTTP_STATUS",
        "电子凭证中心返回了异常的 HTTP 状态",
        "the centre answered with an HTTP error status",
    ),
    own(
        EV_BAD_REPLY,
        "EV_BAD_REPLY",
        "电子凭证中心的应答无法识别，请求可能已被处理",
        "the centre's reply cannot be read; the request may have been processed",
    ),
    own(
        EV_DECRYPT,
        "EV_DECRYPT",
        "应答解密失败，多半是密钥不对",
        "the reply cannot be decrypted: most often the wrong key",
    ),
    own(
        EV_BUSINESS,
        "EV_BUSINESS",
        "业务处理失败",
        "the centre reports a business failure",
    ),
    own(
        EV_NOT_VERIFIED,
        "EV_NOT_VERIFIED",
        "密码核验未通过",
        "the password was not verified",
    ),
    own(
        EV_NOT_ALLOWED,
        "EV_NOT_ALLOWED",
        "不允许医保结算",
        "the settlement may not go on",
    ),
    own(
        EV_CANNOT_PAY,
        "EV_CANNOT_PAY",
        "不能使用一码付",
        "one-code pay cannot be used",
    ),
    own(
        EV_INTERNAL,
        "EV_INTERNAL",
        "动态库内部错误",
        "a fault of this library",
    ),
];

/// What there is to say of a code that nobody lists.
pub const UNLISTED: Meaning = Meaning {
    code: 0,
    name: "",
    scope: "",
    documents: "",
    zh: "文档未列出此返回码，请咨询电子凭证中心",
    en: "no document lists this code: ask the centre",
};

/// Identity document types: code and meaning (A §1.6.1, B §1.8.1).
pub const ID_TYPES: &[(&str, &str)] = &[
    ("01", "居民身份证（户口簿）"),
    ("02", "中国人民解放军军官证"),
    ("03", "中国人民武装警察警官证"),
    ("04", "香港特区护照/港澳居民来往内地通行证"),
    ("05", "澳门特区护照/港澳居民来往内地通行证"),
    ("06", "台湾居民来往大陆通行证"),
    ("07", "外国人永久居留证"),
    ("08", "外国人护照"),
    ("09", "残疾人证"),
    ("10", "军烈属证明"),
    ("11", "外国人就业证"),
    ("12", "外国专家证"),
    ("13", "外国人常驻记者证"),
    ("14", "台港澳人员就业证"),
    ("15", "回国（来华）定居专家证"),
    ("16", "中国护照"),
    ("17", "港澳台居民居住证"),
    ("90", "社会保障卡"),
    ("99", "其他身份证件"),
];

/// What a code means, if anybody has said so.
pub fn meaning(code: i32) -> Option<&'static Meaning> {
    MEANINGS.iter().find(|meaning| meaning.code == code)
}

/// Whether one of the documents lists a code: only then is it certain to be the centre's.
pub(crate) fn is_documented(code: i32) -> bool {
    meaning(code).is_some_and(|meaning| !meaning.documents.is_empty())
}

/// Whether a code lies in the range that this library keeps for itself, so that a centre cannot
/// make a program believe, say, that nothing was sent.
pub(crate) fn is_reserved(code: i32) -> bool {
    (-10099..=-10001).contains(&code)
}

//! What to do about a code, in words: for the operator at the counter, and for whoever wrote the
//! program or looks after the machine (`ev_explain`).
//!
//! `next` of a reply is what a program goes by; this is what stands beside it on a screen, so it
//! never says anything else than `next.rs`. Only 500320 may tell anybody to settle.

use crate::catalogue::codes::*;
use crate::error::Language;

/// A text in both languages.
type Words = [&'static str; 2];

struct Row {
    code: i32,
    operator: Words,
    developer: Words,
}

const fn row(code: i32, operator: Words, developer: Words) -> Row {
    Row {
        code,
        operator,
        developer,
    }
}

const NOTHING: Words = ["", ""];
/// `fix_request` and `fix_setup`: nothing that a cashier could put right.
const CALL_SUPPORT: Words = [
    "本窗口无法自行解决，请联系信息科。",
    "Nothing can be done at the counter: call IT support.",
];
/// `other_app`.
const NEW_CODE: Words = [
    "请参保人换一个展码应用，重新展码、重新扫码。",
    "Ask the patient for a code from another app, and scan anew.",
];
/// `ask_centre`, about what is registered of the patient.
const ASK_CENTRE: Words = [
    "参保人或渠道的登记信息有问题，请咨询电子凭证中心。",
    "Something is wrong with what is registered: ask the e-voucher centre.",
];
/// No answer of use: the outcome is not known, or nothing was sent.
const NO_ANSWER: Words = [
    "发核验通知时：改用线下密码核验；查询时：再查一次；取付款凭据时：流水号和金额都不变，再取一次。",
    "For a notice: check the password offline. For a status: ask again. For a certificate: again with the same serial number and the same amount.",
];
/// The same, where the notice is simply sent again.
const AGAIN: Words = [
    "发核验通知时：重新发送；查询时：再查一次；取付款凭据时：流水号和金额都不变，再取一次。",
    "For a notice: send it again. For a status: ask again. For a certificate: again with the same serial number and the same amount.",
];
const LATER: Words = ["请稍候再试。", "Wait a moment and try again."];
/// `other_payment`.
const PAY_OTHERWISE: Words = [
    "请参保人换其他支付方式。",
    "Ask the patient to pay in another way.",
];
/// What a reply that never came, or came broken, means for a certificate.
const MAY_HAVE_BEEN_PROCESSED: Words = [
    "请求可能已被处理：genPayCert 只能用同一流水号、同一金额再取，不要换流水号；tokenPwdCheckNotc 之后可以查询状态。查 timeoutMs、网络和中心的状态，可用 ev_check 自检。",
    "The request may have been processed: repeat genPayCert with the same serial number and the same amount only, never with a new serial number; after tokenPwdCheckNotc the status may be asked for. Check timeoutMs, the network and the centre; ev_check tests the way there.",
];

/// One row for each code of `MEANINGS`.
#[rustfmt::skip]
static TABLE: &[Row] = &[
    // The documents' codes (A §1.7, B §1.9).
    row(0, NOTHING, [
        "0 只表示中心已应答，下一步做什么要看应答的 next。",
        "0 says only that the centre answered: look at the reply's next.",
    ]),
    row(-1, NO_ANSWER, [
        "中心内部故障；反复出现时，把 requestId 对应的日志和时间交给中心。",
        "A fault of the centre: if it stays, give the centre the time and the log's line of this requestId.",
    ]),
    row(-2, CALL_SUPPORT, [
        "中心不接受请求的内容。先看 message 点名的字段；其次查本机时钟（timestamp 偏差大会被拒绝）、密钥（sm4Key、keyFormat）、orgId、reqtType/admdvs。ev_check 可自检。",
        "The centre does not accept what was sent. Look at the fields its message names first; then at this machine's clock (a timestamp far off is refused), the key (sm4Key, keyFormat), orgId and reqtType/admdvs. ev_check tests them.",
    ]),
    row(-3, NO_ANSWER, [
        "中心等待上级应答超时，请求可能已被处理；反复出现时联系中心。",
        "The centre ran out of time behind itself, and the request may have been processed: if it stays, tell the centre.",
    ]),
    row(-4, CALL_SUPPORT, [
        "中心不认本机的身份。查 orgId、reqtType/admdvs（含 reqtPrefix）、密钥（sm4Key、keyFormat，测试与生产环境不同）和本机时钟；都无误时请中心核对登记和授权。ev_check 可自检。",
        "The centre does not accept who is calling. Check orgId, reqtType/admdvs (and reqtPrefix), the key (sm4Key, keyFormat; test and production differ) and this machine's clock; if all are right, have the centre check its registration. ev_check tests them.",
    ]),
    row(-5, CALL_SUPPORT, [
        "中心没有这个地址。查 localUrl 的协议、端口和路径前缀（不含 /cfc/api/…），以及中心是否开通了该服务。",
        "The centre has no such address. Check scheme, port and path prefix of localUrl (without /cfc/api/...), and whether the centre offers the service.",
    ]),
    row(-6, LATER, [
        "拉长查询间隔（verify.intervalMs 或自己的定时器），不要连续重试。",
        "Ask less often (verify.intervalMs, or your own timer), and do not retry in a loop.",
    ]),
    row(500001, NEW_CODE, [
        "查 token 是否为本次解码返回的 ecToken，有没有被截断，测试与生产环境是否混用。",
        "Check that token is the ecToken of this scan, whole, and of the same environment (test or production).",
    ]),
    row(500002, [
        "医保电子凭证未激活：请参保人激活，或换一个展码应用，重新展码、重新扫码。",
        "The e-voucher is not activated: have it activated, or take a code from another app, and scan anew.",
    ], NOTHING),
    row(500003, [
        "参保人未在该应用授权：请参保人授权，或换一个展码应用，重新展码、重新扫码。",
        "The patient has not authorised this app: have it done, or take a code from another app, and scan anew.",
    ], NOTHING),
    row(500008, NEW_CODE, [
        "授权码无效，多半已过期或已用过：查 token 是否取自本次扫码。",
        "The code is not valid, most likely expired or used: check that token is of this scan.",
    ]),
    row(500012, NEW_CODE, [
        "中心不认识该展码渠道；同一应用反复出现时联系中心。",
        "The centre does not know this app's channel: if it happens with one app only, tell the centre.",
    ]),
    row(500014, CALL_SUPPORT, [
        "查请求中的流水号：非空、不超长、只用中心认可的字符。",
        "Check the request's serial number: not empty, not too long, only characters that the centre accepts.",
    ]),
    row(500033, AGAIN, [
        "地方中心请求国家电子凭证出错，不在本机；反复出现时联系中心。",
        "The local centre failed at the national one, not this machine: if it stays, tell the centre.",
    ]),
    row(500042, [
        "参保人没有设置医保电子凭证密码。密码核验：采用线下方式，到医保终端刷脸等效于密码核验；一码付：换其他支付方式。",
        "The patient has set no e-voucher password. Password check: offline, where a face at a medical-insurance terminal counts as much. One-code pay: pay in another way.",
    ], NOTHING),
    row(500050, ASK_CENTRE, NOTHING),
    row(500054, ASK_CENTRE, NOTHING),
    row(500057, ASK_CENTRE, NOTHING),
    row(500058, ASK_CENTRE, NOTHING),
    row(500084, LATER, [
        "拉长查询间隔（verify.intervalMs 或自己的定时器），不要连续重试。",
        "Ask less often (verify.intervalMs, or your own timer), and do not retry in a loop.",
    ]),
    row(500093, CALL_SUPPORT, [
        "逐个核对入参：字段名、必填项、长度、取值；message 可能点名。",
        "Check each field: name, presence, length, value; the message may name the wrong one.",
    ]),
    row(500100, CALL_SUPPORT, [
        "本机构没有该接口的权限：请中心核对申请和授权（A 1.4.2，B 1.4.2 (1)），查 orgId 是否为该环境所发。",
        "No permission for this interface: have the centre check the application (A 1.4.2, B 1.4.2 (1)), and that orgId is of this environment.",
    ]),
    row(500208, ASK_CENTRE, [
        "把 orgId 和时间交给中心，请其核对渠道认证记录。",
        "Give the centre orgId and the time, to check the channel's record.",
    ]),
    row(500209, ASK_CENTRE, [
        "渠道认证记录已停用：把 orgId 和时间交给中心。",
        "The channel's record is suspended: give the centre orgId and the time.",
    ]),
    row(500156, CALL_SUPPORT, [
        "查请求和扫码解码时所传的业务类型编码（businessType）是否在字典之内。",
        "Check that the business type of the request, and of the decoding of the code (businessType), is one of the dictionary's.",
    ]),
    row(500242, [
        "签约信息缺失：请参保人换其他支付方式；下次可先在展码的应用里检查一码付签约。",
        "What was signed up is incomplete: pay in another way; before the next time, check the sign-up in the app.",
    ], NOTHING),
    row(500243, [
        "参保人未签约一码付：请换其他支付方式；下次可先在展码的应用里签约。",
        "The patient has not signed up for one-code pay: pay in another way; before the next time, sign up in the app.",
    ], NOTHING),
    row(500244, PAY_OTHERWISE, [
        "参保人默认的支付渠道还没有接入一码付，不在本机。",
        "The patient's payment channel has not joined one-code pay: nothing to do with this machine.",
    ]),
    row(500316, CALL_SUPPORT, [
        "orgCodg 应为国标的医保定点机构代码，以 H 或 P 开头（B 1.6.2 (2) A），不是院内编码：查请求和 defaults.orgCodg；扫码解码所传的机构代码也应如此。",
        "orgCodg must be the national institution code, which begins with H or P (B 1.6.2 (2) A), not a code of your own: check the request and defaults.orgCodg, and what is passed when the code is decoded.",
    ]),
    row(500318, [
        "该应用不支持：请参保人改用国家医保服务平台 App 展码，重新扫码。",
        "This app cannot do it: ask for a code from the national app (国家医保服务平台 App), and scan anew.",
    ], NOTHING),
    row(500319, [
        "通知没有送到：请参保人打开展码的应用，重新发送通知；仍收不到就采用线下密码核验。",
        "The notice was not delivered: have the patient open the app, and send it again; if that fails, check the password offline.",
    ], NOTHING),
    row(500320, [
        "该参保人无需输入密码，请继续结算。",
        "No password is needed for this patient: go on and settle.",
    ], [
        "密码核验的通知或查询返回它时，next 为 settle，不是错误。",
        "From the password check's notice or status, next is settle: it is not an error.",
    ]),
    row(500321, [
        "该应用不支持：请参保人改用国家医保服务平台 App 展码，重新扫码。",
        "This app cannot do it: ask for a code from the national app (国家医保服务平台 App), and scan anew.",
    ], NOTHING),

    // This library's own.
    row(EV_INVALID_ARGUMENT, CALL_SUPPORT, [
        "查调用的参数：必填文本不能为 NULL；缓冲区大小不能为负，会产生业务影响的函数至少 1024；输入不超过 1 MiB。message 指明是哪一个。",
        "Check the arguments: no NULL where text is required; the buffer's size not negative, and at least 1024 where something is changed; input up to 1 MiB. The message says which.",
    ]),
    row(EV_INVALID_TEXT, CALL_SUPPORT, [
        "传入的字节与配置的 charset 不符：按 message 的提示改 charset（utf-8、gbk、ascii），或先转码。",
        "The bytes are not of the configured charset: set charset (utf-8, gbk, ascii) as the message suggests, or convert first.",
    ]),
    row(EV_INVALID_CONFIG, CALL_SUPPORT, [
        "按 message 逐项改配置；路径以配置文件所在文件夹为起点，未知的字段会被拒绝。",
        "Put right each field that the message names; paths begin at the configuration's folder, unknown fields are refused.",
    ]),
    row(EV_INVALID_CLIENT, CALL_SUPPORT, [
        "句柄没有打开过或已关闭：查 ev_open 的返回值，以及是否过早调用了 ev_close。",
        "The handle was never opened, or is closed: check what ev_open returned, and for an early ev_close.",
    ]),
    row(EV_INVALID_REQUEST, CALL_SUPPORT, [
        "请求没有发出，message 逐个指出不对的字段；金额 ownPaySetlAmt 要用字符串。",
        "Nothing was sent; the message names every wrong field. ownPaySetlAmt must be a string.",
    ]),
    row(EV_BUFFER_TOO_SMALL, NOTHING, [
        "调用已完成，不要重发：用 ev_last_reply_size 得到大小，再用 ev_last_reply 取回应答；以后缓冲区用 8192 字节。ev_field 返回它时，换更大的缓冲区再调一次。",
        "The call is done, do not send it again: ev_last_reply_size gives the size, ev_last_reply the reply; use 8192 bytes from now on. From ev_field: call again with a larger buffer.",
    ]),
    row(EV_UNKNOWN_SERVICE, CALL_SUPPORT, [
        "服务名区分大小写：tokenPwdCheckNotc、tokenPwdStas、signedQuery、genPayCert，或以 /cfc/api/ 开头的路径。",
        "Names are case-sensitive: tokenPwdCheckNotc, tokenPwdStas, signedQuery, genPayCert, or a path that begins with /cfc/api/.",
    ]),
    row(EV_DUPLICATE, [
        "这笔交易正在处理：请勿重复点击，稍后再试。若金额与上次不同，须按原金额继续，更正后的账单另行办理。",
        "This transaction is being processed: do not click again, try again later. Where the amount differs from the first one's, go on at that; a corrected bill is another transaction.",
    ], [
        "同一 orgCodg、fixmedinsTrnsSn 正在请求中（next 为 retry_later），或上次用的是另一金额（fix_request）。请防止重复点击；结果不明的交易只能用同一流水号、同一金额继续。",
        "The same orgCodg and fixmedinsTrnsSn are in flight (next is retry_later), or were used with another amount (fix_request). Guard against double clicks; a transaction whose outcome is unknown goes on with the same serial number and the same amount only.",
    ]),
    row(EV_CANCELLED, AGAIN, [
        "ev_cancel 或进度函数结束了调用；delivery 为 unknown 时请求可能已被处理：genPayCert 只能用同一流水号、同一金额再取。",
        "ev_cancel or the progress function ended it. Where delivery is unknown it may have been processed: repeat genPayCert with the same serial number and the same amount only.",
    ]),
    row(EV_CONNECT, NO_ANSWER, [
        "请求没有发出。查 localUrl 的地址和端口、医保专网、防火墙和 proxy；运行 ev_check，它指出断在哪一步。",
        "Nothing was sent. Check address and port of localUrl, the network, the firewall and proxy; ev_check says at which step it ends.",
    ]),
    row(EV_TLS, [
        "发核验通知时：改用线下密码核验；其余请联系信息科。",
        "For a notice: check the password offline. Otherwise call IT support.",
    ], [
        "请求没有发出。中心用自建证书时设 tls.caFile 或 tls.pinSha256，证书名与 localUrl 不同时设 tls.serverName；再查本机时钟、证书有效期，以及 localUrl 该用 http 还是 https。",
        "Nothing was sent. For a private certificate set tls.caFile or tls.pinSha256, for one of another name tls.serverName; then check this machine's clock, the certificate's dates, and whether localUrl is http or https.",
    ]),
    row(EV_TIMEOUT, NO_ANSWER, MAY_HAVE_BEEN_PROCESSED),
    row(EV_CONNECTION_LOST, NO_ANSWER, MAY_HAVE_BEEN_PROCESSED),
    row(EV_HTTP_STATUS, NO_ANSWER, [
        "查 localUrl 的协议、端口和路径前缀，以及中间的代理或网关；5xx 时请求可能已被处理，genPayCert 只能用同一流水号、同一金额再取。",
        "Check scheme, port and path prefix of localUrl, and any proxy or gateway on the way. After a 5xx it may have been processed: repeat genPayCert with the same serial number and the same amount only.",
    ]),
    row(EV_BAD_REPLY, NO_ANSWER, [
        "应答不是中心该有的样子：查 localUrl 的协议、端口和路径，中间有没有登录页或网关。请求可能已被处理，genPayCert 只能用同一流水号、同一金额再取。",
        "The reply is not of the centre's shape: check scheme, port and path of localUrl, and for a login page or gateway on the way. It may have been processed: repeat genPayCert with the same serial number and the same amount only.",
    ]),
    row(EV_DECRYPT, CALL_SUPPORT, [
        "应答解不开：核对 sm4Key 与 keyFormat（hex、text、base64），以及密钥是否为该环境、该 orgId 所发。",
        "The reply cannot be opened: check sm4Key and keyFormat (hex, text, base64), and that the key is of this environment and this orgId.",
    ]),
    row(EV_BUSINESS, [
        "中心报告业务失败，看屏幕上的 message。发核验通知时：重新发送；查询核验时：再查一次；一码付：换其他支付方式。",
        "The centre reports a business failure, see its message. For a notice: send it again. For the password's status: ask again. One-code pay: pay in another way.",
    ], [
        "code 为 0 但 success 为 false；反复出现时联系中心。",
        "code was 0 with success false: if it stays, tell the centre.",
    ]),
    row(EV_NOT_VERIFIED, [
        "参保人还没有核验通过：请其打开展码的应用，重新发送通知；仍不行就采用线下密码核验。",
        "The patient has not verified: have the app opened, and send the notice again; if that fails, check the password offline.",
    ], [
        "等待的时间由 verify.timeoutMs 决定；应答的 next 可能更具体，以它为准。",
        "How long is waited is verify.timeoutMs; the reply's next may be more exact, and holds.",
    ]),
    row(EV_NOT_ALLOWED, [
        "密码核验还没有通过：请先完成线上或线下密码核验，屏幕上的 message 说明缺什么。",
        "The password has not been verified: have it done online or offline first; the message says what is missing.",
    ], [
        "看 data.reason 和 data.statusCode；以应答的 next 为准。",
        "See data.reason and data.statusCode; the reply's next holds.",
    ]),
    row(EV_CANNOT_PAY, [
        "一码付现在不能用：请参保人换其他支付方式。",
        "One-code pay cannot be used now: pay in another way.",
    ], [
        "看 data.stasFlag 和 data.abnRea。",
        "See data.stasFlag and data.abnRea.",
    ]),
    row(EV_INTERNAL, [
        "请联系信息科，并咨询电子凭证中心这笔请求是否已被处理。",
        "Call IT support, and ask the e-voucher centre whether this request was processed.",
    ], [
        "动态库的故障，请求可能已发出：保存应答和当天的日志，报告给动态库的维护者。",
        "A fault of this library, and the request may have been sent: keep the reply and the day's log, and report it to the library's maintainers.",
    ]),
];

/// What the operator does about a code, and what the developer does; empty where there is nothing
/// to add.
pub fn advice(code: i32, language: Language) -> (&'static str, &'static str) {
    let language = match language {
        Language::Zh => 0,
        Language::En => 1,
    };
    TABLE
        .iter()
        .find(|row| row.code == code)
        .map_or(("", ""), |row| {
            (row.operator[language], row.developer[language])
        })
}

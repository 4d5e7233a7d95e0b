//! This library's own return codes.

use super::advice::*;
use super::codes::*;
use super::next::Next::*;
use super::next::{
    AFTER_A_FAILURE, AFTER_A_FAULT, AFTER_A_REFUSAL, AFTER_NO_ANSWER, always, otherwise,
};

const LIBRARY: &str = "动态库";

#[rustfmt::skip] // A row is read at a glance.
pub(super) static CODES: &[Code] = &[
    Code {
        code: EV_INVALID_ARGUMENT, name: "EV_INVALID_ARGUMENT", scope: LIBRARY, documents: "",
        zh: "调用参数无效", en: "an argument of the call is unusable",
        cause: "程序传入的参数无效，请求没有发出。",
        operator: CALL_SUPPORT, developer: [
            "查调用的参数：必填文本不能为 NULL；缓冲区大小不能为负，会产生业务影响的函数至少 1024；输入不超过 1 MiB。message 指明是哪一个。",
            "Check the arguments: no NULL where text is required; the buffer's size not negative, and at least 1024 where something is changed; input up to 1 MiB. The message says which.",
        ],
        next: always(FixRequest), reason: "the program called wrongly",
    },
    Code {
        code: EV_INVALID_TEXT, name: "EV_INVALID_TEXT", scope: LIBRARY, documents: "",
        zh: "文本编码与配置的 charset 不符", en: "the text is not in the configured charset",
        cause: "程序传入的文本不是配置的编码，请求没有发出。",
        operator: CALL_SUPPORT, developer: [
            "传入的字节与配置的 charset 不符：按 message 的提示改 charset（utf-8、gbk、ascii），或先转码。",
            "The bytes are not of the configured charset: set charset (utf-8, gbk, ascii) as the message suggests, or convert first.",
        ],
        next: always(FixRequest), reason: "the program passed another charset",
    },
    Code {
        code: EV_INVALID_CONFIG, name: "EV_INVALID_CONFIG", scope: LIBRARY, documents: "",
        zh: "配置无效", en: "the configuration is unusable",
        cause: "配置文件缺字段、值不对或读不到，请求没有发出。",
        operator: OTHERWISE_AND_SUPPORT, developer: [
            "按 message 逐项改配置；路径以配置文件所在文件夹为起点，未知的字段会被拒绝。",
            "Put right each field that the message names; paths begin at the configuration's folder, unknown fields are refused.",
        ],
        next: otherwise(FixSetup), reason: "the configuration",
    },
    Code {
        code: EV_INVALID_CLIENT, name: "EV_INVALID_CLIENT", scope: LIBRARY, documents: "",
        zh: "客户端句柄无效或已关闭", en: "no such client: never opened, or closed",
        cause: "客户端句柄不存在，请求没有发出。",
        operator: OTHERWISE_AND_SUPPORT, developer: [
            "句柄没有打开过或已关闭：查 ev_open 的返回值，以及是否过早调用了 ev_close。",
            "The handle was never opened, or is closed: check what ev_open returned, and for an early ev_close.",
        ],
        next: otherwise(FixRequest), reason: "the program called wrongly",
    },
    Code {
        code: EV_INVALID_REQUEST, name: "EV_INVALID_REQUEST", scope: LIBRARY, documents: "",
        zh: "请求内容不符合接口规范", en: "the request does not fit the interface",
        cause: "请求不是 JSON 对象，或字段缺失、过长、格式不对，请求没有发出。",
        operator: [
            "若 message 只指出 token：请参保人刷新医保码，重新扫码；否则本窗口无法自行解决，请联系信息科。",
            "Where the message names token alone: have the patient refresh the code, and scan again. Else nothing can be done at the counter: call IT support.",
        ], developer: [
            "请求没有发出，message 逐个指出不对的字段；金额 ownPaySetlAmt 要用字符串。",
            "Nothing was sent; the message names every wrong field. ownPaySetlAmt must be a string.",
        ],
        next: always(FixRequest), reason: "the program passed a wrong request; a wrong token alone is a new scan",
    },
    Code {
        code: EV_BUFFER_TOO_SMALL, name: "EV_BUFFER_TOO_SMALL", scope: LIBRARY, documents: "",
        zh: "应答缓冲区太小，应答已保留，请用 ev_last_reply 取回",
        en: "the reply did not fit and was kept: fetch it with ev_last_reply",
        cause: "应答比缓冲区大。只代替 0 返回，从不出现在应答的 code 里。",
        operator: NOTHING, developer: [
            "调用已完成，不要重发：用 ev_last_reply_size 得到大小，再用 ev_last_reply 取回应答；以后缓冲区用 8192 字节。ev_field 返回它时，换更大的缓冲区再调一次。",
            "The call is done, do not send it again: ev_last_reply_size gives the size, ev_last_reply the reply; use 8192 bytes from now on. From ev_field: call again with a larger buffer.",
        ],
        next: otherwise(AskCentre), reason: "never stands in a reply",
    },
    Code {
        code: EV_UNKNOWN_SERVICE, name: "EV_UNKNOWN_SERVICE", scope: LIBRARY, documents: "",
        zh: "没有这个服务", en: "no such service",
        cause: "服务名写错，请求没有发出。",
        operator: OTHERWISE_AND_SUPPORT, developer: [
            "服务名区分大小写：tokenPwdCheckNotc、tokenPwdStas、signedQuery、genPayCert，或以 /cfc/api/ 开头的路径。",
            "Names are case-sensitive: tokenPwdCheckNotc, tokenPwdStas, signedQuery, genPayCert, or a path that begins with /cfc/api/.",
        ],
        next: otherwise(FixRequest), reason: "the program called wrongly",
    },
    Code {
        code: EV_DUPLICATE, name: "EV_DUPLICATE", scope: LIBRARY, documents: "",
        zh: "重复交易，已被风控拦截", en: "stopped by risk control as a duplicate transaction",
        cause: "同一笔交易（机构代码和流水号相同）正在进行，或已按另一金额签发过（或可能签发过）凭据；这一次没有发出。",
        operator: [
            "正在办理的：请勿重复点击，稍后再试。金额与上次不同的：按原金额继续。可能已经付过的：先向支付渠道核对。确实付过的：不要再收费。",
            "Under way: do not click again, try again later. Another amount than the first one's: go on at that. It may have been paid: ask the payment channel first. Paid already: take nothing more.",
        ],
        developer: [
            "同一 orgCodg、fixmedinsTrnsSn 正在请求中（next 为 retry_later），上次用的是另一金额（fix_request，已签发过凭据时 confirm_charge），或已回报付过（already_paid）；data.reason 说明是哪一种。请防止重复点击；结果不明的交易只能用同一流水号、同一金额继续。",
            "The same orgCodg and fixmedinsTrnsSn are in flight (next is retry_later), were used with another amount (fix_request; confirm_charge where a certificate was handed out), or were reported as paid (already_paid): data.reason says which. Guard against double clicks; a transaction whose outcome is unknown goes on with the same serial number and the same amount only.",
        ],
        next: always(RetryLater), reason: "A §1.4.3.3 (3): the one in flight comes to an end",
    },
    Code {
        code: EV_CANCELLED, name: "EV_CANCELLED", scope: LIBRARY, documents: "",
        zh: "操作已取消", en: "cancelled",
        cause: "ev_cancel 或进度函数结束了调用；是否发出过看 delivery。",
        operator: AGAIN, developer: [
            "ev_cancel 或进度函数结束了调用；delivery 为 unknown 时请求可能已被处理：genPayCert 只能用同一流水号、同一金额再取。",
            "ev_cancel or the progress function ended it. Where delivery is unknown it may have been processed: repeat genPayCert with the same serial number and the same amount only.",
        ],
        next: AFTER_A_FAILURE.in_check(RetryLater),
        reason: "B §1.4.4 (5) A: the notice may be sent again. Self-test: somebody ended it",
    },
    Code {
        code: EV_JOURNAL, name: "EV_JOURNAL", scope: LIBRARY, documents: "",
        zh: "交易流水库不可用", en: "the journal cannot be used",
        cause: "配置了 journal.dir，但流水库读不到、写不进、已损坏，或由更新的版本写成；没有凭据交给程序。",
        operator: [
            "一码付现在不能用：请参保人换其他支付方式，并联系信息科。密码核验不受影响，收到它时改用线下密码核验。",
            "One-code pay cannot be used now: pay in another way, and call IT support. The password check goes on without it; if it comes there, check offline.",
        ],
        developer: [
            "用 ev_check 看 journal 一项：文件夹须在本机磁盘、各收费员可写（evoucher-tool journal init）、有剩余空间；损坏的库先备份，再由人决定，动态库从不自行换掉它。",
            "See ev_check's journal: the folder must be on a local disk, writable for every cashier (evoucher-tool journal init), with space left. A damaged database is backed up first, and a person decides: this library never sets it aside by itself.",
        ],
        next: otherwise(FixSetup), reason: "A §1.4.3.3: without its memory risk control lets nothing go",
    },
    Code {
        code: EV_ISSUED_BEFORE, name: "EV_ISSUED_BEFORE", scope: LIBRARY, documents: "",
        zh: "这笔交易已发放过付款凭据，扣款结果尚未回报",
        en: "a certificate was handed out for this transaction, and nobody has said what became of it",
        cause: "同一笔交易已取得过付款凭据，程序还没有用 ev_report_charge 回报结果；这一次没有发出。",
        operator: [
            "这笔可能已经付过：请先到支付渠道核对，登记结果后再继续，不要直接再收一次。",
            "This may have been paid already: ask the payment channel first and note the answer, then go on; do not take the money again outright.",
        ],
        developer: [
            "向支付渠道查询这笔的结果，用 ev_report_charge 回报 paid、failed 或 unknown，再取凭据。data.issuedBefore 是以前的经过。",
            "Ask the payment channel what became of it, tell it by ev_report_charge (paid, failed or unknown), then ask again. data.issuedBefore has what was before.",
        ],
        next: always(ConfirmCharge), reason: "A §1.4.3.3 (3): never charged twice",
    },
    Code {
        code: EV_CONNECT, name: "EV_CONNECT", scope: LIBRARY, documents: "",
        zh: "无法连接电子凭证中心", en: "no connection to the centre",
        cause: "地址查不到、被拒绝、不可达，或在 connectTimeoutMs 内连不上；请求没有发出。",
        operator: NO_ANSWER, developer: [
            "请求没有发出。查 localUrl 的地址和端口、医保专网、防火墙和 proxy；运行 ev_check，它指出断在哪一步。",
            "Nothing was sent. Check address and port of localUrl, the network, the firewall and proxy; ev_check says at which step it ends.",
        ],
        next: AFTER_NO_ANSWER.in_check(FixSetup),
        reason: "B §1.4.3.2 (8) A: 网络连接失败. Self-test: address, network, firewall",
    },
    Code {
        code: EV_TLS, name: "EV_TLS", scope: LIBRARY, documents: "",
        zh: "与电子凭证中心的加密连接（TLS）未能建立", en: "no TLS connection to the centre",
        cause: "证书不受信任、已过期、名称不符，或握手超时；请求没有发出。",
        operator: OTHERWISE_AND_SUPPORT,
        developer: [
            "请求没有发出。中心用自建证书时设 tls.caFile 或 tls.pinSha256，证书名与 localUrl 不同时设 tls.serverName；再查本机时钟、证书有效期，以及 localUrl 该用 http 还是 https。",
            "Nothing was sent. For a private certificate set tls.caFile or tls.pinSha256, for one of another name tls.serverName; then check this machine's clock, the certificate's dates, and whether localUrl is http or https.",
        ],
        next: otherwise(FixSetup),
        reason: "the certificate, or what is configured of it: nobody at the counter can mend it",
    },
    Code {
        code: EV_TIMEOUT, name: "EV_TIMEOUT", scope: LIBRARY, documents: "",
        zh: "等待电子凭证中心应答超时，请求可能已被处理",
        en: "out of time waiting for the centre; the request may have been processed",
        cause: "请求发出后，在 timeoutMs 内没有等到完整的应答。",
        operator: NO_ANSWER, developer: MAY_HAVE_BEEN_PROCESSED,
        next: AFTER_NO_ANSWER.in_check(RetryLater),
        reason: "B §1.4.3.2 (8) A: 超时. Self-test: the network, or the centre",
    },
    Code {
        code: EV_CONNECTION_LOST, name: "EV_CONNECTION_LOST", scope: LIBRARY, documents: "",
        zh: "与电子凭证中心的连接中断，请求可能已被处理",
        en: "the connection broke; the request may have been processed",
        cause: "请求发出后，应答收全之前连接中断。",
        operator: NO_ANSWER, developer: MAY_HAVE_BEEN_PROCESSED,
        next: AFTER_NO_ANSWER.in_check(FixSetup),
        reason: "B §1.4.3.2 (8) A: 网络连接失败. Self-test: scheme and port of localUrl, a firewall",
    },
    Code {
        code: EV_HTTP_STATUS, name: "EV_HTTP_STATUS", scope: LIBRARY, documents: "",
        zh: "电子凭证中心返回了异常的 HTTP 状态",
        en: "the centre answered with an HTTP error status",
        cause: "中心或途中的网关返回了 2xx 以外的 HTTP 状态，且没有中心的应答（网关自己的 JSON 不算）。",
        operator: NO_ANSWER, developer: [
            "查 localUrl 的协议、端口和路径前缀，以及中间的代理或网关；5xx 时请求可能已被处理，genPayCert 只能用同一流水号、同一金额再取。",
            "Check scheme, port and path prefix of localUrl, and any proxy or gateway on the way. After a 5xx it may have been processed: repeat genPayCert with the same serial number and the same amount only.",
        ],
        next: AFTER_NO_ANSWER.in_check(FixSetup),
        reason: "B §1.4.3.2 (8) A: 特殊情况. Self-test: scheme, port and path of localUrl",
    },
    Code {
        code: EV_BAD_REPLY, name: "EV_BAD_REPLY", scope: LIBRARY, documents: "",
        zh: "电子凭证中心的应答无法识别，请求可能已被处理",
        en: "the centre's reply cannot be read; the request may have been processed",
        cause: "应答不是 HTTP、不是 JSON、缺少规定的字段，或太大。",
        operator: NO_ANSWER, developer: [
            "应答不是中心该有的样子：查 localUrl 的协议、端口和路径，中间有没有登录页或网关。请求可能已被处理，genPayCert 只能用同一流水号、同一金额再取。",
            "The reply is not of the centre's shape: check scheme, port and path of localUrl, and for a login page or gateway on the way. It may have been processed: repeat genPayCert with the same serial number and the same amount only.",
        ],
        next: AFTER_NO_ANSWER.in_check(FixSetup),
        reason: "B §1.4.3.2 (8) A: 特殊情况. Self-test: scheme, port and path of localUrl",
    },
    Code {
        code: EV_DECRYPT, name: "EV_DECRYPT", scope: LIBRARY, documents: "",
        zh: "应答解密失败，多半是密钥不对",
        en: "the reply cannot be decrypted: most often the wrong key",
        cause: "应答的 encData 用配置的密钥解不开。",
        operator: OTHERWISE_AND_SUPPORT, developer: [
            "应答解不开：核对 sm4Key 与 keyFormat（hex、text、base64），以及密钥是否为该环境、该 orgId 所发。",
            "The reply cannot be opened: check sm4Key and keyFormat (hex, text, base64), and that the key is of this environment and this orgId.",
        ],
        next: otherwise(FixSetup), reason: "A and B §1.3.1: the key",
    },
    Code {
        code: EV_BUSINESS, name: "EV_BUSINESS", scope: LIBRARY, documents: "",
        zh: "业务处理失败", en: "the centre reports a business failure",
        cause: "中心返回 code 0，同时 success 为 false。",
        operator: [
            "中心报告没有办成，原因见详细信息。发核验通知时：重新发送；查询核验时：再查一次；一码付：换其他支付方式。",
            "The centre reports that it was not done; the details say why. For a notice: send it again. For the password's status: ask again. One-code pay: pay in another way.",
        ],
        developer: [
            "code 为 0 但 success 为 false；反复出现时联系中心。",
            "code was 0 with success false: if it stays, tell the centre.",
        ],
        next: AFTER_A_REFUSAL,
        reason: "B §1.4.4 (5) A, §1.4.3.2 (6) A; A §1.1 判断逻辑",
    },
    Code {
        code: EV_NOT_VERIFIED, name: "EV_NOT_VERIFIED", scope: LIBRARY, documents: "",
        zh: "密码核验未通过", en: "the password was not verified",
        cause: "ev_verify_password 结束时，没有得到已核验的答复：等待超时、通知未能发送，或中心的答复不在规范之列。",
        operator: [
            "参保人还没有核验通过：请其打开展码的应用（看手机通知栏，或应用的消息中心），重新发送通知；仍不行就采用线下密码核验。",
            "The patient has not verified: have the app opened (the notice is among the phone's notifications, or in the app's message centre), and send the notice again; if that fails, check the password offline.",
        ],
        developer: [
            "等待的时间由 verify.timeoutMs 决定；应答的 next 可能更具体，以它为准。",
            "How long is waited is verify.timeoutMs; the reply's next may be more exact, and holds.",
        ],
        next: always(Resend), reason: "B §1.4.4 (5) A: the notice may be sent again",
    },
    Code {
        code: EV_NOT_ALLOWED, name: "EV_NOT_ALLOWED", scope: LIBRARY, documents: "",
        zh: "不允许医保结算", en: "the settlement may not go on",
        cause: "ev_settle_gate 判断不能办理，原因见 data.reason。",
        operator: [
            "密码核验还没有通过：请先完成线上或线下密码核验，屏幕上的提示说明缺什么。",
            "The password has not been verified: have it done online or offline first; the screen says what is missing.",
        ],
        developer: [
            "看 data.reason 和 data.statusCode；以应答的 next 为准。",
            "See data.reason and data.statusCode; the reply's next holds.",
        ],
        next: always(OfflineCheck), reason: "B §1.5.3.2, §1.6.2 (9) A",
    },
    Code {
        code: EV_CANNOT_PAY, name: "EV_CANNOT_PAY", scope: LIBRARY, documents: "",
        zh: "不能使用一码付", en: "one-code pay cannot be used",
        cause: "ev_one_code_pay 查到参保人未签约、不可用，或中心答复的状态不在规范之列。",
        operator: [
            "一码付现在不能用：请参保人换其他支付方式。",
            "One-code pay cannot be used now: pay in another way.",
        ],
        developer: [
            "看 data.stasFlag 和 data.abnRea。",
            "See data.stasFlag and data.abnRea.",
        ],
        next: always(OtherPayment), reason: "A §1.5.1: not signed up, or not usable",
    },
    Code {
        code: EV_INTERNAL, name: "EV_INTERNAL", scope: LIBRARY, documents: "",
        zh: "动态库内部错误", en: "a fault of this library",
        cause: "动态库自身的故障，请求可能已经发出。",
        operator: [
            "密码核验：改用线下密码核验。一码付：查询时换其他支付方式；取付款凭据时流水号和金额都不变，再取一次。并联系信息科。",
            "Password check: check it offline. One-code pay: for a status, pay in another way; for a certificate, again with the same serial number and the same amount. And call IT support.",
        ],
        developer: [
            "动态库的故障，请求可能已发出：保存应答和当天的日志，报告给动态库的维护者。",
            "A fault of this library, and the request may have been sent: keep the reply and the day's log, and report it to the library's maintainers.",
        ],
        next: AFTER_A_FAULT, reason: "a fault of this library: nobody knows how far it got",
    },
];

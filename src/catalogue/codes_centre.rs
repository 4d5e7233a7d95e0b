//! The documents' return codes (A §1.7, B §1.9), in their order.

use super::advice::*;
use super::codes::Code;
use super::next::Next::*;
use super::next::{AFTER_A_FAILURE, AFTER_NO_ANSWER, After, always, otherwise, password};

const SYSTEM: &str = "系统级";
const CENTRE: &str = "电子凭证中心";

/// One-code pay has no other app to offer.
const IN_ANOTHER_APP: After = password(OtherApp).elsewhere(OtherApp).in_check(OtherApp);

#[rustfmt::skip] // A row is read at a glance.
pub(super) static CODES: &[Code] = &[
    Code {
        code: 0, name: "", scope: SYSTEM, documents: "AB",
        zh: "成功", en: "success",
        cause: "中心已应答；业务是否成功，看状态字段和 next。",
        operator: NOTHING, developer: [
            "0 只表示中心已应答，下一步做什么要看应答的 next。",
            "0 says only that the centre answered: look at the reply's next.",
        ],
        next: otherwise(AskCentre),
        reason: "what to do after a 0 depends on the state: STATES of next.rs",
    },
    Code {
        code: -1, name: "", scope: SYSTEM, documents: "AB",
        zh: "未知异常", en: "unknown fault at the centre",
        cause: "中心内部出错，没有说明原因。",
        operator: NO_ANSWER, developer: [
            "中心内部故障；反复出现时，把 requestId 对应的日志和时间交给中心。",
            "A fault of the centre: if it stays, give the centre the time and the log's line of this requestId.",
        ],
        next: AFTER_NO_ANSWER,
        reason: "B §1.4.3.2 (8) A: 特殊情况. Self-test: no fault of this machine",
    },
    Code {
        code: -2, name: "", scope: SYSTEM, documents: "AB",
        zh: "请求参数异常", en: "the request's parameters are wrong",
        cause: "请求的公共参数或业务参数不合中心的要求；时钟偏差、密钥或 orgId 不对时也可能报这个码。",
        operator: OTHERWISE_AND_SUPPORT, developer: [
            "中心不接受请求的内容。先看 message 点名的字段；其次查本机时钟（timestamp 偏差大会被拒绝）、密钥（sm4Key、keyFormat）、orgId、reqtType/admdvs。ev_check 可自检。",
            "The centre does not accept what was sent. Look at the fields its message names first; then at this machine's clock (a timestamp far off is refused), the key (sm4Key, keyFormat), orgId and reqtType/admdvs. ev_check tests them.",
        ],
        next: otherwise(FixRequest).in_check(FixSetup),
        reason: "nobody at the counter can mend it. Self-test: the request is this library's, so the clock or the key",
    },
    Code {
        code: -3, name: "", scope: SYSTEM, documents: "AB",
        zh: "服务端请求超时", en: "the centre's own server timed out",
        cause: "中心在等待上级服务时超时。",
        operator: NO_ANSWER, developer: [
            "中心等待上级应答超时，请求可能已被处理；反复出现时联系中心。",
            "The centre ran out of time behind itself, and the request may have been processed: if it stays, tell the centre.",
        ],
        next: AFTER_NO_ANSWER.in_check(RetryLater),
        reason: "B §1.4.3.2 (8) A: 超时. Self-test: no fault of this machine",
    },
    Code {
        code: -4, name: "", scope: SYSTEM, documents: "AB",
        zh: "权限校验异常", en: "permission check failed",
        cause: "orgId、reqtType、密钥或时间戳没有通过中心的校验，或机构没有获得授权。",
        operator: OTHERWISE_AND_SUPPORT, developer: [
            "中心不认本机的身份。查 orgId、reqtType/admdvs（含 reqtPrefix）、密钥（sm4Key、keyFormat，测试与生产环境不同）和本机时钟；都无误时请中心核对登记和授权。ev_check 可自检。",
            "The centre does not accept who is calling. Check orgId, reqtType/admdvs (and reqtPrefix), the key (sm4Key, keyFormat; test and production differ) and this machine's clock; if all are right, have the centre check its registration. ev_check tests them.",
        ],
        next: otherwise(FixSetup), reason: "nobody at the counter can mend it",
    },
    Code {
        code: -5, name: "", scope: SYSTEM, documents: "AB",
        zh: "无效的请求地址", en: "no such request address",
        cause: "localUrl 或路径不对，或中心没有开通该服务。",
        operator: OTHERWISE_AND_SUPPORT, developer: [
            "中心没有这个地址。查 localUrl 的协议、端口和路径前缀（不含 /cfc/api/…），以及中心是否开通了该服务。",
            "The centre has no such address. Check scheme, port and path prefix of localUrl (without /cfc/api/...), and whether the centre offers the service.",
        ],
        next: otherwise(FixSetup), reason: "nobody at the counter can mend it",
    },
    Code {
        code: -6, name: "", scope: SYSTEM, documents: "AB",
        zh: "触发限流", en: "rate limit reached",
        cause: "短时间内请求太多。",
        operator: LATER, developer: ASK_LESS_OFTEN,
        next: always(RetryLater), reason: "A §1.7, B §1.9",
    },
    Code {
        code: 500001, name: "", scope: CENTRE, documents: "AB",
        zh: "该电子凭证不存在", en: "no such e-voucher",
        cause: "中心查不到这个令牌：令牌不对、被截断，或属于另一环境。",
        operator: SCAN_AGAIN, developer: [
            "查 token 是否为本次解码返回的 ecToken，有没有被截断，测试与生产环境是否混用。",
            "Check that token is the ecToken of this scan, whole, and of the same environment (test or production).",
        ],
        next: always(Rescan), reason: "the token is not of this code: a new scan",
    },
    Code {
        code: 500002, name: "", scope: CENTRE, documents: "AB",
        zh: "该电子凭证未激活", en: "the e-voucher is not activated",
        cause: "参保人没有在该应用激活医保电子凭证。",
        operator: [
            "医保电子凭证未激活。密码核验：请参保人激活，或换一个展码应用，重新展码、重新扫码；一码付：换其他支付方式。",
            "The e-voucher is not activated. Password check: have it activated, or take a code from another app, and scan anew. One-code pay: pay in another way.",
        ],
        developer: NOTHING,
        next: IN_ANOTHER_APP, reason: "not activated in that app; another may have it",
    },
    Code {
        code: 500003, name: "", scope: CENTRE, documents: "AB",
        zh: "该用户在该应用渠道未授权", en: "the user has not authorised this app channel",
        cause: "参保人没有授权该应用使用医保电子凭证。",
        operator: [
            "参保人未在该应用授权。密码核验：请参保人授权，或换一个展码应用，重新展码、重新扫码；一码付：换其他支付方式。",
            "The patient has not authorised this app. Password check: have it done, or take a code from another app, and scan anew. One-code pay: pay in another way.",
        ],
        developer: NOTHING,
        next: IN_ANOTHER_APP, reason: "not authorised in that app; another may have it",
    },
    Code {
        code: 500008, name: "", scope: CENTRE, documents: "AB",
        zh: "非法授权码", en: "illegal authorisation code",
        cause: "授权码（二维码）无效。",
        operator: SCAN_AGAIN, developer: [
            "授权码无效，多半已过期或已用过：查 token 是否取自本次扫码。",
            "The code is not valid, most likely expired or used: check that token is of this scan.",
        ],
        next: always(Rescan), reason: "a code expires within a minute: a new scan",
    },
    Code {
        code: 500012, name: "", scope: CENTRE, documents: "AB",
        zh: "该应用渠道不存在", en: "no such app channel",
        cause: "中心没有登记该展码应用的渠道。",
        operator: ANOTHER_APP, developer: [
            "中心不认识该展码渠道；同一应用反复出现时联系中心。",
            "The centre does not know this app's channel: if it happens with one app only, tell the centre.",
        ],
        next: IN_ANOTHER_APP, reason: "another app",
    },
    Code {
        code: 500014, name: "", scope: CENTRE, documents: "AB",
        zh: "非法经办流水号", en: "illegal serial number of the operation",
        cause: "中心不接受请求里的流水号。",
        operator: OTHERWISE_AND_SUPPORT, developer: [
            "查请求中的流水号：非空、不超长、只用中心认可的字符。",
            "Check the request's serial number: not empty, not too long, only characters that the centre accepts.",
        ],
        next: otherwise(FixRequest), reason: "the program's serial number: nobody at the counter can mend it",
    },
    Code {
        code: 500033, name: "", scope: CENTRE, documents: "AB",
        zh: "请求国家电子凭证出错", en: "the national e-voucher service answered with an error",
        cause: "地方中心与国家电子凭证中心之间出错。",
        operator: AGAIN, developer: [
            "地方中心请求国家电子凭证出错，不在本机；反复出现时联系中心。",
            "The local centre failed at the national one, not this machine: if it stays, tell the centre.",
        ],
        next: AFTER_A_FAILURE, reason: "B §1.4.4 (5) A: the notice may be sent again",
    },
    Code {
        code: 500042, name: "", scope: CENTRE, documents: "AB",
        zh: "电子凭证密码未设置", en: "no password is set for the e-voucher",
        cause: "参保人没有设置过医保电子凭证密码。",
        operator: [
            "参保人没有设置医保电子凭证密码。密码核验：采用线下方式，到医保终端刷脸等效于密码核验；一码付：换其他支付方式。",
            "The patient has set no e-voucher password. Password check: offline, where a face at a medical-insurance terminal counts as much. One-code pay: pay in another way.",
        ],
        developer: NOTHING,
        next: otherwise(AskCentre),
        reason: "B §1.5.1: a face at the terminal counts, where no password is set",
    },
    Code {
        code: 500050, name: "", scope: CENTRE, documents: "AB",
        zh: "用户身份信息为空，查询人员基础 Id 失败",
        en: "no identity data: looking up the person's basic id failed",
        cause: "中心查不到该参保人的基础信息。",
        operator: OTHERWISE_AND_CENTRE, developer: NOTHING,
        next: otherwise(AskCentre), reason: "registered at the centre: the patient is served in another way",
    },
    Code {
        code: 500054, name: "", scope: CENTRE, documents: "AB",
        zh: "参保地为空", en: "no place of insurance",
        cause: "中心没有该参保人的参保地。",
        operator: OTHERWISE_AND_CENTRE, developer: NOTHING,
        next: otherwise(AskCentre), reason: "registered at the centre: the patient is served in another way",
    },
    Code {
        code: 500057, name: "", scope: CENTRE, documents: "AB",
        zh: "用户身份信息校验不通过", en: "the identity data did not pass the check",
        cause: "参保人的身份信息与登记的不一致。",
        operator: OTHERWISE_AND_CENTRE, developer: NOTHING,
        next: otherwise(AskCentre), reason: "registered at the centre: the patient is served in another way",
    },
    Code {
        code: 500058, name: "", scope: CENTRE, documents: "AB",
        zh: "人员信息错误", en: "the person's data is wrong",
        cause: "参保人的人员信息有误。",
        operator: OTHERWISE_AND_CENTRE, developer: NOTHING,
        next: otherwise(AskCentre), reason: "registered at the centre: the patient is served in another way",
    },
    Code {
        code: 500084, name: "", scope: CENTRE, documents: "AB",
        zh: "请求过于频繁，请稍后再试", en: "requests are too frequent: try again later",
        cause: "短时间内请求太多。",
        operator: LATER, developer: ASK_LESS_OFTEN,
        next: always(RetryLater), reason: "the text says it",
    },
    Code {
        code: 500093, name: "", scope: CENTRE, documents: "AB",
        zh: "渠道入参异常", en: "the channel's parameters are wrong",
        cause: "发给渠道的参数有误。",
        operator: OTHERWISE_AND_SUPPORT, developer: [
            "逐个核对入参：字段名、必填项、长度、取值；message 可能点名。",
            "Check each field: name, presence, length, value; the message may name the wrong one.",
        ],
        next: otherwise(FixRequest), reason: "the program's parameters: nobody at the counter can mend them",
    },
    Code {
        code: 500100, name: "", scope: CENTRE, documents: "AB",
        zh: "无接口权限", en: "no permission for this interface",
        cause: "本机构没有申请到或没有开通该接口。",
        operator: OTHERWISE_AND_SUPPORT, developer: [
            "本机构没有该接口的权限：请中心核对申请和授权（A 1.4.2，B 1.4.2 (1)），查 orgId 是否为该环境所发。",
            "No permission for this interface: have the centre check the application (A 1.4.2, B 1.4.2 (1)), and that orgId is of this environment.",
        ],
        next: otherwise(FixSetup), reason: "A §1.4.2, B §1.4.2 (1)",
    },
    Code {
        code: 500208, name: "", scope: CENTRE, documents: "AB",
        zh: "该渠道认证记录不存在", en: "no certification record for this channel",
        cause: "中心没有该渠道的认证记录。",
        operator: OTHERWISE_AND_CENTRE, developer: [
            "把 orgId 和时间交给中心，请其核对渠道认证记录。",
            "Give the centre orgId and the time, to check the channel's record.",
        ],
        next: otherwise(AskCentre), reason: "registered at the centre: the patient is served in another way",
    },
    Code {
        code: 500209, name: "", scope: CENTRE, documents: "AB",
        zh: "该渠道认证记录已停用", en: "this channel's certification record is disabled",
        cause: "该渠道的认证记录已停用。",
        operator: OTHERWISE_AND_CENTRE, developer: [
            "渠道认证记录已停用：把 orgId 和时间交给中心。",
            "The channel's record is suspended: give the centre orgId and the time.",
        ],
        next: otherwise(AskCentre), reason: "registered at the centre: the patient is served in another way",
    },
    Code {
        code: 500156, name: "", scope: CENTRE, documents: "AB",
        zh: "线上业务类型编码不存在", en: "no such online business type",
        cause: "业务类型编码不在字典之内。",
        operator: OTHERWISE_AND_SUPPORT, developer: [
            "查请求和扫码解码时所传的业务类型编码（businessType）是否在字典之内。",
            "Check that the business type of the request, and of the decoding of the code (businessType), is one of the dictionary's.",
        ],
        next: otherwise(FixRequest), reason: "the program's business type: nobody at the counter can mend it",
    },
    Code {
        code: 500242, name: "", scope: CENTRE, documents: "A",
        zh: "签约信息缺失，请联系展码渠道检查",
        en: "the one-code pay agreement is missing: have the app that showed the code checked",
        cause: "参保人的一码付签约信息不完整。",
        operator: [
            "签约信息缺失：请参保人换其他支付方式；下次可先在展码的应用里检查一码付签约；密码核验不该收到它，收到时改用线下密码核验。",
            "What was signed up is incomplete: pay in another way; before the next time, check the sign-up in the app. The password check does not have this code; if it comes there, check offline.",
        ],
        developer: NOTHING,
        next: otherwise(AskCentre), reason: "A §1.7: one-code pay only",
    },
    Code {
        code: 500243, name: "", scope: CENTRE, documents: "A",
        zh: "用户未在展码渠道签约，不可使用一码付",
        en: "the user has not signed up in the app that showed the code: one-code pay cannot be used",
        cause: "参保人没有签约一码付。",
        operator: [
            "参保人未签约一码付：请换其他支付方式；下次可先在展码的应用里签约；密码核验不该收到它，收到时改用线下密码核验。",
            "The patient has not signed up for one-code pay: pay in another way; before the next time, sign up in the app. The password check does not have this code; if it comes there, check offline.",
        ],
        developer: NOTHING,
        next: otherwise(AskCentre), reason: "A §1.7: one-code pay only",
    },
    Code {
        code: 500244, name: "", scope: CENTRE, documents: "A",
        zh: "该支付渠道暂未接入", en: "this payment channel is not connected yet",
        cause: "参保人默认的支付渠道没有接入一码付。",
        operator: OTHERWISE, developer: [
            "参保人默认的支付渠道还没有接入一码付，不在本机。",
            "The patient's payment channel has not joined one-code pay: nothing to do with this machine.",
        ],
        next: otherwise(AskCentre), reason: "A §1.7: one-code pay only",
    },
    Code {
        code: 500316, name: "", scope: CENTRE, documents: "AB",
        zh: "医保定点机构代码传输错误，请调整",
        en: "the institution code (orgCodg) is wrong: correct it",
        cause: "orgCodg 不是国标的机构代码，多半用了院内编码。",
        operator: OTHERWISE_AND_SUPPORT, developer: [
            "orgCodg 应为国标的医保定点机构代码，以 H 或 P 开头（B 1.6.2 (2) A），不是院内编码：查请求和 defaults.orgCodg；扫码解码所传的机构代码也应如此。",
            "orgCodg must be the national institution code, which begins with H or P (B 1.6.2 (2) A), not a code of your own: check the request and defaults.orgCodg, and what is passed when the code is decoded.",
        ],
        next: otherwise(FixRequest).in_check(FixSetup),
        reason: "B §1.6.2 (2) A. Self-test: defaults.orgCodg",
    },
    Code {
        code: 500318, name: "", scope: CENTRE, documents: "AB",
        zh: "该渠道暂不支持医保结算业务办理，可选择国家医保服务平台 APP 办理",
        en: "this channel does not do insurance settlements yet: the national app can be used",
        cause: "参保人展码的应用不支持医保结算业务。",
        operator: NATIONAL_APP, developer: NOTHING,
        next: IN_ANOTHER_APP, reason: "the text says it",
    },
    Code {
        code: 500319, name: "", scope: CENTRE, documents: "AB",
        zh: "通知渠道为参保人发起密码核验认证服务失败，请重试或采用线下密码核验认证。通知失败原因：xxx",
        en: "telling the channel to start the password check failed: try again or check offline",
        cause: "展码的渠道未能发起核验；message 里有渠道给出的原因。",
        operator: [
            "通知没有送到：请参保人打开展码的应用，重新发送通知（看手机通知栏，或应用的消息中心）；仍收不到就采用线下密码核验。一码付：换其他支付方式。",
            "The notice was not delivered: have the patient open the app, and send it again (it is among the phone's notifications, or in the app's message centre); if that fails, check the password offline. One-code pay: pay in another way.",
        ],
        developer: NOTHING,
        next: password(Resend),
        reason: "the text says it; B §1.4.4 (5) A",
    },
    Code {
        code: 500320, name: "", scope: CENTRE, documents: "AB",
        zh: "该笔结算业务无需参保人输入密码，可直接办理",
        en: "this settlement needs no password: go on",
        cause: "参保人在展码的应用里设置了免密。",
        operator: [
            "密码核验：该参保人无需输入密码，请继续结算。一码付不该收到它，收到时换其他支付方式。",
            "Password check: no password is needed for this patient, go on and settle. One-code pay does not have this code; if it comes there, pay in another way.",
        ],
        developer: [
            "密码核验的通知或查询返回它时，next 为 settle，不是错误。",
            "From the password check's notice or status, next is settle: it is not an error.",
        ],
        next: password(Settle),
        reason: "B §1.4.3.2 (4) A, (6) B; §1.7.1, §1.7.2",
    },
    Code {
        code: 500321, name: "", scope: CENTRE, documents: "AB",
        zh: "通知渠道为参保人发起密码核验认证服务失败，该渠道暂不支持医保结算业务办理，可选择国家医保服务平台 APP 办理",
        en: "telling the channel to start the password check failed, and this channel does not do insurance settlements yet: the national app can be used",
        cause: "展码的渠道未能发起核验，因为该应用不支持医保结算业务。",
        operator: NATIONAL_APP, developer: NOTHING,
        next: IN_ANOTHER_APP, reason: "the text says it",
    },
];

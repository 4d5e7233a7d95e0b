//! C: one-code pay (document A).

use super::Act::{Meet, Say, Void};
use super::{ADVICE, Case, ROW, Scope, f, f_no, f_yes, nth, to, w, w_no};
use crate::acceptance::evidence::{CERTIFICATE, SIGNED};
use crate::fault::Fault;
use hyper::StatusCode;

/// Asked wherever a charge would be wrong.
const CHARGED: [&str; 2] = ["HIS 扣款了吗？", "Did the HIS charge?"];
const WITHOUT: [&str; 2] = [
    "没有拿到付款凭据，HIS 扣款了吗？",
    "Did the HIS charge without a certificate?",
];
const OTHER_PAYMENT: [&str; 2] = [
    "HIS 引导使用其他支付方式吗？",
    "Did the HIS offer another payment?",
];
const USABLE: [&str; 2] = ["等待期间窗口可以操作吗？", "Did the window stay usable?"];

const NO_CERTIFICATE: [&str; 2] = ["不取付款凭据", "no certificate is asked for"];
const ONE_SERIAL: [&str; 2] = ["同一账单始终用同一流水号", "one serial number for one bill"];
const ONE_AMOUNT: [&str; 2] = ["同一账单始终用同一金额", "one amount for one bill"];

#[rustfmt::skip] // A row is read at a glance.
pub(super) const CASES: &[Case] = &[
    Case {
        id: "C01", section: "A 1.4.3.2 (4)–(11)",
        title: ["已签约，正常付款", "Signed up, paid"],
        todo: ["扫码，按填写的应付金额用一码付付款，直到扣款完成。", "Scan, pay the amount that you have told by one-code pay, until it is charged."],
        played: ["一切正常", "all goes well"],
        scans: &[("A", "signed")],
        needs: &["sign", "cert", "amount"],
        rules: &[
            f("signed-first", "A 1.4.3.2 (6)", ["先查到 stasFlag 1，再取付款凭据", "signedQuery says stasFlag 1 before the certificate"], |c| c.unsigned_certificate()),
            f("amount", "A 1.4.3.3 (1)", ["ownPaySetlAmt 与 HIS 显示的应付金额一致", "ownPaySetlAmt is what the HIS shows"], |c| c.amount_differs()),
            f_yes("charged-otherwise", "A 1.4.3.3 (2)", ["扣款的金额或渠道与凭据不一致吗？", "Was another amount or channel charged?"]),
        ],
        ..ROW
    },
    Case {
        id: "C02", section: "A 1.5.1",
        title: ["未签约", "Not signed up"],
        todo: ["扫码，尝试用一码付付款。", "Scan, try to pay by one-code pay."],
        played: ["stasFlag 0：未签约", "stasFlag 0"],
        scans: &[("A", "unsigned")],
        needs: &["sign"],
        rules: &[
            f("no-certificate", "A 1.5.1", NO_CERTIFICATE, |c| c.any_of(CERTIFICATE)),
            w_no("other-payment", ADVICE, OTHER_PAYMENT),
        ],
        ..ROW
    },
    Case {
        id: "C03", section: "A 1.5.1",
        title: ["已签约但不可用", "Signed up, not usable"],
        todo: ["扫码，尝试用一码付付款。", "Scan, try to pay by one-code pay."],
        played: ["stasFlag 2，abnRea 写明原因", "stasFlag 2 with its reason in abnRea"],
        scans: &[("A", "blocked")],
        needs: &["sign"],
        rules: &[
            f("no-certificate", "A 1.5.1", NO_CERTIFICATE, |c| c.any_of(CERTIFICATE)),
            w_no("reason", "A 1.5.1 abnRea", ["HIS 显示了不可用的原因吗？", "Did the HIS show the reason?"]),
        ],
        ..ROW
    },
    Case {
        id: "C04", section: "A 1.4.3.2 (3)",
        title: ["没有自费金额", "Nothing left to pay"],
        todo: ["办理一笔自费金额为 0 的结算；完成后点“我已操作”，再点“完成，判定”。", "Settle a bill of which nothing is left to pay; then press \"I pressed it\" and close the case."],
        played: ["–", "–"],
        scans: &[("A", "signed")],
        needs: &["pressed"],
        rules: &[f("silent", "A 1.4.3.2 (3)", ["不发任何一码付请求", "no request"], |c| c.any_request())],
        ..ROW
    },
    Case {
        id: "C05", section: "A 500243、500244、500242",
        title: ["取凭据被拒", "The certificate is refused"],
        todo: ["扫码付款；被拒后再试两次，每次之前点“我已操作”。", "Scan and pay; when refused try twice more, pressing \"I pressed it\" before each."],
        played: ["取凭据依次返回 500243、500244、500242", "genPayCert answers 500243, 500244, 500242"],
        scans: &[("A", "signed")],
        plays: &[
            nth(CERTIFICATE, 1, Say("code500243")),
            nth(CERTIFICATE, 2, Say("code500244")),
            super::always(Some(CERTIFICATE), Say("code500242")),
        ],
        needs: &["cert"],
        rules: &[
            f_yes("charged", "A 1.5.2", CHARGED),
            w("not-at-once", ADVICE, ["被拒后不立即重试", "not asked again at once"], |c| c.again_at_once(&[CERTIFICATE])),
        ],
        ..ROW
    },
    Case {
        id: "C06", section: "A 1.4.3.3",
        title: ["凭据已签发，随即断线", "Processed, then the connection is lost"],
        todo: ["扫码付款；看 HIS 如何处理，按它的提示办到底。", "Scan and pay; do what the HIS says until it is over."],
        played: ["凭据已签发，应答之前断线；再取则正常", "the certificate is issued, the connection lost before the reply; asked again, all is well"],
        scans: &[("A", "signed")],
        plays: &[nth(CERTIFICATE, 1, Meet(Fault::ProcessReset))],
        needs: &["cert"],
        rules: &[
            f("one-serial", "A 1.4.3.3 (3)", ONE_SERIAL, |c| c.another_serial()),
            f("one-amount", "A 1.4.3.3 (1)", ONE_AMOUNT, |c| c.another_amount()),
            f_yes("charged-without", "A 1.4.3.2 (9)", WITHOUT),
        ],
        ..ROW
    },
    Case {
        id: "C07", section: "A 1.4.3.3",
        title: ["取凭据 20 秒没有应答", "No reply to genPayCert for 20 s"],
        todo: ["扫码付款；等待期间试着操作 HIS 窗口；按它的提示办到底。", "Scan and pay; use the window while it waits; do what the HIS says until it is over."],
        played: ["凭据已签发，20 秒之后才应答；再取则正常", "the certificate is issued, its reply is 20 s late; asked again, all is well"],
        scans: &[("A", "signed")],
        plays: &[nth(CERTIFICATE, 1, Meet(Fault::Slow(20_000)))],
        needs: &["cert"],
        rules: &[
            f("one-serial", "A 1.4.3.3 (3)", ONE_SERIAL, |c| c.another_serial()),
            f("one-amount", "A 1.4.3.3 (1)", ONE_AMOUNT, |c| c.another_amount()),
            f_yes("charged-without", "A 1.4.3.2 (9)", WITHOUT),
            w_no("usable", ADVICE, USABLE),
        ],
        ..ROW
    },
    Case {
        id: "C08", section: "A 1.4.3.3",
        title: ["网关代替中心应答取凭据", "A gateway answers genPayCert"],
        todo: ["扫码付款；按 HIS 的提示办到底。", "Scan and pay; do what the HIS says until it is over."],
        played: ["凭据已签发，但先后得到 504 JSON、502 HTML，之后正常", "504 JSON, then 502 HTML, though certificates are issued; then all is well"],
        scans: &[("A", "signed")],
        plays: &[
            nth(CERTIFICATE, 1, Meet(Fault::GatewayJson(StatusCode::GATEWAY_TIMEOUT))),
            nth(CERTIFICATE, 2, Meet(Fault::GatewayHtml(StatusCode::BAD_GATEWAY))),
        ],
        needs: &["cert"],
        rules: &[
            f("one-serial", "A 1.4.3.3 (3)", ONE_SERIAL, |c| c.another_serial()),
            f("one-amount", "A 1.4.3.3 (1)", ONE_AMOUNT, |c| c.another_amount()),
            f_yes("charged-without", "A 1.4.3.2 (9)", WITHOUT),
        ],
        ..ROW
    },
    Case {
        id: "C09", section: "A 1.4.3.3 (3)",
        title: ["连点两次“付款”", "\"Pay\" clicked twice"],
        todo: ["扫码，连续快速点两次“付款”。", "Scan, and click \"pay\" twice, fast."],
        played: ["第一次取凭据 2 秒之后才应答", "the first reply is 2 s late"],
        scans: &[("A", "signed")],
        plays: &[nth(CERTIFICATE, 1, Meet(Fault::Slow(2000)))],
        needs: &["cert"],
        rules: &[f("once", "A 1.4.3.3 (3)", ["同一账单同时只取一次凭据，也只取得一张", "one genPayCert at a time, and one certificate"], |c| c.two_certificates())],
        ..ROW
    },
    Case {
        id: "C10", section: "A 1.4.3.3 (2)(3)",
        title: ["取得凭据后 HIS 被结束", "The HIS ends before the charge"],
        todo: ["取得凭据后、扣款之前，用任务管理器结束 HIS；重新启动，继续支付这笔账单。", "End the HIS by the task manager after the certificate and before the charge; start it again and pay the bill."],
        played: ["一切正常", "all goes well"],
        scans: &[("A", "signed")],
        needs: &["cert"],
        rules: &[
            f("same-bill", "A 1.4.3.3 (2)(3)", ["重启后用同一流水号、同一金额", "the same serial number and amount afterwards"], |c| c.another_serial().or_else(|| c.another_amount())),
            f_no("asked-first", "A 1.4.3.3 (3)", ["扣款之前，HIS 向支付渠道查询过，或让人工确认过吗？", "Did the HIS ask the channel or a person before it charged?"]),
        ],
        ..ROW
    },
    Case {
        id: "C11", section: "A 1.4.3.3 (2)(3)",
        title: ["扣款之后 HIS 被结束", "The HIS ends after the charge"],
        todo: ["渠道扣款之后、HIS 得到结果之前，用任务管理器结束 HIS；重新启动，处理这笔账单。", "End the HIS after the channel charged and before it knows; start it again and see the bill through."],
        played: ["一切正常", "all goes well"],
        scans: &[("A", "signed")],
        needs: &["cert"],
        rules: &[
            f_yes("charged-twice", "A 1.4.3.3 (2)", ["这笔账单扣了两次款吗？", "Was the bill charged twice?"]),
            f("channel", "A 1.4.3.3 (2)", ["模拟支付渠道对同一流水号只扣一次", "the sandbox's channel charged a serial number once"], |c| c.charged_twice()),
        ],
        ..ROW
    },
    Case {
        id: "C12", section: "A 1.4.3.3 (1)",
        title: ["取得凭据后更正账单", "The bill is corrected"],
        todo: ["取得凭据后退回，更正账单，填写新的金额；再付款。", "Go back after the certificate, correct the bill, tell the new amount; then pay."],
        played: ["一切正常", "all goes well"],
        scans: &[("A", "signed")],
        needs: &["cert", "corrected"],
        rules: &[
            f("new-serial", "A 1.4.3.3 (1)", ["新的金额用新的流水号", "the new amount has a new serial number"], |c| c.serial_of_two_amounts()),
            f_yes("both-charged", "A 1.4.3.3 (2)", ["两个金额都扣款了吗？", "Were both charged?"]),
        ],
        ..ROW
    },
    Case {
        id: "C13", section: "A 1.5.2",
        title: ["两位参保人付款", "Two patients pay"],
        todo: ["先后（或在两个窗口）扫两位参保人的码，各付一笔。", "Scan two patients' codes, and pay one bill each."],
        played: ["一切正常", "all goes well"],
        scans: &[("A", "signed"), ("B", "signed")],
        needs: &["everyone", "cert"],
        rules: &[f("own-serial", "A 1.5.2", ["每位参保人有自己的流水号", "each has a serial number of its own"], |c| c.serial_shared())],
        ..ROW
    },
    Case {
        id: "C14", section: "A 1.5.2",
        title: ["金额的写法", "How the amount is written"],
        todo: ["无需另外操作：按验收期间到达中心的全部请求判定。", "Nothing: judged by every request that comes during the run."],
        played: ["–", "–"],
        scope: Scope::Run,
        needs: &["cert"],
        rules: &[
            f("decimal", "A 1.5.2", ["ownPaySetlAmt 是字符串，十进制，不超过 20 个字符", "ownPaySetlAmt is text, decimal, 20 characters at most"], |c| c.bad_amount()),
            w("two-decimals", ADVICE, ["写到两位小数", "written with two decimals"], |c| c.not_two_decimals()),
        ],
        ..ROW
    },
    Case {
        id: "C15", section: "A 1.5.2",
        title: ["付款凭据为空", "An empty certificate"],
        todo: ["扫码付款；失败后点“我已操作”，再试一次。", "Scan and pay; when it fails press \"I pressed it\" and try again."],
        played: ["payCert 先是空字符串，再是空格", "payCert is empty, then blanks"],
        scans: &[("A", "signed")],
        plays: &[nth(CERTIFICATE, 1, Say("emptycert")), super::always(Some(CERTIFICATE), Say("blankcert"))],
        needs: &["cert"],
        rules: &[f_yes("charged", "A 1.4.3.2 (9)", CHARGED)],
        ..ROW
    },
    Case {
        id: "C16", section: "A 1.4.3.3 (4)",
        title: ["亲情账户代展码", "A child's code from a family account"],
        todo: ["以一位儿童为患者，扫码付款。", "Pay for a child as the patient."],
        played: ["支付渠道用户名（张*三）不是患者本人", "the account's name (张*三) is not the patient's"],
        scans: &[("A", "signed")],
        needs: &["sign"],
        rules: &[
            f_yes("refused", "A 1.4.3.3 (4)", ["HIS 因姓名不一致而拒绝付款吗？", "Did the HIS refuse for the name's sake?"]),
            w_no("name-shown", "A 1.5.1 payChnlUserName", ["HIS 显示了支付账户名吗？", "Did the HIS show the account's name?"]),
        ],
        ..ROW
    },
    Case {
        id: "C17", section: "A 1.4.4 (2)",
        title: ["凭据在扣款前过期", "The certificate expires before the charge"],
        todo: ["取得凭据后扣款：模拟渠道称凭据已失效；用自己的渠道时请等凭据过期。再按 HIS 的提示付款。", "Charge: the sandbox's channel says that the certificate is void; with a channel of your own wait until it is. Then pay as the HIS says."],
        played: ["第一张凭据签发后即失效", "the first certificate is void as soon as it is issued"],
        scans: &[("A", "signed")],
        plays: &[nth(CERTIFICATE, 1, Void)],
        needs: &["cert"],
        rules: &[
            f("same-bill", "A 1.4.4 (2)", ["重新取凭据用同一流水号、同一金额", "the same serial number and amount again"], |c| c.another_serial().or_else(|| c.another_amount())),
            f_no("first-not-charged", "A 1.4.3.3 (2)", ["第一张凭据没有扣款，是吗？", "Was the first certificate left uncharged?"]),
        ],
        ..ROW
    },
    Case {
        id: "C18", section: "A 1.7 -6、500084",
        title: ["触发限流", "The rate limit"],
        todo: ["扫码付款；每次重试之前点“我已操作”，直到付款完成。", "Scan and pay; press \"I pressed it\" before each retry, until it is paid."],
        played: ["两个服务的第 1 次请求各返回 -6、500084，之后正常", "the first request of each service answers -6 or 500084, then all is well"],
        scans: &[("A", "signed")],
        plays: &[nth(SIGNED, 1, Say("codem6")), nth(CERTIFICATE, 1, Say("code500084"))],
        needs: &["sign"],
        rules: &[
            w("not-at-once", "A 500084", ["1 秒之内不重试", "not asked again within 1 s"], |c| c.again_at_once(&[SIGNED, CERTIFICATE])),
            f_yes("charged", "A 1.4.3.2 (9)", WITHOUT),
        ],
        ..ROW
    },
    Case {
        id: "C19", section: "A 1.1 判断逻辑",
        title: ["返回码 0，success 为 false", "Code 0, success false"],
        todo: ["先后扫甲、乙两位参保人的码，尝试付款。", "Scan A's and B's codes, and try to pay."],
        played: ["甲查询状态、乙取凭据时，返回码 0 但 success 为 false", "success is false for A's signedQuery and for B's genPayCert"],
        scans: &[("A", "signed"), ("B", "signed")],
        plays: &[to("A", SIGNED, Say("sfalse-signed")), to("B", CERTIFICATE, Say("sfalse-signed"))],
        needs: &["everyone", "sign"],
        rules: &[
            f("no-certificate", "A 1.1", ["查询失败之后不取付款凭据", "no certificate after the query that failed"], |c| c.unsigned_certificate()),
            f_yes("charged", "A 1.1", CHARGED),
        ],
        ..ROW
    },
];

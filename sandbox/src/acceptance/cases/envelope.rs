//! E: envelope and transport (both documents, 1.1–1.3).

use super::Act::{Chance, Meet};
use super::{ADVICE, Case, ROW, Scope, always, f, f_no, f_yes, nth, w, w_no};
use crate::acceptance::evidence::{CERTIFICATE, STATUS};
use crate::fault::Fault;

const DONE: [&str; 2] = ["HIS 结算或扣款了吗？", "Did the HIS settle or charge?"];
const NOTHING: [&str; 2] = [
    "无需另外操作：按验收期间到达中心的全部请求判定。",
    "Nothing: judged by every request that comes during the run.",
];
const EITHER: [&str; 2] = [
    "扫码，发起线上密码核验，或用一码付付款。",
    "Scan, start the online check, or pay by one-code pay.",
];

const ANY: &[&str] = &["notc|stas|sign|cert"];

/// What the tester enters, and what has to arrive: common characters, rare ones of three and of four
/// bytes, and the middle dot of many names.
pub(crate) const INSTITUTION: &str = "测试医院䶮𠮷";
pub(crate) const OPERATOR: &str = "阿依古丽·𠮷䶮";

/// How many of a hundred requests meet a fault in E14.
const SHARE: u8 = 30;

#[rustfmt::skip] // A row is read at a glance.
pub(super) const CASES: &[Case] = &[
    Case {
        id: "E01", section: "A、B 1.3.1",
        title: ["加密", "The seal"], todo: NOTHING, played: ["–", "–"],
        scope: Scope::Run, needs: ANY,
        rules: &[f("sealed", "A、B 1.3.1", ["encData 为 SM4/ECB/PKCS#7 密文的大写十六进制", "encData is the upper-case hex of SM4/ECB/PKCS#7"], |c| c.badly_sealed())],
        ..ROW
    },
    Case {
        id: "E02", section: "A、B 1.3.2.1",
        title: ["时间戳", "The time stamp"], todo: NOTHING, played: ["–", "–"],
        scope: Scope::Run, needs: ANY,
        rules: &[
            f("timestamp", "A、B 1.3.2.1", ["timestamp 是 13 位数字的字符串，相差不到 10 分钟", "timestamp is 13 digits as text, less than ten minutes off"], |c| c.bad_timestamp()),
            w("clock", ADVICE, ["时钟相差不到 1 分钟", "the clock is less than a minute off"], |c| c.clock_is_off()),
        ],
        ..ROW
    },
    Case {
        id: "E03", section: "A、B 1.3.2.1",
        title: ["公共参数", "The public parameters"], todo: NOTHING, played: ["–", "–"],
        scope: Scope::Run, needs: ANY,
        rules: &[
            f("version", "A、B 1.3.2.1", ["version 为 1.0.0", "version is 1.0.0"], |c| c.bad_version()),
            f("reqtType", "A、B 1.3.2.1", ["reqtType 为登记的形式", "reqtType is of the registered form"], |c| c.unregistered()),
            f("all-five", "A、B 1.3.2.1", ["五个公共参数齐全，都是字符串", "all five are there, as text"], |c| c.missing_parameter()),
        ],
        ..ROW
    },
    Case {
        id: "E04", section: "A、B 1.1",
        title: ["提交方式与编码", "Method and encoding"], todo: NOTHING, played: ["–", "–"],
        scope: Scope::Run, needs: ANY,
        rules: &[
            f("form", "A、B 1.1", ["POST，JSON，UTF-8", "POST, JSON, UTF-8"], |c| c.bad_form()),
            w("charset", ADVICE, ["Content-Type 写明 charset", "Content-Type names the charset"], |c| c.no_charset()),
        ],
        ..ROW
    },
    Case {
        id: "E05", section: "A 1.5、B 1.7",
        title: ["必填字段", "The fields"], todo: NOTHING, played: ["–", "–"],
        scope: Scope::Run, needs: ANY,
        rules: &[
            f("fields", "A 1.5、B 1.7", ["必填字段齐全，不超长", "required fields are there, and not too long"], |c| c.bad_field()),
            w("orgCodg", "B 1.6.2 (2) A", ["orgCodg 以 H 或 P 开头", "orgCodg begins with H or P"], |c| c.odd_institution()),
        ],
        ..ROW
    },
    Case {
        id: "E06", section: "A、B 1.1",
        title: ["生僻字与间隔号", "Rare characters"],
        todo: [
            "把机构名称设为“测试医院䶮𠮷”、经办人姓名设为“阿依古丽·𠮷䶮”，发起线上密码核验，或用一码付付款。",
            "Set the institution to 测试医院䶮𠮷 and the operator to 阿依古丽·𠮷䶮, then start the online check or pay.",
        ],
        played: ["一切正常", "all goes well"],
        scans: &[("A", "auto1-signed")],
        needs: &["notc|sign|cert"],
        rules: &[f("names", "A、B 1.1", ["机构名称、经办人姓名原样到达", "both names arrive as they were entered"], |c| {
            let institution = c.name_arrives_otherwise("orgName", INSTITUTION);
            institution.or_else(|| c.name_arrives_otherwise("opterName", OPERATOR))
        })],
        ..ROW
    },
    Case {
        id: "E07", section: "A 1.7、B 1.9 须对异常信息进行处理和提示",
        title: ["规范未列出的返回码", "A code that no document lists"],
        todo: EITHER,
        played: ["每次请求都返回 599999 和一条信息", "each request answers 599999 with a message"],
        scans: &[("A", "code599999")],
        needs: ANY,
        rules: &[
            f_yes("done", "A 1.7、B 1.9", DONE),
            f_no("message", "A 1.7、B 1.9", ["HIS 显示了返回的信息吗？", "Did the HIS show the message?"]),
        ],
        ..ROW
    },
    Case {
        id: "E08", section: "A 1.7、B 1.9 -4",
        title: ["权限校验异常", "Permission refused"],
        todo: EITHER,
        played: ["每次请求都返回 -4", "each request answers -4"],
        scans: &[("A", "codem4")],
        needs: ANY,
        rules: &[
            f_yes("done", "A 1.7、B 1.9", DONE),
            f_no("whom-to-call", "A 1.7、B 1.9", ["HIS 说明了该联系谁吗？", "Did the HIS say whom to call?"]),
        ],
        ..ROW
    },
    Case {
        id: "E09", section: "A、B 1.1 HTTPS",
        title: ["证书不对的三个地址", "Three bad certificates"],
        todo: ["把服务地址依次设为“配置”页列出的 https-expired、https-wrong-name、https-self-signed，各发起一次请求；然后点“完成，判定”。", "Set the address to https-expired, https-wrong-name and https-self-signed of the set-up page in turn, and send a request to each; then close the case."],
        played: ["证书分别是已过期的、别的主机的、自签名的", "an expired certificate, another's, and one by nobody but itself"],
        scans: &[("A", "auto1-signed")],
        scope: Scope::Ports,
        needs: &["expired", "wrong-name", "self-signed"],
        rules: &[f("refused", "A、B 1.1", ["没有请求到达", "no request arrives"], |c| c.any_request())],
        ..ROW
    },
    Case {
        id: "E10", section: "–",
        title: ["302 跳转", "A redirection"],
        todo: EITHER,
        played: ["每次请求都返回 302，指向另一地址", "each request answers 302 to another address"],
        scans: &[("A", "auto1-signed")],
        plays: &[always(None, Meet(Fault::Redirect))],
        needs: ANY,
        rules: &[f("not-followed", ADVICE, ["不跟随跳转", "it does not follow"], |c| c.led_away())],
        ..ROW
    },
    Case {
        id: "E11", section: "–",
        title: ["应答 20 秒一点一点地来", "A reply that drips for 20 s"],
        todo: ["扫码，发起线上密码核验，或用一码付付款；等待期间试着操作 HIS 窗口。", "Scan, start the online check, or pay; use the window while it waits."],
        played: ["应答每 100 毫秒一个字节，20 秒后断开，并不完整", "a byte each 100 ms, cut off after 20 s"],
        scans: &[("A", "auto1-signed")],
        plays: &[always(None, Meet(Fault::DripCut))],
        needs: ANY,
        rules: &[
            w_no("usable", ADVICE, ["等待期间窗口可以操作吗？", "Did the window stay usable?"]),
            f_yes("done", "A、B 1.1", DONE),
        ],
        ..ROW
    },
    Case {
        id: "E12", section: "A、B 1.3.2.2",
        title: ["未列出的字段", "Fields that no document lists"],
        todo: EITHER,
        played: ["内外层应答都多出字段，次序不同，并有空白", "more fields in the outer and inner reply, in another order, with white space"],
        scans: &[("A", "auto1-signed")],
        plays: &[always(None, Meet(Fault::Unlisted))],
        needs: ANY,
        rules: &[f_no("understood", "A、B 1.3.2.2", ["HIS 正常识别了应答吗？", "Did the HIS understand the replies?"])],
        ..ROW
    },
    Case {
        id: "E13", section: "A、B 1.3.2.2",
        title: ["应答没有可用的数据", "Replies without usable data"],
        todo: ["扫码，查询核验状态或取付款凭据，共四次。", "Scan, query the status or ask for a certificate, four times."],
        played: ["依次为：data 为 null，没有 data，encData 用另一密钥加密，十六进制被截短", "data null, no data, encData of another key, cut hex"],
        scans: &[("A", "auto1-signed")],
        plays: &[
            nth(STATUS, 1, Meet(Fault::DataNull)), nth(STATUS, 2, Meet(Fault::NoData)),
            nth(STATUS, 3, Meet(Fault::WrongKey)), always(Some(STATUS), Meet(Fault::OddHex)),
            nth(CERTIFICATE, 1, Meet(Fault::DataNull)), nth(CERTIFICATE, 2, Meet(Fault::NoData)),
            nth(CERTIFICATE, 3, Meet(Fault::WrongKey)), always(Some(CERTIFICATE), Meet(Fault::OddHex)),
        ],
        needs: &["stas|cert"],
        rules: &[f_yes("done", "A、B 1.3.2.2", DONE)],
        ..ROW
    },
    Case {
        id: "E14", section: "–",
        title: ["十位参保人的混乱", "Chaos over ten patients"],
        todo: ["为十位参保人逐一办理线上密码核验并付款，按 HIS 的提示办到底。", "Check and pay for ten patients, one after the other, as the HIS says."],
        played: ["三成请求遇到某种故障，由本次验收的种子决定", "three of ten requests meet some fault, decided by the run's seed"],
        scans: &[
            ("1", "auto1-signed"), ("2", "auto1-signed"), ("3", "auto1-signed"), ("4", "auto1-signed"), ("5", "auto1-signed"),
            ("6", "auto1-signed"), ("7", "auto1-signed"), ("8", "auto1-signed"), ("9", "auto1-signed"), ("10", "auto1-signed"),
        ],
        plays: &[always(None, Chance(SHARE))],
        needs: &["everyone"],
        rules: &[
            f_yes("harm", ADVICE, ["有未经核验的结算，或重复、错误的扣款吗？", "Was there a settlement without verification, or a double or wrong charge?"]),
            f("channel", "A 1.4.3.3 (2)", ["模拟支付渠道对同一流水号只扣一次", "the sandbox's channel charged a serial number once"], |c| c.charged_twice()),
        ],
        ..ROW
    },
];

//! P: the online password check (document B).

use super::Act::{Meet, Say};
use super::{ADVICE, Case, ROW, Scope, always, f, f_no, f_yes, nth, w, w_no};
use crate::acceptance::evidence::{NOTICE, STATUS};
use crate::fault::Fault;
use hyper::StatusCode;

const TIMEOUT: StatusCode = StatusCode::GATEWAY_TIMEOUT;

/// Asked wherever a settlement would be wrong, or is what should come.
const SETTLED: [&str; 2] = ["HIS 完成医保结算了吗？", "Did the HIS settle?"];

const ONE_NOTICE: [&str; 2] = [
    "没有测试人员的操作，不再发第二次通知",
    "no second notice without the tester",
];

#[rustfmt::skip] // A row is read at a glance.
pub(super) const CASES: &[Case] = &[
    Case {
        id: "P01", section: "B 1.4.3.2、1.6.2 (7)–(9)",
        title: ["核验通过后结算", "Verified, then settled"],
        todo: [
            "扫码，选择线上密码核验；在参保人手机上输入正确密码；在 HIS 中确认结算，随即回答“已结算”。",
            "Scan, choose the online check; enter the right password on the phone; settle, and say so at once.",
        ],
        played: ["一切正常", "all goes well"],
        scans: &[("A", "pwd")],
        scope: Scope::Strangers,
        needs: &["notc", "stas"],
        rules: &[
            f("verified-first", "B 1.6.2 (9)", ["结算之前，HIS 查询状态并得到“已核验”（或 500320）", "before it settles, the HIS has asked and was told \"verified\" (or 500320)"], |c| c.settled_unverified()),
            f("same-token", "B 1.7.2", ["状态查询与通知用同一个令牌", "the status query has the notice's token"], |c| c.status_of_another_token()),
            w("fresh", ADVICE, ["最后一次查到“已核验”距结算不超过 30 秒", "the last such query is no more than 30 s before"], |c| c.settled_late(30)),
            f_no("settled", "B 1.4.3.2 (6) B", SETTLED),
        ],
        ..ROW
    },
    Case {
        id: "P02", section: "B 1.6.2 (9) A",
        title: ["参保人不理会通知", "The patient ignores the notice"],
        todo: ["扫码，选择线上密码核验；手机上不作任何操作；在 HIS 中尝试结算。", "Scan, choose the online check; leave the phone alone; try to settle."],
        played: ["参保人一直未核验", "the patient never verifies"],
        scans: &[("A", "pwd")],
        needs: &["notc", "stas"],
        rules: &[
            f_yes("settled", "B 1.6.2 (9) A", SETTLED),
            f_no("reason", "B 1.6.2 (9) A", ["HIS 说明了不能结算的原因吗？", "Did the HIS say why it does not settle?"]),
        ],
        ..ROW
    },
    Case {
        id: "P03", section: "B 1.4.3.2 (4) A",
        title: ["通知时得知免密", "No password needed, said by the notice"],
        todo: ["扫码，选择线上密码核验，办理到结算为止。", "Scan, choose the online check, go on until it is settled."],
        played: ["通知返回 500320：无需输入密码", "the notice answers 500320"],
        scans: &[("A", "nopwd")],
        needs: &["notc"],
        rules: &[
            f_no("settled", "B 1.4.3.2 (4) A", SETTLED),
            f_yes("password-asked", "B 1.4.3.2 (4) A", ["HIS 还要求参保人输入密码吗？", "Did the HIS still ask for a password?"]),
            f("one-notice", "B 1.4.3.2 (4) A", ONE_NOTICE, |c| c.second_notice()),
        ],
        ..ROW
    },
    Case {
        id: "P04", section: "B 1.7.2",
        title: ["查询时得知免密", "No password needed, said by the status"],
        todo: ["扫码，选择线上密码核验，手机上不操作，在 HIS 中确认结算。", "Scan, choose the online check, leave the phone alone, settle."],
        played: ["通知成功，状态查询返回 500320", "the notice is delivered, the status answers 500320"],
        scans: &[("A", "nopwdstas")],
        needs: &["notc", "stas"],
        rules: &[f_no("settled", "B 1.7.2", SETTLED)],
        ..ROW
    },
    Case {
        id: "P05", section: "B 1.7.1、500319",
        title: ["通知发送失败", "The notice is refused"],
        todo: ["扫码，选择线上密码核验；失败后先点“我已操作”，重发一次；仍失败，改用线下核验。", "Scan, choose the online check; when refused press \"I pressed it\" and resend once; then take the offline check."],
        played: ["每次通知都返回 500319", "each notice answers 500319"],
        scans: &[("A", "code500319")],
        needs: &["notc"],
        rules: &[
            f("one-notice", "B 1.4.4 (5) A", ONE_NOTICE, |c| c.second_notice()),
            f_yes("settled-unchecked", "B 1.7.1", ["未经任何核验，HIS 结算了吗？", "Did the HIS settle without any check?"]),
            f_no("refusal-shown", "B 1.7.1", ["HIS 显示了通知失败及其原因吗？", "Did the HIS show that the notice failed, and why?"]),
        ],
        ..ROW
    },
    Case {
        id: "P06", section: "B 1.7.1",
        title: ["notcFlag 为 0", "notcFlag is 0"],
        todo: ["扫码，选择线上密码核验，看 HIS 提示什么。", "Scan, choose the online check, see what the HIS says."],
        played: ["返回码 0，但 notcFlag 为 0：通知失败", "code 0, but notcFlag 0: not delivered"],
        scans: &[("A", "notcfail")],
        needs: &["notc"],
        rules: &[
            f_yes("taken-as-delivered", "B 1.7.1", ["HIS 当作通知已送达、让收费员等待了吗？", "Did the HIS take it as delivered, and have the cashier wait?"]),
            w("no-polling", ADVICE, ["通知未送达时不查询状态", "no status query where no notice was delivered"], |c| c.any_of(STATUS)),
        ],
        ..ROW
    },
    Case {
        id: "P07", section: "B 1.4.4 (5) A",
        title: ["参保人未见通知，重新发起", "The patient sees nothing; sent again"],
        todo: ["扫码，选择线上密码核验；参保人称未收到；点“我已操作”，再由收费员重新发起通知（不重新扫码）。", "Scan, choose the online check; the patient sees nothing; press \"I pressed it\", and send again without a new scan."],
        played: ["通知都返回成功，参保人不核验", "notices are delivered; the patient does nothing"],
        scans: &[("A", "pwd")],
        scope: Scope::Strangers,
        needs: &["notc"],
        rules: &[
            f("same-token", "B 1.4.4 (5) A", ["重新通知用同一个令牌", "sent again with the same token"], |c| c.notices_of_two_tokens()),
            f_no("resend-possible", "B 1.4.4 (5) A", ["HIS 能由收费员重新发起通知吗？", "Can the cashier send the notice again?"]),
        ],
        ..ROW
    },
    Case {
        id: "P08", section: "B 500318、500321、1.4.4 (5) E",
        title: ["渠道不支持，换一个应用展码", "Another app's code"],
        todo: ["依次扫第 1、2 个码，都被拒；再扫第 3 个码（另一个应用），完成核验。", "Scan codes 1 and 2, which are refused; then code 3, of another app, and verify."],
        played: ["第 1 个码返回 500318，第 2 个返回 500321，第 3 个正常", "code 1 answers 500318, code 2 500321, code 3 is fine"],
        scans: &[("A", "code500318"), ("A", "code500321"), ("A", "auto1")],
        needs: &["notc", "each-code"],
        rules: &[
            f("new-token", "B 1.4.4 (5) E", ["换码之后不再使用旧令牌", "the old token is not used any more"], |c| c.old_token_again()),
            w_no("other-app", "B 1.4.4 (5) E", ["HIS 提示可换一个应用展码吗？", "Did the HIS propose another app?"]),
        ],
        ..ROW
    },
    Case {
        id: "P09", section: "B 500001、500008",
        title: ["码已失效，重新扫码", "An expired code, scanned again"],
        todo: ["依次扫第 1、2 个码，都已失效；再扫第 3 个码，完成核验。", "Scan codes 1 and 2, which have expired; then code 3, and verify."],
        played: ["第 1 个码返回 500001，第 2 个返回 500008，第 3 个正常", "code 1 answers 500001, code 2 500008, code 3 is fine"],
        scans: &[("A", "code500001"), ("A", "code500008"), ("A", "auto1")],
        needs: &["notc", "each-code"],
        rules: &[
            f("new-token", "B 1.9", ["失效的令牌不再使用", "a token that was refused is not used again"], |c| c.refused_token_again()),
            w_no("scan-again", ADVICE, ["HIS 提示重新扫码吗？", "Did the HIS say \"scan again\"?"]),
        ],
        ..ROW
    },
    Case {
        id: "P10", section: "B 1.4.3.2 (8) A",
        title: ["通知生效后断线", "The connection is lost after the notice"],
        todo: ["扫码，选择线上密码核验；看 HIS 如何处理，不要重发。", "Scan, choose the online check; see what the HIS does; do not resend."],
        played: ["通知已生效，应答之前断线", "the notice takes effect, the connection is lost before the reply"],
        scans: &[("A", "pwd")],
        plays: &[nth(NOTICE, 1, Meet(Fault::ProcessReset))],
        needs: &["notc"],
        rules: &[
            f("one-notice", "B 1.4.3.2 (8) A", ONE_NOTICE, |c| c.second_notice()),
            f_no("offline-offered", "B 1.4.3.2 (8) A", ["HIS 引导改用线下核验吗？", "Did the HIS offer the offline check?"]),
        ],
        ..ROW
    },
    Case {
        id: "P11", section: "B 1.4.3.2 (8) A",
        title: ["通知 20 秒没有应答", "No reply to the notice for 20 s"],
        todo: ["扫码，选择线上密码核验；等待期间试着操作 HIS 窗口，不要重发。", "Scan, choose the online check; use the window while it waits; do not resend."],
        played: ["通知已生效，20 秒之后才应答", "the notice takes effect, the reply is 20 s late"],
        scans: &[("A", "pwd")],
        plays: &[nth(NOTICE, 1, Meet(Fault::Slow(20_000)))],
        needs: &["notc"],
        rules: &[
            f("one-notice", "B 1.4.3.2 (8) A", ONE_NOTICE, |c| c.second_notice()),
            f_no("offline-offered", "B 1.4.3.2 (8) A", ["HIS 引导改用线下核验吗？", "Did the HIS offer the offline check?"]),
            w_no("usable", ADVICE, ["等待期间窗口可以操作吗？", "Did the window stay usable?"]),
        ],
        ..ROW
    },
    Case {
        id: "P12", section: "B 1.4.3.2 (6)",
        title: ["第一次状态查询丢失应答", "The first status reply is lost"],
        todo: ["扫码，选择线上密码核验，等参保人核验后结算。", "Scan, choose the online check, settle when verified."],
        played: ["第一次查询丢失应答，第二次返回已核验", "the first reply is lost, the second says verified"],
        scans: &[("A", "auto1")],
        plays: &[nth(STATUS, 1, Meet(Fault::ProcessClose))],
        needs: &["stas"],
        rules: &[
            f_yes("settled-after-first", "B 1.4.3.2 (6) A", ["第一次查询没有应答，HIS 就结算了吗？", "Did the HIS settle after the query without a reply?"]),
            w("asked-again", ADVICE, ["再查一次状态", "it asks again"], |c| c.never_asked_again()),
        ],
        ..ROW
    },
    Case {
        id: "P13", section: "B 1.4.3.2 (6)",
        title: ["网关代替中心应答查询", "A gateway answers the status"],
        todo: ["扫码，选择线上密码核验；不断查询或尝试结算，直到成功。", "Scan, choose the online check; ask or try to settle until it is done."],
        played: ["状态查询依次得到 504 HTML、504 JSON、200 HTML，然后正常返回已核验", "504 HTML, 504 JSON and 200 HTML in turn, then verified"],
        scans: &[("A", "auto1")],
        plays: &[
            nth(STATUS, 1, Meet(Fault::GatewayHtml(TIMEOUT))),
            nth(STATUS, 2, Meet(Fault::GatewayJson(TIMEOUT))),
            nth(STATUS, 3, Meet(Fault::Html)),
        ],
        needs: &["stas"],
        rules: &[f_yes("settled-on-gateway", "B 1.4.3.2 (6) A", ["凭网关的应答，HIS 就结算了吗？", "Did the HIS settle on a gateway's reply?"])],
        ..ROW
    },
    Case {
        id: "P14", section: "B 1.7.2",
        title: ["先输错两次密码", "A wrong password twice"],
        todo: ["扫码，选择线上密码核验；在手机上输错两次，每次之后尝试结算；再输入正确密码，结算。", "Scan, choose the online check; a wrong password twice, each time try to settle; then the right one, and settle."],
        played: ["前两次密码错误，第三次正确", "two wrong passwords, then the right one"],
        scans: &[("A", "pwd")],
        needs: &["notc", "stas", "right"],
        rules: &[
            f_yes("settled-early", "B 1.7.2", ["输入正确密码之前，HIS 结算了吗？", "Did the HIS settle before the right password?"]),
            f("no-giving-up", "B 1.4.3.2 (6)", ["输入正确密码之后仍会查询状态", "it still asks after the right password"], |c| c.gave_up()),
        ],
        ..ROW
    },
    Case {
        id: "P15", section: "B 1.1 判断逻辑",
        title: ["返回码 0，success 为 false", "Code 0, success false"],
        todo: ["扫码，选择线上密码核验，尝试结算。", "Scan, choose the online check, try to settle."],
        played: ["状态查询返回码 0、checkStas 1，但 success 为 false", "the status has code 0 and checkStas 1, but success is false"],
        scans: &[("A", "pwd")],
        plays: &[always(Some(STATUS), Say("sfalse-flag1"))],
        needs: &["stas"],
        rules: &[f_yes("settled", "B 1.1", SETTLED)],
        ..ROW
    },
    Case {
        id: "P16", section: "B 1.7.2",
        title: ["状态值不在规范之内", "States that no document lists"],
        todo: ["扫码，选择线上密码核验；不断查询或尝试结算，直到成功。", "Scan, choose the online check; ask or try to settle until it is done."],
        played: ["checkStas 先是 9，再是缺失，然后是数字 1", "checkStas is 9, then missing, then 1 as a number"],
        scans: &[("A", "pwd")],
        plays: &[
            nth(STATUS, 1, Say("flagx")),
            nth(STATUS, 2, Say("noflag-auto1")),
            always(Some(STATUS), Say("numflag-auto1")),
        ],
        needs: &["stas"],
        rules: &[
            f_yes("settled-on-nothing", "B 1.7.2", ["凭 9 或缺失的状态，HIS 结算了吗？", "Did the HIS settle on 9 or on nothing?"]),
            w_no("number", ADVICE, ["状态为数字 1 时，HIS 认作已核验吗？", "Did the HIS take the number 1 as verified?"]),
        ],
        ..ROW
    },
    Case {
        id: "P17", section: "B 1.9 -6、500084",
        title: ["查询触发限流", "Polling meets the rate limit"],
        todo: ["扫码，选择线上密码核验；让 HIS 自行查询，直到核验通过，先不要结算。由您点击的查询，请先点“我已操作”。", "Scan, choose the online check; let the HIS ask until verified, and do not settle yet. Press \"I pressed it\" before a query of your own."],
        played: ["第 2 次查询返回 -6，第 3 次返回 500084，之后正常", "the second query answers -6, the third 500084, then all is well"],
        scans: &[("A", "auto2")],
        plays: &[nth(STATUS, 2, Say("codem6")), nth(STATUS, 3, Say("code500084"))],
        needs: &["stas"],
        rules: &[
            w("pace", ADVICE, ["两次查询至少相隔 1 秒", "no faster than once a second"], |c| c.polls_too_fast()),
            w("slower", "B 500084", ["触发限流后查得更慢", "slower after the rate limit"], |c| c.polls_on_as_fast()),
            f_yes("gave-up", "B 500084", ["HIS 就此放弃，再也不能核验了吗？", "Did the HIS give up for good?"]),
        ],
        ..ROW
    },
    Case {
        id: "P18", section: "–",
        title: ["等待时取消", "Called off while waiting"],
        todo: ["扫码，选择线上密码核验；等待时在 HIS 中取消，随即点“已取消”。", "Scan, choose the online check; call it off while it waits, and say so."],
        played: ["参保人一直未核验", "the patient never verifies"],
        scans: &[("A", "pwd")],
        needs: &["notc", "cancelled"],
        rules: &[
            w("quiet", ADVICE, ["取消 2 秒之后不再有请求", "no request later than 2 s after"], |c| c.after_cancelling(2000)),
            f_yes("settled", "B 1.6.2 (9) A", SETTLED),
        ],
        ..ROW
    },
    Case {
        id: "P19", section: "B 1.7.1 若有应必传",
        title: ["预结算的费用总额", "The total of the pre-settlement"],
        todo: ["做一次预结算，填写 HIS 显示的医疗费总额；再发起线上密码核验。", "Pre-settle, tell the total that the HIS shows; then start the online check."],
        played: ["一切正常", "all goes well"],
        scans: &[("A", "auto1")],
        needs: &["notc", "total"],
        rules: &[
            f("sent", "B 1.7.1", ["有预结算时传 totalAmount", "totalAmount is sent where there is one"], |c| c.total(|sent, _| sent.is_null())),
            f("right", "B 1.7.1", ["totalAmount 与 HIS 显示的一致", "totalAmount is what the HIS shows"], |c| c.total(|sent, figure| !sent.is_null() && !same(sent, figure))),
            w("number", "B 1.7.1 BigDecimal", ["totalAmount 是数值，不是字符串", "totalAmount is a number, not text"], |c| c.total(|sent, _| sent.is_string())),
        ],
        ..ROW
    },
    Case {
        id: "P20", section: "B 1.4.3.2 (3) A",
        title: ["非医保结算类业务", "Not an insurance settlement"],
        todo: ["扫码，办理非结算类业务（如查询）；完成后点“我已操作”，再点“完成，判定”。", "Scan, do something that is no settlement; then press \"I pressed it\" and close the case."],
        played: ["–", "–"],
        scans: &[("A", "pwd")],
        scope: Scope::Strangers,
        needs: &["pressed"],
        rules: &[f("silent", "B 1.4.3.2 (3) A", ["不发任何请求", "no request"], |c| c.any_request())],
        ..ROW
    },
    Case {
        id: "P21", section: "B 1.5.3.2、1.6.2 (8) A",
        title: ["实体卡，终端刷脸", "A card, then a terminal's face check"],
        todo: ["用实体卡结算一次；再用医保终端刷脸结算一次；然后点“完成，判定”。", "Settle once with a card, once with a face check; then close the case."],
        played: ["–", "–"],
        scans: &[("A", "pwd")],
        scope: Scope::Strangers,
        rules: &[
            f("silent", "B 1.6.2 (8) A", ["非二维码介质不走线上核验", "no online check where no code was shown"], |c| c.any_request()),
            f_yes("settled-unchecked", "B 1.5.3.2 (2)", ["用实体卡而未输入密码，HIS 结算了吗？", "Did the HIS settle with a card and no password?"]),
        ],
        ..ROW
    },
    Case {
        id: "P22", section: "B 1.6.2 (8) B",
        title: ["展码，但选择线下核验", "A code, but the offline check"],
        todo: ["扫码，选择线下密码核验；先不输密码尝试结算，再完成线下核验；然后点“完成，判定”。", "Scan, choose the offline check; try to settle before the password, then do the check; then close the case."],
        played: ["–", "–"],
        scans: &[("A", "pwd")],
        rules: &[
            f_yes("settled-unchecked", "B 1.6.2 (8) B", ["没有线下核验结果，HIS 结算了吗？", "Did the HIS settle without the offline result?"]),
            w("no-notice", ADVICE, ["选择线下核验时不发线上通知", "no notice where the offline check was chosen"], |c| c.any_of(NOTICE)),
        ],
        ..ROW
    },
    Case {
        id: "P23", section: "B 1.6.2 (8)–(9)",
        title: ["两个窗口同时核验", "Two windows at once"],
        todo: ["两个窗口各扫一位参保人的码，同时发起核验；只有甲核验；两边都尝试结算。", "One patient at each of two windows, both started; only A verifies; try to settle both."],
        played: ["甲已核验，乙一直未核验", "A verifies, B never does"],
        scans: &[("A", "auto1"), ("B", "pwd")],
        needs: &["everyone", "stas"],
        rules: &[
            f_yes("other-settled", "B 1.6.2 (9) A", ["未核验的乙，HIS 结算了吗？", "Did the HIS settle B, who had not verified?"]),
            f("windows", "B 1.7.2", ["令牌不串窗口", "each token stays in its window"], |c| c.windows_mixed()),
        ],
        ..ROW
    },
];

/// Whether that is the figure, whatever zeros it is written with.
fn same(sent: &serde_json::Value, figure: &str) -> bool {
    let digits = sent
        .as_str()
        .map_or_else(|| sent.to_string(), str::to_owned);
    crate::acceptance::predicates::plain(&digits) == crate::acceptance::predicates::plain(figure)
}

//! What the centre's answer to the self-test says of the set-up.

use super::Outcome;
use super::way::describe;
use crate::catalogue::codes::{EV_BUSINESS, EV_OK};
use crate::catalogue::services::SELF_TEST;
use crate::client::Client;
use crate::client::clock::Off;
use crate::config::Config;
use crate::error::{Delivery, Text, text};
use crate::transport::HttpReply;

/// The longest text of the centre that is repeated, in characters.
const MAX_SAID: usize = 200;

/// What the centre's answer says about key and orgId.
pub(super) fn judge(
    client: &Client,
    answer: &HttpReply,
    org_codg_configured: bool,
    off: Option<Off>,
) -> Outcome {
    let reply = match client.read(Some(&SELF_TEST), answer) {
        Ok(reply) => reply,
        Err(failure) => {
            return Outcome {
                code: failure.code,
                from_centre: false,
                delivery: failure.delivery,
                message: describe(&failure),
            };
        }
    };
    let code = reply.code;
    let said = one_line(&reply.message);
    let answered = |code, message| Outcome {
        code,
        from_centre: true,
        delivery: Delivery::Answered,
        message,
    };
    match code {
        // It has opened the request, to find that its token is nobody's.
        -2 if is_about_token(&said) => answered(
            EV_OK,
            text!(
                "正常，中心已接受 orgId 和密钥，只是不认自检用的 token（{code}，“{said}”）",
                "all is well: the centre accepts orgId and key, if not the token of this test ({code}, \"{said}\")"
            ),
        ),
        -2 | -4 => answered(code, refused(client.config(), code, &said, off)),
        -5 => answered(
            code,
            text!(
                "中心没有这个地址（{code}，“{said}”），请核对 localUrl 的路径",
                "the centre has no such address ({code}, \"{said}\"): check the path of localUrl"
            ),
        ),
        500316 if org_codg_configured => answered(
            code,
            text!(
                "中心已接受 orgId 和密钥，但 defaults.orgCodg 不对（{code}，“{said}”），应为 H 或 P 开头的国家机构代码",
                "the centre accepts orgId and key, but defaults.orgCodg is wrong ({code}, \"{said}\"): the national institution code, which begins with H or P"
            ),
        ),
        500100 => answered(
            EV_OK,
            text!(
                "中心已接受 orgId 和密钥，但未对其开通线上密码核验（{code}，“{said}”）",
                "the centre accepts orgId and key, but has not opened the online password check to them ({code}, \"{said}\")"
            ),
        ),
        EV_OK | EV_BUSINESS | 500_000..=599_999 => answered(
            EV_OK,
            text!(
                "正常，中心已接受 orgId 和密钥",
                "all is well: the centre accepts orgId and key"
            ),
        ),
        _ => answered(
            code,
            text!(
                "中心有应答，但看不出是否接受 orgId 和密钥（{code}，“{said}”），请稍后再试或咨询中心",
                "the centre answers, but not whether it accepts orgId and key ({code}, \"{said}\"): try again later, or ask the centre"
            ),
        ),
    }
}

/// What may be wrong where a centre refuses a request, with the words by which its text names it.
/// The texts of the codes themselves name nothing.
#[rustfmt::skip]
const SUSPECTS: [(&[&str], &str, &str); 4] = [
    (&["orgid", "业务系统编码"], "orgId", "orgId"),
    (&["encdata", "解密", "密钥", "decrypt"], "sm4Key 和 keyFormat", "sm4Key and keyFormat"),
    (&["reqttype", "请求方标识", "区划"], "reqtType（或 reqtPrefix、admdvs）", "reqtType (or reqtPrefix and admdvs)"),
    (&["timestamp", "时间戳"], "本机时钟", "this machine's clock"),
];

/// How a centre's text names the token, which is this test's own and none of the set-up's.
const TOKEN_WORDS: [&str; 2] = ["token", "令牌"];

fn is_about_token(said: &str) -> bool {
    let lower = said.to_lowercase();
    let named = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    named(&TOKEN_WORDS) && !SUSPECTS.iter().any(|(words, ..)| named(words))
}

fn refused(config: &Config, code: i32, said: &str, off: Option<Off>) -> Text {
    let lower = said.to_lowercase();
    let named = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let any = SUSPECTS.iter().any(|(words, ..)| named(words));
    let suspects = || {
        SUSPECTS
            .iter()
            .filter(move |(words, ..)| !any || named(words))
    };
    let zh: Vec<_> = suspects().map(|(_, zh, _)| *zh).collect();
    let en: Vec<_> = suspects().map(|(.., en)| *en).collect();
    let (zh, en) = (zh.join("、"), en.join(", "));
    let mut parts = vec![text!(
        "中心拒绝了请求（{code}，“{said}”），请核对 {zh}",
        "the centre refused the request ({code}, \"{said}\"): check {en}"
    )];
    if code == -4 {
        let reqt_type = &config.reqt_type;
        parts.push(text!(
            "现在的 reqtType 是 {reqt_type}；两份规范的示例中，前半部分（reqtPrefix）都是 sys",
            "reqtType is {reqt_type} now; in both documents' examples it begins with sys (reqtPrefix)"
        ));
    }
    parts.extend(off.filter(Off::is_far).map(|off| off.describe()));
    Text::join(&parts)
}

/// The centre's text, as a part of one line.
fn one_line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.trim().chars().take(MAX_SAID).map(plain).collect()
}

//! A request of each service: what is refused has not been sent, and what was not sent says so.

use super::centre::{Answer, Centre};
use super::host::{Exchange, c_string, exchange, open};
use super::judge::KEY;
use super::reply::{outer, page};
use evoucher::ffi;
use std::sync::OnceLock;

const FUNCTIONS: [Exchange; 8] = [
    ffi::ev_token_pwd_check_notc,
    ffi::ev_token_pwd_stas,
    ffi::ev_signed_query,
    ffi::ev_gen_pay_cert,
    ffi::ev_report_charge,
    ffi::ev_verify_password,
    ffi::ev_settle_gate,
    ffi::ev_one_code_pay,
];

/// Byte 0: the function; 1: the buffer. The rest is the request.
pub fn request(data: &[u8]) {
    let [function, size, text @ ..] = data else {
        return;
    };
    static CENTRE: OnceLock<(Centre, i32)> = OnceLock::new();
    let (centre, client) = CENTRE.get_or_init(|| {
        let centre = Centre::start();
        let config = format!(
            r#"{{"localUrl":"{}","orgId":"o","admdvs":"350000","sm4Key":"{KEY}","timeoutMs":2000,"riskControl":"observe",
            "verify":{{"intervalMs":1,"timeoutMs":5}},"defaults":{{"orgName":"n","opterId":"1"}}}}"#,
            centre.url()
        );
        let client = open(config.as_bytes()).expect("a client");
        (centre, client)
    });
    let answer = Answer {
        bytes: page(
            "200 OK",
            &outer(br#"{"notcFlag":"1","checkStas":"1","stasFlag":"1","payCert":"C"}"#),
        ),
        ..Answer::default()
    };
    centre.tell(vec![answer; 8]);
    let function = FUNCTIONS[usize::from(*function) % FUNCTIONS.len()];
    let text = c_string(text);
    let said = exchange(function, *client, &text, usize::from(*size) * 16);
    let touched = centre.touched();
    match said.text("delivery") {
        "not_sent" => assert_eq!(touched, 0, "{}", said.json),
        "" | "unknown" | "answered" => {}
        other => panic!("{other}"),
    }
    if said.json["code"] == -10005 && said.json["data"]["steps"].is_null() {
        assert_eq!(touched, 0, "refused, and sent: {}", said.json);
    }
}

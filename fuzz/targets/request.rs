//! A request of each service: what is refused has not been sent, and what was not sent says so.

use super::centre::{Answer, Centre};
use super::host::{Charset, Exchange, c_string, clients, exchange_in};
use super::reply::{outer, page};
use evoucher::catalogue::codes::{EV_INVALID_REQUEST, EV_OK};
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

/// Those at the end are flows.
const FLOWS: usize = 5;

/// Byte 0: the function and the charset; 1: the buffer. The rest is the request.
pub fn request(data: &[u8]) {
    let [function, size, text @ ..] = data else {
        return;
    };
    static CENTRE: OnceLock<(Centre, [(Charset, i32); 3])> = OnceLock::new();
    let (centre, clients) = CENTRE.get_or_init(|| {
        let centre = Centre::start();
        let more =
            r#","verify":{"intervalMs":1,"timeoutMs":5},"defaults":{"orgName":"n","opterId":"1"}"#;
        let clients = clients(&centre.url(), more);
        (centre, clients)
    });
    let answer = Answer {
        bytes: page(
            "200 OK",
            &outer(br#"{"notcFlag":"1","checkStas":"1","stasFlag":"1","payCert":"C"}"#),
        ),
        ..Answer::default()
    };
    centre.tell(vec![answer; 8]);
    let which = usize::from(*function) % FUNCTIONS.len();
    let (charset, client) = clients[usize::from(*function) / FUNCTIONS.len() % clients.len()];
    let text = c_string(text);
    let size = usize::from(*size) * 16;
    let said = exchange_in(charset, FUNCTIONS[which], client, &text, size);
    let touched = centre.touched();
    match said.text("delivery") {
        "not_sent" => assert_eq!(touched, 0, "{}", said.json),
        "" | "unknown" | "answered" => {}
        other => panic!("{other}"),
    }
    if said.json["code"] == EV_INVALID_REQUEST && said.json["data"]["steps"].is_null() {
        assert_eq!(touched, 0, "refused, and sent: {}", said.json);
    }
    if charset.refuses(text.as_bytes()) {
        assert_ne!(said.json["code"], EV_OK, "garbled: {}", said.json);
        assert_eq!(touched, 0, "garbled, and sent: {}", said.json);
    }
    let may_go_on = matches!(said.text("next"), "settle" | "charge");
    if which >= FLOWS && said.json["code"] == EV_OK {
        assert!(may_go_on, "a flow's 0: {}", said.json);
    }
}

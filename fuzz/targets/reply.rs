//! A reply, from the first byte on the socket, split anywhere: nothing but a yes is one.

use super::centre::{Answer, Centre};
use super::host::{Charset, Exchange, c_string, clients, exchange_in};
use super::judge::{lets_charge, lets_settle, sealer};
use evoucher::ffi;
use std::sync::OnceLock;

const FUNCTIONS: [Exchange; 4] = [
    ffi::ev_token_pwd_check_notc,
    ffi::ev_token_pwd_stas,
    ffi::ev_signed_query,
    ffi::ev_gen_pay_cert,
];

/// Byte 0: the service, how the rest becomes a reply, whether it comes early, and the
/// client's charset; bytes 1 and 2: where it
/// is split; 3: the buffer. The rest is the reply as it is, its body, or what is sealed in it.
pub fn reply(data: &[u8]) {
    let [how, low, high, size, rest @ ..] = data else {
        return;
    };
    let bytes = match (how >> 2) % 8 {
        0 => rest.to_vec(),
        1 => page("200 OK", rest),
        2 => page("200 OK", &outer(rest)),
        3 => page("504 Gateway Timeout", &outer(rest)),
        4 => page("504 Gateway Timeout", rest),
        5 => page(
            "200 OK",
            &sealed(r#"{"code":0,"success":false,"data":{"encData":"#, rest),
        ),
        6 => page(
            "200 OK",
            &sealed(r#"{"code":500001,"data":{"encData":"#, rest),
        ),
        _ => page(
            "200 OK",
            &sealed(r#"{"message":"ok","data":{"encData":"#, rest),
        ),
    };
    static CENTRE: OnceLock<(Centre, [(Charset, i32); 3])> = OnceLock::new();
    let (centre, clients) = CENTRE.get_or_init(|| {
        let centre = Centre::start();
        let clients = clients(&centre.url(), "");
        (centre, clients)
    });
    let (charset, client) = clients[usize::from(how >> 6) % clients.len()];
    let split = usize::from(u16::from_le_bytes([*low, *high]));
    let early = how & 0x20 != 0;
    let answer = Answer {
        bytes: bytes.clone(),
        split,
        early,
    };
    centre.tell([answer]);
    let fields = r#"{"token":"t","orgCodg":"H1","orgName":"n","opterId":"1","opterName":"o","devId":"d","devIP":"i""#;
    let size = usize::from(*size) * 16;
    let bill = match how % 4 {
        3 => r#","ownPaySetlAmt":"1.00","fixmedinsTrnsSn":"S""#,
        _ => "",
    };
    let request = c_string(format!("{fields}{bill}}}").as_bytes());
    let function = FUNCTIONS[usize::from(how % 4)];
    let said = exchange_in(charset, function, client, &request, size);
    match said.text("next") {
        "settle" => assert!(lets_settle(&bytes) && how % 4 < 2, "{}", said.json),
        "charge" => assert!(lets_charge(&bytes) && how % 4 == 3, "{}", said.json),
        _ => {}
    }
    // What the centre has read was sent. (A kept connection may have ended under the request's feet.)
    if centre.touched() > 0 {
        assert_ne!(said.text("delivery"), "not_sent", "{}", said.json);
    }
}

/// A whole reply with this body.
pub fn page(status: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// An outer reply with this sealed in it.
pub fn outer(plain: &[u8]) -> Vec<u8> {
    sealed(
        r#"{"code":0,"message":"ok","success":true,"data":{"encData":"#,
        plain,
    )
}

/// What begins so, with this sealed in it.
fn sealed(beginning: &str, plain: &[u8]) -> Vec<u8> {
    format!("{beginning}\"{}\"}}}}", sealer().seal(plain)).into_bytes()
}

//! A whole sequence of payments and reports against a centre that loses replies: the guard never lets
//! two live certificates of one transaction out, and what was charged is never charged again.

use super::centre::{Answer, Centre};
use super::host::{Exchange, Reply, c_string, close, exchange, open};
use super::judge::KEY;
use super::reply::{outer, page};
use evoucher::ffi;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is known of a bill, from the replies and reports alone.
#[derive(Default, Clone, Copy)]
struct Bill {
    /// A certificate is out, and nobody has said that nothing was charged with it.
    live: bool,
    paid: bool,
}

const AMOUNTS: [&str; 2] = ["1.00", "2.50"];

/// Each byte is a step: which bill, what is done, and what the centre answers.
pub fn session(data: &[u8]) {
    static CENTRE: OnceLock<Centre> = OnceLock::new();
    static SESSION: AtomicU64 = AtomicU64::new(0);
    let centre = CENTRE.get_or_init(Centre::start);
    let session = SESSION.fetch_add(1, Ordering::Relaxed);
    let config = format!(
        r#"{{"localUrl":"{}","orgId":"o{session}","admdvs":"350000","sm4Key":"{KEY}","timeoutMs":2000,
        "defaults":{{"orgCodg":"H{session}","orgName":"n","opterId":"1","opterName":"o","devId":"d","devIP":"i"}}}}"#,
        centre.url()
    );
    let client = open(config.as_bytes()).expect("a client");
    let mut bills = [Bill::default(); 2];
    for step in data.iter().take(24) {
        let n = usize::from(step & 1);
        let amount = usize::from(step >> 1 & 1);
        let bill = &mut bills[n];
        match step >> 2 & 7 {
            0..=2 => {
                let said = asks(centre, client, session, n, amount, step >> 5, false);
                learns(bill, &said, centre);
            }
            3 => {
                let said = asks(centre, client, session, n, amount, step >> 5, true);
                learns(bill, &said, centre);
            }
            what => {
                let outcome = ["paid", "failed", "unknown"][usize::from(what - 4) % 3];
                let text = format!(
                    r#"{{"fixmedinsTrnsSn":"S{session}-{n}","ownPaySetlAmt":"{}","outcome":"{outcome}"}}"#,
                    AMOUNTS[amount]
                );
                let text = c_string(text.as_bytes());
                let said = exchange(ffi::ev_report_charge, client, &text, 2048);
                let is_known = said.json["data"]["known"] != false;
                if said.returned == 0 && is_known {
                    match outcome {
                        "paid" => bill.paid = true,
                        "failed" => bill.live = false,
                        _ => {}
                    }
                }
            }
        }
    }
    close(client);
}

/// Asks for a certificate, alone or by the flow.
fn asks(
    centre: &Centre,
    client: i32,
    session: u64,
    n: usize,
    amount: usize,
    answer: u8,
    flow: bool,
) -> Reply {
    let cert = format!(r#"{{"payCert":"C{session}-{n}","payChnlName":"p"}}"#);
    let answer = match answer {
        // Issued; lost; refused; a gateway's; half a reply; a blank certificate; failed; limited.
        0 => page("200 OK", &outer(cert.as_bytes())),
        1 => Vec::new(),
        2 => page("200 OK", br#"{"code":500243,"message":"no"}"#),
        3 => page("504 Gateway Timeout", b"<html>"),
        4 => page("200 OK", &outer(cert.as_bytes()))[..60].to_vec(),
        5 => page("200 OK", &outer(br#"{"payCert":" "}"#)),
        6 => page("200 OK", br#"{"code":0,"success":false}"#),
        _ => page("200 OK", br#"{"code":-6,"message":"slow"}"#),
    };
    let signed = page("200 OK", &outer(br#"{"stasFlag":"1"}"#));
    let answers = flow.then_some(signed).into_iter().chain([answer]);
    centre.tell(answers.map(|bytes| Answer {
        bytes,
        ..Answer::default()
    }));
    let text = format!(
        r#"{{"token":"t","ownPaySetlAmt":"{}","fixmedinsTrnsSn":"S{session}-{n}"}}"#,
        AMOUNTS[amount]
    );
    let text = c_string(text.as_bytes());
    let function: Exchange = if flow {
        ffi::ev_one_code_pay
    } else {
        ffi::ev_gen_pay_cert
    };
    exchange(function, client, &text, 4096)
}

/// A certificate that is live, or money that was taken, stands in the way of another.
fn learns(bill: &mut Bill, said: &Reply, centre: &Centre) {
    let asked = centre.asked();
    let is_sent = asked.iter().any(|path| path.contains("genPayCert"));
    assert!(
        !(is_sent && (bill.live || bill.paid)),
        "asked again with a live certificate: {}",
        said.json
    );
    if said.text("next") == "charge" {
        assert!(!bill.live && !bill.paid, "charged again: {}", said.json);
        bill.live = true;
    }
}

//! Both conversations, with a real program at the counter while somebody plays the patient and the
//! payment channel in the browser.
#![allow(missing_docs, reason = "a test")]

use evoucher_browser::{Counter, Look, Page, api, cashier, csharp, station};
use serde_json::{Value, json};

/// Makes a patient on the page, in words; gives the token.
fn make_patient(page: &Page, words: &[&str]) -> String {
    page.choose("patients");
    for word in words {
        page.click(&format!("#make-patient input[name=word][value={word}]"));
    }
    page.click("#make");
    page.text("#token")
}

fn charge(page: &Page) -> String {
    page.value("void (document.querySelector('#charge-result').className = '')");
    page.click("#certificates button[data-charge]");
    page.until(
        "the channel's answer",
        "document.querySelector('#charge-result.good, #charge-result.bad') !== null",
    );
    page.text("#charge-result")
}

#[test]
fn a_patient_confirms_and_pays_with_the_c_example_at_the_counter() {
    let station = station();
    let page = Page::open(&station.url(), "/sandbox/", Look::DESKTOP);
    page.text("#first-steps");
    let token = make_patient(&page, &["pwd", "signed"]);
    assert!(token.starts_with("pwd-signed-"), "{token}");
    assert_eq!(
        page.value("document.querySelector('#qr').naturalWidth > 0"),
        json!(true)
    );

    let counter = cashier(&station, &token, "12.30", "SN-C-1");
    let notice = page.text("#phone .note.waiting");
    assert!(
        notice.contains("福州第一医院") && notice.contains("H35010000001"),
        "{notice}"
    );
    page.click("#phone [data-answer=right]");
    let (content, said) = counter.to_the_end();
    assert!(
        content && said.contains("==> settle with the insurance"),
        "{said}"
    );
    assert!(said.contains("==> charge exactly 12.30"), "{said}");

    let result = charge(&page);
    assert!(
        result.contains("12.30") && result.contains("SN-C-1"),
        "{result}"
    );
    page.until("the charge is counted", "document.querySelector('#serials tr[data-serial=\"SN-C-1\"] td:nth-child(3)').textContent === '1'");
    assert_eq!(station.channel().charges().len(), 1);

    // What came over the wire is there, the newest first, and each can be opened by its address.
    page.choose("live");
    page.until(
        "the traffic",
        "Number(document.querySelector('#live-list').dataset.count) >= 4",
    );
    let rows = page.value(
        "[...document.querySelectorAll('#live-list [data-exchange]')].map(row => row.textContent)",
    );
    let rows: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    for (row, what) in rows.iter().zip(["付款凭据", "一码付状态", "核验状态"]) {
        assert!(row.contains(what) && row.contains(&token), "{row}");
    }
    page.go("/sandbox/live/1");
    let request = page.text("#request");
    assert!(
        request.contains("福州第一医院") && request.contains(&token),
        "{request}"
    );
    let reply = page.text("#reply");
    assert!(reply.contains("notcFlag"), "{reply}");
    page.close();
}

#[test]
fn a_wrong_password_and_an_unsigned_patient_with_the_csharp_example_at_the_counter() {
    let station = station();
    let page = Page::open(
        &station.url(),
        "/sandbox/patients",
        Look {
            language: "en",
            ..Look::DESKTOP
        },
    );
    let token = make_patient(&page, &["pwd", "unsigned"]);
    let counter = csharp(&station, &["password", &token, "88.80"]);
    let notice = page.text("#phone .note.waiting");
    assert!(notice.contains("88.8"), "{notice}");
    page.click("#phone [data-answer=wrong]");
    page.text("#phone .note.waiting .state");
    // After a wrong password the notice still waits: the patient may try again.
    page.click("#phone [data-answer=right]");
    let (content, said) = counter.to_the_end();
    assert!(content && said.contains("next: settle"), "{said}");

    let (content, said) = csharp(&station, &["pay", &token, "12.30", "SN-S-1"]).to_the_end();
    assert!(!content && said.contains("next: other_payment"), "{said}");
    page.click("#phone [data-sign=signed]");
    page.until("signed up", "document.querySelector('#phone [data-sign=signed]').getAttribute('aria-pressed') === 'true'");
    let (content, said) = csharp(&station, &["pay", &token, "12.30", "SN-S-1"]).to_the_end();
    assert!(content && said.contains("charge 12.30"), "{said}");
    let certificate = api(&station, &format!("/patients/{token}"));
    let certificate = certificate["certificates"][0]["payCert"].as_str().unwrap();
    assert!(said.contains(certificate), "{said}");

    // A channel that takes money twice, and one that does not.
    let paid = charge(&page);
    assert!(paid.contains("SN-S-1"), "{paid}");
    let used = charge(&page);
    assert!(used.contains("used_certificate"), "{used}");
    let again = |certificates: u64| {
        csharp(&station, &["pay", &token, "12.30", "SN-S-1"]).to_the_end();
        page.until(
            "another certificate",
            &format!("document.querySelectorAll('#certificates button[data-charge]').length === {certificates}"),
        );
        charge(&page)
    };
    again(2);
    page.until(
        "the second charge is seen",
        "document.querySelector('#serials tr.bad') !== null",
    );
    let times = page.text("#serials tr[data-serial='SN-S-1'] td:nth-child(3)");
    assert!(times.contains('2'), "{times}");
    page.click("#refuse-second");
    page.until(
        "it is on",
        "document.querySelector('#refuse-second').checked",
    );
    let refused = again(3);
    assert!(refused.contains("already_charged"), "{refused}");
    assert_eq!(station.channel().charges().len(), 2);
    page.close();
}

#[test]
fn a_patient_who_ignores_the_notice_is_not_settled() {
    let station = station();
    let page = Page::open(&station.url(), "/sandbox/patients", Look::SMALL);
    let token = make_patient(&page, &["pwd"]);
    let mut counter = Counter::open(&station, json!({}));
    let reply = counter.call(
        "tokenPwdCheckNotc",
        &json!({"token": token, "totalAmount": 30}),
    );
    assert_eq!(reply["next"], "wait");
    page.click("#phone [data-answer=ignore]");
    page.until(
        "it is ignored",
        "document.querySelector('#phone .note.waiting') === null",
    );
    let reply = counter.call("tokenPwdStas", &json!({"token": token}));
    assert_eq!(reply["next"], "wait");
    page.close();
}

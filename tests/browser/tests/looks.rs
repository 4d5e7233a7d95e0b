//! The page as people have it: on a desktop and a telephone, in both languages, light and dark, with
//! the keyboard alone; and what nobody may make of it.
#![allow(missing_docs, reason = "a test")]

use evoucher_browser::{Counter, Look, Page, api, raw_call, send, station, wait_for};
use evoucher_sandbox::Sandbox;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Something of everything: notices, certificates, charges, failures, rules, a request that is held.
fn busy(station: &Sandbox) -> (Counter, Counter) {
    let mut counter = Counter::open(station, json!({"timeoutMs": 1000}));
    for (n, token) in [
        "pwd-signed-1",
        "auto1-signed-2",
        "nobody-3",
        "signed-fault.half-4",
        "unsigned-5",
    ]
    .iter()
    .enumerate()
    {
        counter.call(
            "tokenPwdCheckNotc",
            &json!({"token": token, "totalAmount": 100}),
        );
        counter.call("tokenPwdStas", &json!({"token": token}));
        counter.call("signedQuery", &json!({"token": token}));
        counter.call("genPayCert", &json!({"token": token, "ownPaySetlAmt": "12.30", "fixmedinsTrnsSn": format!("SN-{n}")}));
    }
    post(station, "/patients", json!({"words": ["pwd", "signed"]}));
    let certificate = station.issued()[0].certificate.clone();
    for _ in 0..2 {
        let charge = json!({"payCert": certificate, "amount": "12.30", "fixmedinsTrnsSn": "SN-0"});
        post(station, "/channel/charge", charge);
    }
    post(
        station,
        "/faults/rules",
        json!({"fault": "slow-500", "token": "somebody"}),
    );
    post(
        station,
        "/faults/rules",
        json!({"hold": "after", "token": "signed-held"}),
    );
    let case = post(station, "/acceptance/cases/P23/start", Value::Null);
    counter.call(
        "tokenPwdCheckNotc",
        &json!({"token": case["patients"][0]["token"], "totalAmount": "1.00"}),
    );
    let mut held = Counter::open(station, json!({}));
    held.send(
        "genPayCert",
        &json!({"token": "signed-held", "ownPaySetlAmt": "1.00", "fixmedinsTrnsSn": "SN-held"}),
    );
    wait_for("it is held", || {
        (!api(station, "/faults")["held"].as_array()?.is_empty()).then_some(())
    });
    (counter, held)
}

fn post(station: &Sandbox, path: &str, body: Value) -> Value {
    send(station, "POST", path, &body)
}

/// The parts with something in each, by their addresses.
const PARTS: [&str; 7] = [
    "/sandbox/live",
    "/sandbox/live/4",
    "/sandbox/patients/pwd-signed-1",
    "/sandbox/faults",
    "/sandbox/acceptance",
    "/sandbox/acceptance/P23",
    "/sandbox/setup",
];

fn looks() -> Vec<Look> {
    let mut looks = Vec::new();
    for size in [Look::DESKTOP, Look::SMALL] {
        for (language, dark) in [
            ("zh-CN", false),
            ("en", false),
            ("zh-CN", true),
            ("en", true),
        ] {
            looks.push(Look {
                language,
                dark,
                ..size
            });
        }
    }
    looks
}

/// Where axe-core is: `cargo xtask test` has it.
fn axe() -> String {
    let path = std::env::var_os("EVOUCHER_AXE").map(PathBuf::from);
    let path = path.expect("EVOUCHER_AXE names axe.min.js: run `cargo xtask test --page`");
    std::fs::read_to_string(path).expect("axe-core")
}

#[test]
fn no_part_bars_anybody_from_using_it() {
    let axe = axe();
    let station = station();
    let _counters = busy(&station);
    for look in looks() {
        let page = Page::open(&station.url(), "/sandbox/live", look);
        let language = if look.language == "en" { "en" } else { "zh-CN" };
        assert_eq!(page.value("document.documentElement.lang"), language);
        let theme = if look.dark { "dark" } else { "light" };
        assert_eq!(page.value("document.documentElement.dataset.theme"), theme);
        for part in PARTS {
            page.go(part);
            page.until(
                "it has its content",
                "document.querySelector('main').textContent.length > 100",
            );
            match part {
                "/sandbox/live/4" => drop(page.text("#reply")),
                "/sandbox/acceptance/P23" => drop(page.text("#phone [data-answer]")),
                _ => {}
            }
            // Half transparent is not how it stays.
            page.until(
                "nothing moves any more",
                "document.getAnimations().every(one => one.playState === 'finished')",
            );
            let scrolls = page.value("document.documentElement.scrollWidth > innerWidth");
            assert_eq!(
                scrolls,
                json!(false),
                "{part} is wider than the window: {look:?}"
            );
            page.run(&axe);
            let found = page.script(
                "const done = arguments[0]; axe.run(document, { resultTypes: ['violations'] }).then(found => \
                 done(found.violations.filter(one => ['serious', 'critical'].includes(one.impact))\
                 .map(one => `${one.id}: ${one.nodes.slice(0, 3).map(node => node.html).join(' ')}`)), error => done([String(error)]))",
            );
            assert_eq!(found, json!([]), "{part}, {look:?}");
        }
        page.close();
    }
}

#[test]
fn the_keyboard_alone_is_enough() {
    let station = station();
    let page = Page::open(&station.url(), "/sandbox/patients", Look::DESKTOP);
    page.until(
        "the words are there",
        "document.querySelector('#make-patient input[value=pwd]') !== null",
    );
    for word in ["pwd", "signed"] {
        page.tab_to(&format!("#make-patient input[value={word}]"));
        page.press(" ");
    }
    page.tab_to("#make");
    page.press("Enter");
    let token = page.text("#token");
    let mut counter = Counter::open(&station, json!({}));
    counter.call("tokenPwdCheckNotc", &json!({"token": token}));
    page.text("#phone [data-answer=right]");
    page.tab_to("#phone [data-answer=right]");
    page.press("Enter");
    page.until(
        "it is answered",
        "document.querySelector('#phone .note.waiting') === null",
    );
    assert_eq!(
        counter.call("tokenPwdStas", &json!({"token": token}))["next"],
        "settle"
    );
    let request = json!({"token": token, "ownPaySetlAmt": "3.00", "fixmedinsTrnsSn": "SN-1"});
    assert_eq!(counter.call("genPayCert", &request)["next"], "charge");
    page.text("#certificates button[data-charge]");
    page.tab_to("#certificates button[data-charge]");
    page.press("Enter");
    page.text("#charge-result.good");

    page.tab_to("#nav a[data-part=live]");
    page.press("Enter");
    page.until(
        "the rows",
        "document.querySelectorAll('#live-list [data-exchange]').length === 3",
    );
    page.tab_to("#live-list");
    page.press("ArrowDown");
    page.press("ArrowDown");
    page.press("Enter");
    page.until(
        "the second is open",
        "document.querySelector('#exchange').dataset.exchange === '2'",
    );
    page.press("Escape");
    page.until("it is closed", "document.querySelector('#exchange').hidden");

    page.tab_to("#nav a[data-part=faults]");
    page.press("Enter");
    page.until(
        "the form is there",
        "document.querySelector('#rule-form option[value=half]') !== null",
    );
    page.tab_to("#rule-form button[type=submit]");
    page.press("Enter");
    page.text("#rules tr[data-rule]");
    page.tab_to("#rules button[data-off]");
    page.press("Enter");
    page.until(
        "it is off",
        "document.querySelectorAll('#rules tr[data-rule]').length === 0",
    );
    page.close();
}

/// What would be markup, a script, a control of the terminal or of the reading direction.
const HOSTILE: [&str; 6] = [
    "<img src=x onerror=\"document.title='broken'\">",
    "<script>document.title='broken'</script>",
    "</script></style></textarea><svg onload=alert(1)>",
    "\u{202e}desrever\u{202c}\u{2066}\u{feff}\u{200b}",
    "\u{1}\u{1b}[31m\r\n\t\u{7f}\u{85}",
    "javascript:alert(1)//&lt;b&gt;{{7*7}}${7*7}",
];

#[test]
fn what_came_over_the_wire_is_text() {
    let station = station();
    for text in HOSTILE {
        let mut request = json!({});
        for name in [
            "token",
            "orgCodg",
            "orgName",
            "opterId",
            "opterName",
            "devId",
            "devIP",
            "ownPaySetlAmt",
            "fixmedinsTrnsSn",
            "totalAmount",
            text,
        ] {
            request[name] = json!(text);
        }
        raw_call(&station, "genPayCert", &request);
        // What a patient's phone shows of a request that is right otherwise, and as long as it may be.
        let first = |count: usize| text.chars().take(count).collect::<String>();
        let known = json!({
            "token": format!("pwd-signed-{}", first(29)), "orgCodg": "H35010000001", "orgName": text,
            "opterId": first(40), "opterName": first(40), "devId": first(40), "devIP": first(40),
            "ownPaySetlAmt": "12.30", "fixmedinsTrnsSn": text,
        });
        for service in ["tokenPwdCheckNotc", "genPayCert", "signedQuery"] {
            raw_call(&station, service, &known);
        }
    }
    let mut huge = json!({"token": "pwd-huge"});
    huge["orgName"] = json!("𠮷<b>".repeat(1 << 18));
    raw_call(&station, "tokenPwdCheckNotc", &huge);
    let kept = api(&station, "/exchanges")["kept"].as_u64().unwrap();
    assert_eq!(kept, 25);

    let page = Page::open(&station.url(), "/sandbox/live", Look::DESKTOP);
    // Whatever ran would have said so in the title, or stand there as an element of its own.
    let nothing_ran = |what: &str, foreign: &str| {
        let title = page.value("document.title");
        assert!(
            title.as_str().unwrap().contains("联调工作台"),
            "{what}: the title is {title}"
        );
        assert_eq!(page.count(foreign), 0, "{what}");
    };
    for id in 1..=kept {
        page.go(&format!("/sandbox/live/{id}"));
        page.until(
            "it is opened",
            &format!("document.querySelector('#exchange').dataset.exchange === '{id}'"),
        );
        page.text("#request");
        nothing_ran(
            &format!("exchange {id}"),
            "main script, main svg, main img, main style, main iframe",
        );
    }
    page.go("/sandbox/patients");
    page.until(
        "the patients",
        "document.querySelectorAll('#patients a[data-token]').length === 6",
    );
    for n in 0..HOSTILE.len() {
        page.value(&format!(
            "void document.querySelectorAll('#patients a[data-token]')[{n}].click()"
        ));
        page.until(
            "this one is shown",
            &format!(
                "document.querySelectorAll('#patients a[data-token]')[{n}].getAttribute('aria-current') && document.querySelector('#token')"
            ),
        );
        nothing_ran(
            &format!("patient {n}"),
            "main script, main svg, main img:not(#qr), main style, main iframe",
        );
    }
    // The evidence of an acceptance case, too.
    let case = post(&station, "/acceptance/cases/P01/start", Value::Null);
    for text in HOSTILE {
        let request =
            json!({"token": case["patients"][0]["token"], "orgCodg": text, "orgName": text});
        raw_call(&station, "tokenPwdCheckNotc", &request);
    }
    page.go("/sandbox/acceptance/P01");
    page.text("#evidence summary");
    page.value(
        "void document.querySelectorAll('#evidence details').forEach(one => { one.open = true; })",
    );
    nothing_ran(
        "evidence",
        "main script, main svg, main img:not(#qr), main style, main iframe",
    );
    // A direction that is turned around is made visible, as every character that nobody sees.
    page.go("/sandbox/live/13");
    let request = page.text("#request");
    assert!(
        request.contains("⟨U+202E⟩") && !request.contains('\u{202e}'),
        "{request}"
    );
    page.close();
}

//! Every switch of the page's Faults, with what a program at the counter sees of it.
#![allow(missing_docs, reason = "a test")]

#[path = "../../common/outcomes.rs"]
mod outcomes;

use evoucher_browser::{Counter, Look, Page, api, station, wait_for};
use evoucher_sandbox::Sandbox;
use outcomes::{FAULTS, Outcome};
use serde_json::{Value, json};

/// A window that gives up soon where the centre says nothing.
fn counter(station: &Sandbox) -> Counter {
    Counter::open(station, json!({"timeoutMs": 1500}))
}

/// Fills in the rule's form and sends it. `name` may carry its number: `slow-60000`.
fn switch_on(page: &Page, name: &str, fields: &[(&str, &str)]) {
    let (kind, number) = kind_of(name);
    page.select("#rule-form [name=fault]", &kind);
    if let Some(number) = number {
        page.write("#rule-form [name=parameter]", &number);
    }
    for (field, value) in fields {
        match *field {
            "service" | "range" => page.select(&format!("#rule-form [name={field}]"), value),
            _ => page.write(&format!("#rule-form [name={field}]"), value),
        }
    }
    let before = rules(page);
    page.click("#rule-form button[type=submit]");
    page.until(
        "the rule is listed",
        &format!("document.querySelectorAll('#rules tr[data-rule]').length > {before}"),
    );
}

fn rules(page: &Page) -> u64 {
    page.count("#rules tr[data-rule]")
}

/// A name as the list has it, and the number that stands in it.
fn kind_of(name: &str) -> (String, Option<String>) {
    let mut parts: Vec<&str> = name.split('-').collect();
    let numbered = ["slow", "gateway", "late"].contains(&parts[0]);
    if !numbered {
        return (name.to_owned(), None);
    }
    let number = parts[1].to_owned();
    parts[1] = "N";
    (parts.join("-"), Some(number))
}

fn all_off(page: &Page) {
    page.click("#all-off");
    page.click("#all-off");
    page.until(
        "all is off",
        "document.querySelectorAll('#rules tr[data-rule]').length === 0",
    );
}

#[test]
fn every_fault_of_the_table_is_met_by_a_program() {
    let station = station();
    let page = Page::open(&station.url(), "/sandbox/faults", Look::DESKTOP);
    let mut counter = counter(&station);
    let mut met = Vec::new();
    for (n, &(name, outcome, takes_effect)) in FAULTS.iter().enumerate() {
        if name == "none" {
            continue;
        }
        let token = format!("pwd-signed-{n}");
        switch_on(
            &page,
            name,
            &[("range", "count"), ("number", "1"), ("token", &token)],
        );
        // A notice goes out once, whatever becomes of it.
        let reply = counter.call("tokenPwdCheckNotc", &json!({"token": token}));
        match outcome {
            Outcome::Good => assert_eq!(reply["next"], "wait", "{name}: {reply}"),
            Outcome::All(code, delivery) | Outcome::Four(code, delivery) => {
                assert_eq!(
                    (&reply["code"], &reply["delivery"]),
                    (&json!(code), &json!(delivery)),
                    "{name}: {reply}"
                );
            }
        }
        let sent = station
            .ledger()
            .iter()
            .filter(|entry| entry.token == token)
            .count();
        assert_eq!(sent, usize::from(takes_effect), "{name}");
        let exchange = api(&station, &format!("/exchanges?token={token}"));
        let exchange = &exchange["exchanges"][0];
        assert_eq!(
            (&exchange["fault"], &exchange["faultBy"]),
            (&json!(name), &json!("rule"))
        );
        let (kind, _) = kind_of(name);
        met.push(kind);
        if n % 25 == 24 {
            all_off(&page);
        }
    }
    let listed = page.value(
        "[...document.querySelectorAll('#kinds tr[data-fault]')].map(row => row.dataset.fault)",
    );
    for fault in listed.as_array().unwrap() {
        assert!(met.iter().any(|kind| fault == kind), "{fault} was not met");
    }
    page.close();
}

#[test]
fn a_rule_can_be_for_one_service_one_patient_and_one_request() {
    let station = station();
    let page = Page::open(
        &station.url(),
        "/sandbox/faults?token=signed-one",
        Look::DESKTOP,
    );
    let mut counter = counter(&station);
    let status = |counter: &mut Counter, token: &str| {
        counter.call("signedQuery", &json!({"token": token}))["code"].clone()
    };
    // The address has filled in the patient.
    assert_eq!(
        page.value("document.querySelector('#rule-form [name=token]').value"),
        "signed-one"
    );
    switch_on(&page, "404-html", &[("service", "signedQuery")]);
    assert_eq!(status(&mut counter, "signed-one"), -10024);
    assert_eq!(status(&mut counter, "signed-two"), 0);
    let other = counter.call("tokenPwdCheckNotc", &json!({"token": "signed-one"}));
    assert_eq!(other["code"], 0);
    page.until(
        "one has met it",
        "/^1 /.test(document.querySelector('#rules tr td:nth-child(6)').textContent)",
    );
    page.click("#rules button[data-off]");
    page.until(
        "it is off",
        "document.querySelectorAll('#rules tr[data-rule]').length === 0",
    );
    assert_eq!(status(&mut counter, "signed-one"), 0);

    switch_on(
        &page,
        "500-json",
        &[("range", "nth"), ("number", "2"), ("token", "signed-nth")],
    );
    let met: Vec<Value> = (0..3).map(|_| status(&mut counter, "signed-nth")).collect();
    assert_eq!(met, [0, -1, 0]);
    page.until(
        "it is over",
        "document.querySelector('#rules tr.over') !== null",
    );
    all_off(&page);

    // The table's button fills in the form.
    page.click("#kinds tr[data-fault=half] button");
    assert_eq!(
        page.value("document.querySelector('#rule-form [name=fault]').value"),
        "half"
    );
    page.close();
}

#[test]
fn what_is_held_shows_what_the_cashier_sees_meanwhile() {
    let station = station();
    let page = Page::open(&station.url(), "/sandbox/faults", Look::DESKTOP);
    let mut counter = Counter::open(&station, json!({}));
    let certificates = |station: &Sandbox| station.issued().len();
    for (hold, issued_meanwhile) in [("hold:before", 0), ("hold:after", 1)] {
        let serial = format!("SN-{issued_meanwhile}");
        switch_on(&page, hold, &[("service", "genPayCert")]);
        counter.send(
            "genPayCert",
            &json!({"token": "signed-held", "ownPaySetlAmt": "5.00", "fixmedinsTrnsSn": serial}),
        );
        page.until(
            "it is held",
            "document.querySelectorAll('#held tr[data-exchange]').length === 1",
        );
        assert!(counter.waits(), "the window waits for its reply");
        let before = certificates(&station);
        assert_eq!(
            before,
            issued_meanwhile + usize::from(hold == "hold:after"),
            "{hold}"
        );
        let held = page.text("#held tr[data-exchange]");
        assert!(
            held.contains("signed-held") && held.contains("付款凭据"),
            "{held}"
        );
        assert_eq!(page.text("#faults-on"), "2", "the rule and what it holds");
        page.click("#held button[data-release]");
        let reply = counter.reply();
        assert_eq!(reply["next"], "charge", "{reply}");
        page.until(
            "nothing is held",
            "document.querySelectorAll('#held tr[data-exchange]').length === 0",
        );
        all_off(&page);
    }
    // Switching everything off lets go of it, too; and who hangs up is not held any longer.
    switch_on(&page, "hold:after", &[("service", "")]);
    counter.send("signedQuery", &json!({"token": "signed-held"}));
    page.until(
        "it is held",
        "document.querySelectorAll('#held tr[data-exchange]').length === 1",
    );
    all_off(&page);
    assert_eq!(counter.reply()["next"], "get_certificate");
    switch_on(&page, "hold:before", &[]);
    counter.send("signedQuery", &json!({"token": "signed-held"}));
    page.until(
        "it is held",
        "document.querySelectorAll('#held tr[data-exchange]').length === 1",
    );
    drop(counter);
    page.until(
        "nothing is held",
        "document.querySelectorAll('#held tr[data-exchange]').length === 0",
    );
    page.close();
}

#[test]
fn clock_and_rate_are_felt_by_a_program() {
    let station = station();
    let page = Page::open(&station.url(), "/sandbox/faults", Look::DESKTOP);
    let mut counter = counter(&station);
    page.write("#clock-form [name=offsetSeconds]", "-1200");
    page.click("#clock-form button[type=submit]");
    wait_for("the clock is off", || {
        (api(&station, "/faults")["clockOffsetSeconds"] == -1200).then_some(())
    });
    let reply = counter.call("signedQuery", &json!({"token": "signed-clock"}));
    assert_eq!(reply["code"], -2, "{reply}");
    assert!(
        reply["message"].as_str().unwrap().contains("timestamp"),
        "{reply}"
    );
    page.click("#clock-form button.quiet");
    wait_for("the clock is right", || {
        (api(&station, "/faults")["clockOffsetSeconds"] == 0).then_some(())
    });
    assert_eq!(
        counter.call("signedQuery", &json!({"token": "signed-clock"}))["code"],
        0
    );

    page.write("#rate-form [name=perSecond]", "1");
    page.click("#rate-form button[type=submit]");
    wait_for("the limit is on", || {
        api(&station, "/faults")["rate"].is_object().then_some(())
    });
    let refused = wait_for("a refusal for being too fast", || {
        let reply = counter.call("signedQuery", &json!({"token": "signed-rate"}));
        (reply["code"] != 0).then_some(reply)
    });
    assert_eq!(
        (&refused["code"], &refused["next"]),
        (&json!(-10024), &json!("retry_later")),
        "{refused}"
    );
    let refused = api(&station, "/exchanges?failed=true&limit=1")["exchanges"][0].clone();
    assert_eq!(
        (&refused["faultBy"], &refused["processed"]),
        (&json!("rate"), &json!(false))
    );
    page.click("#rate-form button.quiet");
    wait_for("the limit is off", || {
        api(&station, "/faults")["rate"].is_null().then_some(())
    });
    for _ in 0..5 {
        assert_eq!(
            counter.call("signedQuery", &json!({"token": "signed-rate"}))["code"],
            0
        );
    }
    page.close();
}

#[test]
fn a_bad_run_of_chaos_repeats_itself_from_its_seed() {
    let station = station();
    let page = Page::open(&station.url(), "/sandbox/faults", Look::DESKTOP);
    let run = |seed: &str, run: &str| {
        // A window each, whose connections begin anew.
        let mut counter = counter(&station);
        page.write("#chaos-form [name=seed]", seed);
        page.write("#chaos-form [name=share]", "50");
        page.click("#chaos-form button[type=submit]");
        let seed: u64 = seed.parse().unwrap();
        wait_for("chaos is on", || {
            (api(&station, "/faults")["chaos"]["seed"] == seed).then_some(())
        });
        let codes: Vec<Value> = (0..20)
            .map(|n| {
                let request = json!({"token": format!("pwd-chaos-{run}"), "totalAmount": n});
                counter.call("tokenPwdCheckNotc", &request)["code"].clone()
            })
            .collect();
        page.click("#chaos-form button.quiet");
        wait_for("chaos is off", || {
            api(&station, "/faults")["chaos"].is_null().then_some(())
        });
        let met = api(&station, &format!("/exchanges?token=chaos-{run}"));
        let met = met["exchanges"].as_array().unwrap().iter();
        let met: Vec<Value> = met.map(|one| one["fault"].clone()).collect();
        assert_eq!(met.len(), 20);
        (codes, met)
    };
    let first = run("7", "a");
    assert!(
        first.1.iter().any(Value::is_string) && first.1.iter().any(Value::is_null),
        "{first:?}"
    );
    assert_eq!(run("7", "b"), first, "the same seed");
    assert_ne!(run("8", "c"), first, "another seed");
    page.close();
}

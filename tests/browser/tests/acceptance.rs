//! The acceptance run in the browser, with the example that people copy at the counter.
#![allow(missing_docs, reason = "a test")]

use evoucher_browser::tester::{AMOUNT, TOTAL, Tester, empty, stands};
use evoucher_browser::{Look, Page, Screen, place, station, wait_for};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Who is tested, as the tester writes it into the form.
fn introduce(page: &Page) {
    page.text("#about");
    for (name, value) in [
        ("institution", "福州第一医院"),
        ("program", "样例收费窗口"),
        ("version", "0.2.0"),
        ("tester", "李四"),
        ("amount", AMOUNT),
        ("total", TOTAL),
    ] {
        page.write(&format!("#about input[name={name}]"), value);
    }
    page.click("#about button[type=submit]");
    page.until(
        "it is saved",
        "document.querySelector('#notice').textContent !== ''",
    );
}

/// Takes a report by its button; gives where it is, once it is there to its end.
fn report(page: &Page, format: &str, name: &str, end: &str) -> PathBuf {
    // One for each report: a second one of the same name would get another.
    let port = page.value("location.port");
    let name_of_folder = format!("reports-{}-{format}", port.as_str().unwrap());
    let folder = empty(&Path::new(env!("CARGO_TARGET_TMPDIR")).join(name_of_folder));
    page.cdp(
        "Browser.setDownloadBehavior",
        json!({"behavior": "allow", "downloadPath": folder}),
    );
    page.click("#cases a");
    page.click(&format!("a[data-report={format}]"));
    let file = folder.join(name);
    wait_for("the report", || {
        let text = std::fs::read_to_string(&file).ok()?;
        text.trim_end().ends_with(end).then_some(())
    });
    file
}

#[test]
fn the_example_passes_every_case_at_the_page() {
    let station = station();
    let page = Page::open(&station.url(), "/sandbox/acceptance", Look::DESKTOP);
    introduce(&page);
    let screen = Screen(&page);
    let place = place("page", &[]);
    let mut tester = Tester::new(&station, &screen, &place);
    for case in stands(&station) {
        if !case.is_of_run {
            let state = tester.plays(&case.id);
            assert_eq!(state, "passed", "{}: {:#?}", case.id, stands(&station));
        }
    }
    page.click("#cases a");
    page.until(
        "all have passed",
        "document.querySelector('#counts [data-state=passed]').dataset.cases === '56'",
    );

    let html = report(&page, "html", "acceptance.html", "</html>");
    let text = std::fs::read_to_string(&html).unwrap();
    for part in ["福州第一医院", "样例收费窗口", "李四", "签字", "SN-C01-1"] {
        assert!(text.contains(part), "{part}");
    }
    assert!(!text.contains("不作结论"), "a case was not run");
    let junit =
        std::fs::read_to_string(report(&page, "junit", "acceptance.xml", "</testsuites>")).unwrap();
    assert!(
        junit.contains("tests=\"56\" failures=\"0\""),
        "{junit:.400}"
    );
    // Printed, and seen to be more than an empty sheet.
    page.cdp(
        "Page.navigate",
        json!({"url": format!("file://{}", html.display())}),
    );
    page.until("it is open", "document.title.includes('验收报告')");
    let printed = page.cdp("Page.printToPDF", json!({"printBackground": true}));
    assert!(printed["data"].as_str().unwrap().len() > 100_000);
    page.go("/sandbox/acceptance");
    page.close();
}

#[test]
fn a_program_that_settles_whatever_is_said_fails_at_the_page() {
    let station = station();
    let english = Look {
        language: "en",
        ..Look::DESKTOP
    };
    let page = Page::open(&station.url(), "/sandbox/acceptance", english);
    introduce(&page);
    let screen = Screen(&page);
    let place = place(
        "wrong",
        &[(
            "        if (reply.Next == EvoucherNext.Settle)\n        {\n            // Here",
            "        if (reply.Next != null)\n        {\n            // Here",
        )],
    );
    let mut tester = Tester::new(&station, &screen, &place);
    assert_eq!(tester.plays("P01"), "passed");
    assert_eq!(tester.plays("P15"), "failed");
    let finding = page.text("#findings tr[data-rule=settled]");
    assert!(
        finding.contains("B 1.1") && finding.contains("Did the HIS settle?"),
        "{finding}"
    );
    // What it stands on is there to be opened.
    page.click("#evidence summary");
    page.text("#evidence details[open] pre");
    // Again, and put aside.
    page.click("#start");
    page.text("#token");
    page.click("#put-aside summary");
    page.write("#not-applicable input", "no such service <b>here</b>");
    page.click("#not-applicable button");
    page.until(
        "it is put aside",
        "document.querySelector('#case').dataset.state === 'notApplicable'",
    );
    let said = page.text("#verdict");
    assert!(said.contains("no such service <b>here</b>"), "{said}");
    let html =
        std::fs::read_to_string(report(&page, "html", "acceptance.html", "</html>")).unwrap();
    assert!(html.contains("no such service &lt;b&gt;here&lt;/b&gt;"));
    assert!(html.contains("未进行，不作结论"));
    page.close();
}

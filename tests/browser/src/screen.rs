//! The tester's desk as the page has it.

use crate::counter::{built, library, root};
use crate::tester::{Desk, Place, empty};
use crate::{Page, till};
use serde_json::json;

/// The example's window, with some of its lines changed, in a folder of its own.
pub fn place(name: &str, changes: &[(&str, &str)]) -> Place {
    let folder = empty(&built().join(format!("acceptance-{name}")));
    Place {
        program: till::compile(root(), &folder.join("program"), changes),
        library: library(),
        folder,
    }
}

/// Somebody who does with the mouse what there is to do.
pub struct Screen<'a>(pub &'a Page);

impl Screen<'_> {
    fn shows(&self, what: &str, expression: &str) {
        self.0.until(what, expression);
    }

    /// What the tester has said in this case; each word counts once it is kept.
    fn words(&self) -> u64 {
        let words = self
            .0
            .value("document.querySelector('#case').dataset.words");
        words
            .as_str()
            .and_then(|words| words.parse().ok())
            .unwrap_or_default()
    }

    /// Clicks, and waits until what was said is kept.
    fn says(&self, css: &str) {
        let words = self.words();
        self.0.click(css);
        let more = format!("Number(document.querySelector('#case').dataset.words) > {words}");
        self.shows("it is kept", &more);
    }
}

impl Desk for Screen<'_> {
    fn start(&self, case: &str) -> Vec<String> {
        let page = self.0;
        page.click(&format!("#cases a[data-case={case}]"));
        let shown = format!("document.querySelector('#case').dataset.case === '{case}'");
        page.until("the case is shown", &shown);
        page.click("#start");
        page.text("#token");
        let codes = page.count("[data-code]");
        let token = |n| {
            page.click(&format!("[data-code='{n}']"));
            page.until(
                "this code is shown",
                &format!("document.querySelector(\"[data-code='{n}']\").getAttribute('aria-pressed') === 'true'"),
            );
            page.text("#token")
        };
        match codes {
            0 => vec![page.text("#token")],
            codes => (0..codes).map(token).collect(),
        }
    }

    fn press(&self, _: &str) {
        self.says("#pressed");
    }

    fn call_off(&self, _: &str) {
        self.says("#cancelled");
    }

    fn answer(&self, _: &str, question: &str, value: bool) {
        self.says(&format!(
            "[data-question={question}] [data-answer='{value}']"
        ));
    }

    fn figure(&self, _: &str, name: &str, value: &str) {
        self.0.write(&format!("[data-figure={name}] input"), value);
        self.says(&format!("[data-figure={name}] button"));
    }

    fn phone(&self, token: &str, answer: &str) {
        let page = self.0;
        if page.text("#token") != token {
            let codes = page.count("[data-code]");
            let chosen = (0..codes).any(|n| {
                page.click(&format!("[data-code='{n}']"));
                page.text("#token") == token
            });
            assert!(chosen, "the phone of {token}");
        }
        page.click(&format!("#phone [data-answer={answer}]"));
        if answer == "right" {
            page.until(
                "it is answered",
                "document.querySelector('#phone .note.waiting') === null",
            );
        }
    }

    fn close(&self, _: &str) -> String {
        let page = self.0;
        page.click("#close-case");
        page.until(
            "it is judged",
            "document.querySelector('#close-case') === null",
        );
        let state = page.value("document.querySelector('#case').dataset.state");
        assert_ne!(state, json!(null));
        state.as_str().unwrap_or_default().to_owned()
    }
}

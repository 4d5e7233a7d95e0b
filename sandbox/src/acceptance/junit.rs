//! The report as JUnit XML, for an institution's own CI.

use super::judge::{Finding, State};
use super::report::{Report, Shown};
use std::fmt::Write;

/// One test case for each case; what was not run is skipped, and says so.
pub(crate) fn junit(report: &Report<'_>) -> String {
    let of = |state: State| {
        report
            .cases
            .iter()
            .filter(|case| case.state == state)
            .count()
    };
    let skipped = of(State::Open) + of(State::Running) + of(State::NotApplicable);
    let about = report.about;
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // `String` takes everything that is written to it.
    let _ = writeln!(
        xml,
        "<testsuites><testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{skipped}\">",
        escaped(&format!("验收 {} {}", about.program, about.version)),
        report.cases.len(),
        of(State::Failed),
    );
    xml.push_str("<properties>");
    for (name, value) in [
        ("institution", &about.institution),
        ("program", &about.program),
        ("version", &about.version),
        ("tester", &about.tester),
    ] {
        let _ = write!(
            xml,
            "<property name=\"{name}\" value=\"{}\"/>",
            escaped(value)
        );
    }
    xml.push_str("</properties>\n");
    for case in &report.cases {
        test_case(&mut xml, case);
    }
    xml.push_str("</testsuite></testsuites>\n");
    xml
}

fn test_case(xml: &mut String, case: &Shown<'_>) {
    let _ = write!(
        xml,
        "<testcase classname=\"acceptance.{}\" name=\"{}\">",
        &case.id[..1],
        escaped(&format!("{} {}", case.id, case.title.zh)),
    );
    match case.state {
        State::Failed => {
            let message = case.findings.iter().find(|finding| fails(finding));
            let message = message.map_or("", |finding| &finding.seen.zh);
            let _ = write!(
                xml,
                "<failure message=\"{}\">{}</failure>",
                escaped(message),
                escaped(&told(case)),
            );
        }
        State::Warning => {
            let _ = write!(xml, "<system-out>{}</system-out>", escaped(&told(case)));
        }
        State::Passed => {}
        State::Open | State::Running | State::NotApplicable => {
            let why = case.reason.unwrap_or(&case.state_title.zh);
            let _ = write!(xml, "<skipped message=\"{}\"/>", escaped(why));
        }
    }
    xml.push_str("</testcase>\n");
}

fn fails(finding: &Finding) -> bool {
    finding.weight == super::cases::Weight::Fails
}

/// What was found, a line each.
fn told(case: &Shown<'_>) -> String {
    let mut text = String::new();
    for finding in &case.findings {
        let kind = if fails(finding) {
            "不通过"
        } else {
            "警告"
        };
        let _ = writeln!(
            text,
            "{kind} [{}] 应：{}；实：{}；交互 {:?}",
            finding.section, finding.expected.zh, finding.seen.zh, finding.exchanges,
        );
    }
    text
}

/// As XML has it; what no XML may hold becomes U+FFFD.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            '\n' | '\t' => safe.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    #[test]
    fn xml_is_text() {
        let nasty = "</failure><x a=\"1\">&'\u{0}\u{1b}\u{ffff}";
        let expected =
            "&lt;/failure&gt;&lt;x a=&quot;1&quot;&gt;&amp;&apos;\u{fffd}\u{fffd}\u{fffd}";
        assert_eq!(super::escaped(nasty), expected);
    }
}

//! The acceptance run of the station, with the example that people copy: `examples/csharp/Cashier.cs`
//! passes every case, and with one line changed it fails just where it should.

mod common;

use common::tester::{Place, Script, Tester, empty, introduce, stands};
use common::{centre, library_dir, show, till};
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The example with some lines changed, in a folder of its own.
fn place(name: &str, changes: &[(&str, &str)]) -> Place {
    let folder = empty(&Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("acceptance-{name}")));
    Place {
        program: till::compile(Path::new(ROOT), &folder.join("program"), changes),
        library: library_dir(),
        folder,
    }
}

fn passes(part: &str) {
    let station = centre();
    introduce(&station);
    let place = place(part, &[]);
    let desk = Script(&station);
    let mut tester = Tester::new(&station, &desk, &place);
    for case in stands(&station) {
        if case.id.starts_with(part) && !case.is_of_run {
            let state = tester.plays(&case.id);
            assert_eq!(state, "passed", "{}: {:#?}", case.id, stands(&station));
        }
    }
    // What is judged by every request, too; nothing was asked of the other parts.
    for case in stands(&station) {
        let is_fine = case.state == "passed" || case.state == "open" && !case.id.starts_with(part);
        assert!(is_fine, "{case:?}");
    }
}

#[test]
fn the_example_passes_the_password_cases() {
    passes("P");
}

#[test]
fn the_example_passes_the_pay_cases() {
    passes("C");
}

#[test]
fn the_example_passes_the_envelope_cases() {
    passes("E");
}

/// What a program gets wrong: the lines of the example that are others, and what each case that is gone
/// through finds. What the library itself makes impossible is not among them: a second click, another
/// amount for a serial number, a total as text, a payment without a certificate.
struct Wrong {
    what: &'static str,
    changes: &'static [(&'static str, &'static str)],
    found: &'static [(&'static str, &'static [&'static str])],
}

const WRONG: &[Wrong] = &[
    Wrong {
        what: "settles whatever the gate says",
        changes: &[(
            "        if (reply.Next == EvoucherNext.Settle)\n        {\n            // Here",
            "        if (reply.Next != null)\n        {\n            // Here",
        )],
        found: &[
            ("P02", &["settled", "reason"]),
            ("P05", &["settled-unchecked"]),
            ("P14", &["settled-early"]),
            ("P15", &["settled"]),
            ("P16", &["settled-on-nothing"]),
            ("P21", &["settled-unchecked"]),
            ("P22", &["settled-unchecked"]),
            ("P23", &["other-settled"]),
            ("E08", &["done"]),
            ("E13", &["done"]),
        ],
    },
    Wrong {
        what: "says nothing of why",
        changes: &[(
            "reply.Next, reply.Hint, reply.Message);",
            "reply.Next, \"\", \"\");",
        )],
        found: &[
            ("P02", &["reason"]),
            ("P05", &["refusal-shown"]),
            ("E07", &["message"]),
            ("E08", &["whom-to-call"]),
        ],
    },
    Wrong {
        what: "notifies again by itself",
        changes: &[(
            "        Show(\"checked\", token, reply);",
            "        if (reply.Next != EvoucherNext.Settle) client.TokenPwdCheckNotc(EvoucherJson.Object(\"token\", token));\n\
             Show(\"checked\", token, reply);",
        )],
        found: &[("P05", &["one-notice"]), ("P10", &["one-notice"])],
    },
    Wrong {
        what: "leaves the total out",
        changes: &[("\"totalAmount\", total == \"-\" ? null : total, ", "")],
        found: &[("P19", &["sent"])],
    },
    Wrong {
        what: "sends another total",
        changes: &[("total == \"-\" ? null : total", "\"1.50\"")],
        found: &[("P19", &["right"])],
    },
    Wrong {
        what: "asks on after it was called off",
        changes: &[("client.Cancel(words[1]);", "")],
        found: &[("P18", &["quiet"])],
    },
    Wrong {
        what: "notifies for whatever is settled",
        changes: &[(
            "        EvoucherReply reply = client.SettleGate(EvoucherJson.Object(\"settlement\", true,",
            "        if (method != \"online\") client.TokenPwdCheckNotc(EvoucherJson.Object(\"token\", token));\n\
             EvoucherReply reply = client.SettleGate(EvoucherJson.Object(\"settlement\", true,",
        )],
        found: &[("P21", &["silent"]), ("P22", &["no-notice"])],
    },
    Wrong {
        what: "checks where nothing is settled",
        changes: &[(
            "EvoucherReply reply = client.SettleGate(EvoucherJson.Object(\"settlement\", false,",
            "client.TokenPwdStas(EvoucherJson.Object(\"token\", token));\n\
             EvoucherReply reply = client.SettleGate(EvoucherJson.Object(\"settlement\", false,",
        )],
        found: &[("P20", &["silent"])],
    },
    Wrong {
        what: "is blocked while it waits",
        changes: &[
            (
                "Task task = Task.Factory.StartNew(delegate()",
                "Action now = delegate()",
            ),
            (
                "}, TaskCreationOptions.LongRunning);",
                "}; now(); Task task = Task.Factory.StartNew(delegate() { });",
            ),
        ],
        found: &[("P11", &["usable"]), ("C07", &["usable"])],
    },
    Wrong {
        what: "takes a new serial number when it asks again",
        changes: &[(
            "EvoucherReply reply = client.OneCodePay(",
            "bill.Serial += \"+\" + DateTime.UtcNow.Ticks;\nEvoucherReply reply = client.OneCodePay(",
        )],
        found: &[
            ("C06", &["one-serial"]),
            ("C08", &["one-serial"]),
            ("C10", &["same-bill"]),
            ("C17", &["same-bill"]),
        ],
    },
    Wrong {
        what: "does not ask whether the code can pay",
        changes: &[
            ("client.OneCodePay(", "client.GenPayCert("),
            ("bill.Serial), null);", "bill.Serial));"),
        ],
        found: &[("C01", &["signed-first"]), ("C02", &["no-certificate"])],
    },
    Wrong {
        what: "does not show whose account pays",
        changes: &[(
            "Console.WriteLine(\"account {0}\"",
            "string.Format(\"account {0}\"",
        )],
        found: &[("C16", &["name-shown"])],
    },
    Wrong {
        what: "takes what it does not know for not charged",
        changes: &[(
            "        EvoucherOutcome outcome = channel.Confirm(bill);",
            "        EvoucherOutcome outcome = EvoucherOutcome.Failed;",
        )],
        found: &[("C11", &["charged-twice", "channel"])],
    },
];

/// Goes through the cases that a program gets wrong, and those alone: each finds just this, and nothing
/// is found elsewhere.
fn finds(part: &str) {
    for (n, wrong) in WRONG.iter().enumerate() {
        let found: Vec<_> = wrong
            .found
            .iter()
            .filter(|(id, _)| id.starts_with(part))
            .collect();
        if found.is_empty() {
            continue;
        }
        let place = place(&format!("wrong-{part}-{n}"), wrong.changes);
        for (id, rules) in found {
            let station = centre();
            introduce(&station);
            let desk = Script(&station);
            Tester::new(&station, &desk, &place).plays(id);
            for case in stands(&station) {
                let mut expected: Vec<String> = match case.id == *id {
                    true => rules.iter().map(|rule| (*rule).to_owned()).collect(),
                    false => Vec::new(),
                };
                let mut broken = case.broken;
                broken.sort();
                expected.sort();
                assert_eq!(broken, expected, "{}, {id}: {}", wrong.what, case.id);
            }
            show(&format!("{id} {}: {}\n", rules.join(", "), wrong.what));
        }
    }
}

#[test]
fn wrong_programs_fail_where_they_should_in_the_password_cases() {
    finds("P");
}

#[test]
fn wrong_programs_fail_where_they_should_in_the_pay_cases() {
    finds("C");
}

#[test]
fn wrong_programs_fail_where_they_should_in_the_envelope_cases() {
    finds("E");
}

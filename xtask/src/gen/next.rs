//! The words of `next` on the pages and in each language, from the library's one table of them.

use evoucher::catalogue::next::Next;
use evoucher::charset::Charset;

/// What a page or a binding has between its markers: each region's name and its lines.
pub(super) type Regions = Vec<(&'static str, String)>;

fn lines(line: impl Fn(Next) -> String) -> String {
    Next::ALL.iter().map(|next| line(*next) + "\n").collect()
}

/// `GET_CERTIFICATE`.
fn name(next: Next) -> String {
    next.as_str().to_uppercase()
}

fn label(next: Next) -> &'static str {
    next.meaning().label
}

/// The English pages' table.
pub(super) fn english() -> Regions {
    let row = |next: Next| format!("| `{}` | {} |", next.as_str(), next.meaning().en);
    let head = "| `next` | meaning |\n| --- | --- |\n";
    vec![("next", head.to_owned() + &lines(row))]
}

/// The same in Chinese.
pub(super) fn chinese() -> Regions {
    let row = |next: Next| format!("| `{}` | {} |", next.as_str(), next.meaning().zh);
    let head = "| `next` | 含义 |\n| --- | --- |\n";
    vec![("next", head.to_owned() + &lines(row))]
}

/// The manual's, which has the labels, too.
pub(super) fn chinese_with_labels() -> Regions {
    let row = |next: Next| {
        let meaning = next.meaning();
        format!(
            "| `{}` | {} | {} |",
            meaning.word, meaning.zh, meaning.label
        )
    };
    let head = "| `next` | 含义 | 屏幕上的短词 |\n| --- | --- | --- |\n";
    vec![("next", head.to_owned() + &lines(row))]
}

/// Escaped: an old compiler reads the file in the code page of Windows.
pub(super) fn csharp() -> Regions {
    let pascal_case = |next: Next| super::contract::camel(next.as_str());
    let constant = |next: Next| {
        let (en, name, word) = (next.meaning().en, pascal_case(next), next.as_str());
        format!("/// <summary>{en}</summary>\npublic const string {name} = \"{word}\";")
    };
    let case = |next: Next| {
        let escaped: String = units(next).map(|unit| format!("\\u{unit:04X}")).collect();
        let (name, label) = (pascal_case(next), label(next));
        format!("case {name}: return \"{escaped}\"; // {label}")
    };
    vec![("next", lines(constant)), ("labels", lines(case))]
}

/// As an enum.
pub(super) fn csharp_typed() -> Regions {
    let pascal_case = |next: Next| super::contract::camel(next.as_str());
    let value = |next: Next| {
        let (en, name) = (next.meaning().en, pascal_case(next));
        format!("/// <summary>{en}</summary>\n{name},")
    };
    let word = |next: Next| {
        let name = pascal_case(next);
        format!("case EvoucherNext.{name}: return NextStep.{name};")
    };
    let shown = |next: Next| {
        let name = pascal_case(next);
        format!("case NextStep.{name}: return EvoucherNext.Label(EvoucherNext.{name});")
    };
    vec![
        ("next", lines(value)),
        ("words", lines(word)),
        ("labels", lines(shown)),
    ]
}

/// Escaped for the same reason, in both charsets: a program's strings are in the one or the other.
pub(super) fn cpp() -> Regions {
    let enumerator = |next: Next| format!("{}, /* {} */", next.as_str(), next.meaning().en);
    let escaped = |bytes: &[u8]| -> String {
        let bytes = bytes.iter().map(|byte| format!("\\x{byte:02X}"));
        bytes.collect()
    };
    let row = |next: Next| {
        let (utf8, gbk) = (
            label(next).as_bytes(),
            Charset::Gbk.encode_plain(label(next)),
        );
        let (utf8, gbk) = (escaped(utf8), escaped(&gbk));
        let (is, name) = (next.as_str(), name(next));
        format!("{{Next::{is}, EV_NEXT_{name}, \"{utf8}\", \"{gbk}\"}},")
    };
    vec![("next", lines(enumerator)), ("words", lines(row))]
}

/// UTF-16 where strings are that, and GBK where they are bytes.
pub(super) fn pascal() -> Regions {
    let constant = |next: Next| format!("EV_NEXT_{} = '{}';", name(next), next.as_str());
    let last = Next::ALL.len() - 1;
    let array = |array: &str, item: &dyn Fn(Next) -> String| {
        let items: Vec<_> = Next::ALL.iter().map(|next| item(*next)).collect();
        let items = items.join(",\n  ");
        format!("{array}: array[0..{last}] of string = (\n  {items});\n")
    };
    let wide = |next: Next| units(next).map(|unit| format!("#${unit:04X}")).collect();
    let bytes = |next: Next| {
        let bytes = Charset::Gbk.encode_plain(label(next));
        bytes.iter().map(|byte| format!("#${byte:02X}")).collect()
    };
    let labels = [
        array("EV_NEXT_WORDS", &|next| format!("EV_NEXT_{}", name(next))),
        "{$IFDEF UNICODE}\n".to_owned(),
        array("EV_NEXT_LABELS", &wide),
        "{$ELSE}\n".to_owned(),
        array("EV_NEXT_LABELS", &bytes),
        "{$ENDIF}\n".to_owned(),
    ];
    vec![("next", lines(constant)), ("labels", labels.concat())]
}

/// The module is ASCII.
pub(super) fn basic() -> Regions {
    let constant = |next: Next| {
        let (name, word) = (name(next), next.as_str());
        format!("Public Const EV_NEXT_{name} As String = \"{word}\"")
    };
    let case = |next: Next| {
        let chars: Vec<_> = units(next)
            .map(|unit| format!("ChrW$(&H{unit:04X})"))
            .collect();
        let (name, chars) = (name(next), chars.join(" & "));
        format!("Case EV_NEXT_{name}: EvNextLabel = {chars}")
    };
    vec![("next", lines(constant)), ("labels", lines(case))]
}

/// A script, which may be in Chinese; PowerBuilder has no constants outside of an object.
pub(super) fn powerscript() -> Regions {
    let case = |next: Next| format!("case \"{}\"\n    return \"{}\"", next.as_str(), label(next));
    vec![("labels", lines(case))]
}

fn units(next: Next) -> impl Iterator<Item = u16> {
    label(next).encode_utf16()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand, for one word: 结算 is U+7ED3 U+7B97, and BD E1 CB E3 in GBK.
    #[test]
    fn each_language_has_the_word_and_its_label() {
        let first = |regions: Regions, region: &str, nth: usize| {
            let (_, text) = regions
                .into_iter()
                .find(|(name, _)| *name == region)
                .unwrap();
            text.lines().nth(nth).unwrap().to_owned()
        };
        assert_eq!(
            first(csharp(), "next", 1),
            "public const string Settle = \"settle\";"
        );
        assert_eq!(
            first(csharp(), "labels", 0),
            "case Settle: return \"\\u7ED3\\u7B97\"; // 结算"
        );
        assert_eq!(first(cpp(), "next", 0), "settle, /* go on and settle */");
        assert_eq!(
            first(cpp(), "words", 0),
            "{Next::settle, EV_NEXT_SETTLE, \"\\xE7\\xBB\\x93\\xE7\\xAE\\x97\", \"\\xBD\\xE1\\xCB\\xE3\"},"
        );
        assert_eq!(first(pascal(), "next", 0), "EV_NEXT_SETTLE = 'settle';");
        let pascal = pascal().remove(1).1;
        assert!(pascal.contains("\n  #$7ED3#$7B97,\n"), "{pascal}");
        assert!(pascal.contains("\n  #$BD#$E1#$CB#$E3,\n"), "{pascal}");
        assert_eq!(
            first(basic(), "next", 0),
            "Public Const EV_NEXT_SETTLE As String = \"settle\""
        );
        assert_eq!(
            first(basic(), "labels", 0),
            "Case EV_NEXT_SETTLE: EvNextLabel = ChrW$(&H7ED3) & ChrW$(&H7B97)"
        );
        assert_eq!(first(powerscript(), "labels", 0), "case \"settle\"");
        assert!(english()[0].1.contains("| `settle` | go on and settle |"));
        assert!(chinese()[0].1.contains("| `settle` | 继续结算 |\n"));
        let manual = chinese_with_labels().remove(0).1;
        assert!(manual.contains("| `settle` | 继续结算 | 结算 |"));
    }
}

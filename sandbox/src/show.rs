//! What `--show` prints: every conversation, opened.

use crate::fault::NAMED;
use crate::http::Exchange;
use crate::page::Page;
use std::fmt::Write;

/// Longer texts are cut: what is printed is for reading.
const LONGEST: usize = 8192;

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} bytes in all)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

/// One conversation as text. `String` takes everything that is written to it.
pub(crate) fn conversation(number: u64, exchange: &Exchange, page: &Page) -> String {
    let mut text = String::new();
    let seen = &exchange.seen;
    let scheme = if seen.tls { "https" } else { "http" };
    let _ = writeln!(
        text,
        "──── {number}  connection {} ({scheme})",
        seen.connection
    );
    let _ = writeln!(text, "> {} {}", seen.method, seen.path);
    for (name, value) in &seen.headers {
        let _ = writeln!(text, "> {name}: {value}");
    }
    let _ = writeln!(text, "> {}", cut(&seen.body));
    if let Some(opened) = &seen.opened {
        let _ = writeln!(text, "> opened   {}", cut(opened));
    }
    if let Some((name, _, [_, what])) = NAMED.iter().find(|(_, fault, _)| *fault == exchange.fault)
    {
        if *name != "none" {
            let _ = writeln!(text, "! fault    {name}: {what}");
        }
    } else {
        let _ = writeln!(text, "! fault    {:?}", exchange.fault);
    }
    if !exchange.fault.replies() {
        let _ = writeln!(text, "< no reply");
        return text;
    }
    if let Some(plain) = &exchange.answer.plain {
        let _ = writeln!(text, "< sealing  {}", cut(plain));
    }
    let _ = writeln!(text, "< HTTP {}", page.status.as_u16());
    let _ = writeln!(text, "< {}", cut(&String::from_utf8_lossy(&page.body)));
    text
}

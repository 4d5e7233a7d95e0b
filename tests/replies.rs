//! Rules 3 and 4: replies come whole or not at all, are never lost, and nothing is sent twice
//! because a buffer was small.

mod common;

use common::{ECHO, KEY, ORG_ID, centre, config, library, request};
use evoucher::catalogue::codes::{
    EV_BUFFER_TOO_SMALL, EV_INVALID_ARGUMENT, EV_INVALID_CLIENT, EV_INVALID_CONFIG,
    EV_INVALID_REQUEST,
};
use serde_json::json;

#[test]
fn a_reply_that_did_not_fit_is_kept_and_nothing_is_sent_twice() {
    let centre = centre();
    let client = library().open(&config(centre.url()));
    let padding = "测".repeat(3000);
    let request = json!({ "padding": padding }).to_string();

    let small = library().call5(
        "ev_call",
        client.handle,
        ECHO.as_bytes(),
        request.as_bytes(),
        8192,
    );
    assert_eq!(small.returned, EV_BUFFER_TOO_SMALL);
    assert_eq!(small.bytes, b"", "JSON is never cut");

    let size = library().last_reply_size();
    assert!(size > 8192);
    let short = library().last_reply_into(size - 1);
    assert_eq!(short.returned, EV_BUFFER_TOO_SMALL);
    assert_eq!(short.bytes, b"");
    let whole = library().last_reply_into(size);
    assert_eq!(whole.returned, 0);
    assert_eq!(whole.at("data.echo.padding"), padding);
    assert_eq!(whole.bytes.len() + 1, usize::try_from(size).unwrap());
    assert_eq!(library().last_reply_into(size).bytes, whole.bytes);

    assert_eq!(centre.seen(), 1, "fetching sends nothing");
}

#[test]
fn too_small_takes_the_place_of_a_zero_only() {
    let centre = centre();
    let client = library().open(&config(centre.url()));
    let ask = |token: &str, size| {
        let request = request(token).to_string();
        let name = "ev_token_pwd_stas";
        library().call4(name, client.handle, request.as_bytes(), size)
    };
    for size in [0, 1, 10] {
        assert_eq!(ask("pwd", size).returned, EV_BUFFER_TOO_SMALL, "{size}");
        assert_eq!(library().last_reply().at("code"), "0");
        assert_eq!(ask("code500319", size).returned, 500_319, "{size}");
        assert_eq!(library().last_reply().at("code"), "500319");
        assert_eq!(ask("nopwd", size).returned, 500_320, "{size}");
    }
    // Exactly as large as the reply with its NUL.
    let size = library().last_reply_size();
    let exact = ask("nopwd", size + 2);
    assert_eq!(exact.at("next"), "settle");
}

#[test]
fn what_changes_something_wants_1024_bytes_before_it_sends() {
    let centre = centre();
    let client = library().open(&config(centre.url()));
    let request = request("auto1-signed").to_string();
    let echo = library().call5(
        "ev_call",
        client.handle,
        ECHO.as_bytes(),
        request.as_bytes(),
        1023,
    );
    let mut replies = vec![echo];
    for function in ["ev_token_pwd_check_notc", "ev_gen_pay_cert"] {
        for size in [0, 1, 1023] {
            let reply = library().call4(function, client.handle, request.as_bytes(), size);
            replies.push(reply);
        }
    }
    for reply in replies {
        assert_eq!(reply.returned, EV_INVALID_ARGUMENT);
        let last = library().last_reply();
        assert_eq!(last.at("delivery"), "not_sent");
        assert!(last.at("message").contains("1024"), "{last:?}");
    }
    assert_eq!(centre.seen(), 0);
    let reply = library().call4("ev_gen_pay_cert", client.handle, request.as_bytes(), 1024);
    assert_eq!(reply.returned, 0);
}

#[test]
fn the_last_reply_is_the_threads_own_and_stays_until_its_next_call() {
    let centre = centre();
    let client = library().open(&config(centre.url()));
    let reply = client.stas("nopwd");
    assert_eq!(library().last_reply().bytes, reply.bytes);
    // Neither of these replaces it.
    client.field(&reply.bytes, "next", 100);
    library().last_reply_into(1);
    assert_eq!(library().last_reply().bytes, reply.bytes);

    std::thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(library().last_reply_size(), 0);
            let none = library().last_reply_into(100);
            assert_eq!((none.returned, none.bytes), (EV_INVALID_REQUEST, vec![]));
            let other = client.stas("code500001");
            assert_eq!(library().last_reply().bytes, other.bytes);
        });
    });
    assert_eq!(library().last_reply().bytes, reply.bytes);

    // A function without a buffer leaves one too.
    assert_eq!(library().close(client.handle), 0);
    assert_eq!(library().last_reply().at("code"), "0");
    let (code, handle) = library().open_bytes(b"{}");
    assert!(code != 0 && handle == -1);
    assert_eq!(library().last_reply().at("code"), code.to_string());
}

#[test]
fn every_reply_has_the_same_keys() {
    let centre = centre();
    let client = library().open(&config(centre.url()));
    let keys = [
        "code",
        "message",
        "hint",
        "source",
        "delivery",
        "next",
        "service",
        "data",
        "requestId",
        "elapsedMs",
    ];
    let replies = [
        client.stas("pwd"),
        client.stas("code500001"),
        client.call_text("ev_signed_query", "{}"),
        client.call_text("ev_seal", "{}"),
        library().explain(client.handle, 0),
        library().explain(-5, 0),
        library().call4("ev_dictionary", client.handle, b"idType", 8192),
    ];
    for reply in replies {
        let text = reply.text();
        let mut rest = text.as_str();
        for key in keys {
            let at = rest.find(&format!("\"{key}\":"));
            rest = &rest[at.unwrap_or_else(|| panic!("{key} in its place in {text}"))..];
        }
        assert_eq!(reply.json().as_object().unwrap().len(), keys.len());
        assert_eq!(reply.at("code"), reply.returned.to_string());
    }
}

#[test]
fn one_field_as_plain_text() {
    let client = library().open(&config("http://127.0.0.1:9"));
    let json = r#"{"next":"settle","n":12.30,"t":true,"z":null,"o":{"a":[1,{"b":"测\"\\\u0041"}]},
        "big":123456789012345678901234567890,
        "lone":"\ud800测\\u0041\udc00\ud83d\ude00","last":"\udbff"}"#;
    for (path, value) in [
        ("next", "settle"),
        ("n", "12.30"),
        ("t", "true"),
        ("z", ""),
        ("o.a.1.b", "测\"\\A"),
        ("o.a", r#"[1,{"b":"测\"\\\u0041"}]"#),
        ("big", "123456789012345678901234567890"),
        // Half a character is none.
        ("lone", "\u{fffd}测\\u0041\u{fffd}😀"),
        ("last", "\u{fffd}"),
    ] {
        let reply = client.field(json.as_bytes(), path, 200);
        assert_eq!(
            (reply.returned, reply.text().as_str()),
            (0, value),
            "{path}"
        );
    }
    for path in ["nexts", "o.b", "o.a.2", "o.a.x", "next.x", "", "."] {
        let reply = client.field(json.as_bytes(), path, 200);
        assert_eq!(
            (reply.returned, reply.text().as_str()),
            (EV_INVALID_REQUEST, ""),
            "{path}"
        );
    }
    let small = client.field(json.as_bytes(), "next", 6);
    assert_eq!((small.returned, small.bytes), (EV_BUFFER_TOO_SMALL, vec![]));
    assert_eq!(client.field(json.as_bytes(), "next", 7).text(), "settle");
    let broken = client.field(b"{", "next", 100);
    assert_eq!(broken.returned, EV_INVALID_REQUEST);
}

/// A program without a JSON parser shows why there is no client.
#[test]
fn a_failed_open_can_be_shown_without_a_client() {
    let (code, client) = library().open_bytes(b"{\"localUrl\":\"http://x:99999\"}");
    assert_eq!((code, client), (EV_INVALID_CONFIG, -1));
    let reply = library().last_reply();
    assert!(reply.bytes.is_ascii());
    let message = library().call5("ev_field", client, &reply.bytes, b"message", 8192);
    assert_eq!(message.returned, 0);
    assert_eq!(message.text(), {
        // Plain text of the ASCII form keeps its escapes: any code page holds it.
        let json = reply.json();
        let message = json["message"].as_str().unwrap();
        message
            .encode_utf16()
            .map(|unit| match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
                _ => format!("\\u{unit:04x}"),
            })
            .collect::<String>()
    });
    // Nothing but that handle stands for no client.
    let stale = library().call5("ev_field", -2, &reply.bytes, b"message", 8192);
    assert_eq!(stale.returned, EV_INVALID_CLIENT);
}

#[test]
fn replies_of_the_key_and_the_id_are_never_told() {
    let centre = centre();
    let client = library().open(&config(centre.url()));
    for reply in [
        client.call_text("ev_signed_query", r#"{"token":"secretToken","orgName":5}"#),
        client.call_text("ev_signed_query", r#"{"token":"secretToken""#),
        client.call_text("ev_gen_pay_cert", r#""secretToken""#),
        client.call_text("ev_unseal", "secretToken"),
    ] {
        let text = reply.text();
        assert_ne!(reply.returned, 0);
        assert!(
            !text.contains("secretToken") && !text.contains(KEY),
            "{text}"
        );
    }
    let wrong = config(centre.url())
        .to_string()
        .replace(KEY, "secretKey")
        .replace(ORG_ID, "");
    library().open_bytes(wrong.as_bytes());
    let text = library().last_reply().text();
    assert!(
        text.contains("sm4Key") && !text.contains("secretKey"),
        "{text}"
    );
}

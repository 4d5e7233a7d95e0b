//! What goes over the wire: the envelope of the documents, held against OpenSSL's SM4, and the
//! caller's request to the letter.

mod common;

use common::{ECHO, KEY, ORG_ID, SERVICES, centre, config, config_with, library, request};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

/// OpenSSL's SM4/ECB/PKCS#7.
fn openssl(direction: &str, key: &str, input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(["enc", "-sm4-ecb", direction, "-K", key])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the openssl command");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    output.stdout
}

/// Texts of all lengths around the block's, some with several bytes a character.
fn texts() -> impl Iterator<Item = String> {
    // A small generator with a fixed seed, so that a failure comes again.
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    (0..60).map(move |length| {
        (0..length)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                ['a', '0', '测', '{', '"', 'é'][(state % 6) as usize]
            })
            .collect()
    })
}

#[test]
fn what_is_sealed_openssl_opens_and_the_other_way_round() {
    let client = library().open(&config("http://127.0.0.1:9"));
    for text in texts() {
        let sealed = client.call_text("ev_seal", &text).at("data.encData");
        assert_eq!(sealed, sealed.to_uppercase());
        let opened = openssl("-d", KEY, &hex::decode(&sealed).unwrap());
        assert_eq!(String::from_utf8(opened).unwrap(), text);

        let sealed = hex::encode(openssl("-e", KEY, text.as_bytes()));
        let opened = client.call_text("ev_unseal", &sealed);
        assert_eq!(opened.at("data.text"), text);
    }
}

#[test]
fn a_key_in_each_of_its_forms() {
    let hex = "30313233343536373839616263646566";
    let expected = hex::encode_upper(openssl("-e", hex, b"{}"));
    for (key, format) in [
        (hex, "auto"),
        (hex, "hex"),
        ("0123456789abcdef", "auto"),
        ("0123456789abcdef", "text"),
        ("MDEyMzQ1Njc4OWFiY2RlZg==", "auto"),
        ("MDEyMzQ1Njc4OWFiY2RlZg==", "base64"),
    ] {
        let more = json!({ "sm4Key": key, "keyFormat": format });
        let client = library().open(&config_with("http://127.0.0.1:9", more));
        let sealed = client.call_text("ev_seal", "{}");
        assert_eq!(sealed.at("data.encData"), expected, "{key} as {format}");
    }
}

#[test]
fn a_whole_request_or_reply_is_unsealed_too() {
    let client = library().open(&config("http://127.0.0.1:9"));
    let sealed = hex::encode_upper(openssl("-e", KEY, b"{\"a\":1}"));
    for text in [
        format!("{{\"orgId\":\"x\",\"encData\":\"{sealed}\"}}"),
        format!("{{\"code\":0,\"data\":{{\"encData\":\"{sealed}\"}}}}"),
        format!("{{\"code\":0,\"data\":\"{{\\\"encData\\\":\\\"{sealed}\\\"}}\"}}"),
        format!("  {sealed}\r\n"),
    ] {
        let opened = client.call_text("ev_unseal", &text);
        assert_eq!(opened.at("data.text"), "{\"a\":1}", "{text}");
    }
    for (text, code) in [
        ("{\"data\":null}", -10005),
        ("XYZ", -10026),
        ("", -10026),
        ("AB", -10026),
    ] {
        assert_eq!(client.call_text("ev_unseal", text).returned, code, "{text}");
    }
}

#[test]
fn one_post_as_the_documents_say() {
    let centre = centre();
    let more = json!({ "headers": { "X-Gateway": "ward 3" } });
    let client = library().open(&config_with(centre.url(), more));
    for (service, function) in SERVICES {
        let request = request("auto1-signed");
        client.call(function, &request);
        let seen = centre.requests().pop().unwrap();
        let header = |name: &str| {
            let found = seen.headers.iter().find(|(header, _)| header == name);
            found.map(|(_, value)| value.as_str())
        };
        assert_eq!(seen.method, "POST");
        assert_eq!(seen.path, format!("/cfc/api/{service}"));
        assert_eq!(
            header("content-type"),
            Some("application/json;charset=UTF-8")
        );
        assert_eq!(
            header("content-length").unwrap(),
            seen.body.len().to_string()
        );
        assert_eq!(header("x-gateway"), Some("ward 3"));
        for absent in ["expect", "transfer-encoding", "accept-encoding"] {
            assert_eq!(header(absent), None, "{absent}");
        }

        let body: Value = serde_json::from_str(&seen.body).unwrap();
        let names: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
        let mut expected = ["orgId", "encData", "version", "timestamp", "reqtType"];
        expected.sort_unstable();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, expected);
        assert_eq!(body["orgId"], ORG_ID);
        assert_eq!(body["version"], "1.0.0");
        assert_eq!(body["reqtType"], "sys&350000");
        let timestamp = body["timestamp"].as_str().unwrap();
        assert!(timestamp.len() == 13 && timestamp.bytes().all(|b| b.is_ascii_digit()));
        let sealed = hex::decode(body["encData"].as_str().unwrap()).unwrap();
        let opened = openssl("-d", KEY, &sealed);
        assert_eq!(opened, request.to_string().into_bytes());
    }
}

#[test]
fn the_request_goes_out_to_the_letter() {
    let centre = centre();
    let client = library().open(&config(centre.url()));
    let request = "{ \"zzz\" : 12.30,\n\"token\":\"auto1-x\",\"big\":123456789012345678901234567890.10,\
                   \"orgName\":\"测\\u8bd5\",\"list\":[1E5,0.10,-0],\"orgCodg\":\"H1\",\
                   \"totalAmount\":0012.300}";
    let valid = request.replace("0012.300", "12.300");
    assert_eq!(
        client
            .call_text("ev_token_pwd_check_notc", request)
            .returned,
        -10005
    );
    assert_eq!(
        client.call_text("ev_token_pwd_check_notc", &valid).returned,
        0
    );
    assert_eq!(centre.requests().pop().unwrap().opened.unwrap(), valid);

    // And the reply comes as it was sealed: the echo holds the digits.
    let echo = client.call_path(ECHO, &valid);
    assert!(
        echo.text().contains("123456789012345678901234567890.10"),
        "{echo:?}"
    );
    assert!(echo.text().contains("12.300"), "{echo:?}");
    assert_eq!(echo.json()["next"], json!(null));
    assert_eq!(echo.at("service"), "/cfc/api/echo");
}

#[test]
fn who_sends_is_prefix_and_division_or_as_configured() {
    for (more, expected) in [
        (json!({}), "testOrgId&350000"),
        (json!({ "reqtPrefix": "sys" }), "sys&350000"),
        (json!({ "reqtType": "any thing" }), "any thing"),
        (json!({ "reqtType": "x&1", "reqtPrefix": "sys" }), "x&1"),
    ] {
        let mut config = config_with("http://127.0.0.1:9", more.clone());
        if more.get("reqtPrefix").is_none() {
            config.as_object_mut().unwrap().remove("reqtPrefix");
        }
        let client = library().open(&config);
        let sealed = client.call_text("ev_seal", "{}");
        assert_eq!(sealed.at("data.reqtType"), expected);
    }
}

#[test]
fn defaults_fill_what_is_left_out_and_nothing_else() {
    let centre = centre();
    let more = json!({ "defaults": {
        "orgCodg": "H35010000009", "orgName": "默认医院", "opterId": "9", "opterName": "默认",
        "devId": "auto", "devIP": "auto",
    } });
    let client = library().open(&config_with(centre.url(), more));
    let sent = || -> Value {
        serde_json::from_str(&centre.requests().pop().unwrap().opened.unwrap()).unwrap()
    };
    let reply = client.call_text("ev_signed_query", r#"{"token":"signed","opterId":"7"}"#);
    assert_eq!(reply.returned, 0, "{reply:?}");
    assert_eq!(sent()["opterId"], "7");
    assert_eq!(sent()["orgName"], "默认医院");
    assert_eq!(
        sent()["devIP"],
        "127.0.0.1",
        "the address that reaches this centre"
    );
    let hardware = sent()["devId"].as_str().unwrap().to_owned();
    let parts: Vec<_> = hardware.split('-').collect();
    let is_hex = |part: &&str| part.len() == 2 && u8::from_str_radix(part, 16).is_ok();
    assert!(parts.len() == 6 && parts.iter().all(is_hex), "{hardware}");
    assert_eq!(hardware, hardware.to_uppercase());

    client.call_text("ev_token_pwd_stas", r#"{"token":"pwd"}"#);
    let expected = json!({ "token": "pwd", "orgCodg": "H35010000009" });
    assert_eq!(sent(), expected, "only what the service lists");
}

//! The station's interface: what a page, or an institution's own tests, see and switch.

mod common;

use common::{Reply, Wire, body, centre, exchange, parameters, post, request, result, wait_for};
use evoucher_sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use std::net::UdpSocket;
use std::time::Duration;

const API: &str = "/sandbox/api";

fn ask(centre: &Sandbox, method: &str, path: &str, body: &str) -> Reply {
    let request = format!(
        "{method} {API}{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    exchange(&centre.url(), &request)
}

fn get(centre: &Sandbox, path: &str) -> Value {
    let reply = ask(centre, "GET", path, "");
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    reply.json()
}

fn send(centre: &Sandbox, method: &str, path: &str, body: Value) -> Value {
    let reply = ask(centre, method, path, &body.to_string());
    assert!(
        (200..300).contains(&reply.status),
        "{path}: {}",
        reply.text()
    );
    reply.json()
}

/// The field that a refusal names; it says what is wrong in both languages.
fn wrong(reply: &Reply) -> Value {
    let json = reply.json();
    assert_eq!(reply.status, 400, "{json}");
    for language in ["zh", "en"] {
        assert!(
            !json["error"][language].as_str().unwrap().is_empty(),
            "{json}"
        );
    }
    json["field"].clone()
}

fn ids(list: &Value) -> Vec<u64> {
    let exchanges = list["exchanges"].as_array().unwrap();
    exchanges
        .iter()
        .map(|one| one["id"].as_u64().unwrap())
        .collect()
}

#[test]
fn what_came_is_listed_the_newest_first() {
    let centre = centre();
    for token in ["pwd-1", "nobody", "signed-fault.half-2"] {
        call(&centre, token);
    }
    let list = get(&centre, "/exchanges");
    assert_eq!(ids(&list), [3, 2, 1]);
    let [half, nobody, fine] = [0, 1, 2].map(|at| list["exchanges"][at].clone());
    assert_eq!(
        (&fine["code"], &fine["failed"], &fine["state"]),
        (&json!(0), &json!(false), &json!("done"))
    );
    assert_eq!(fine["service"], "tokenPwdStas");
    assert_eq!(fine["devId"], "AA-BB-CC-DD-EE-FF");
    assert_eq!(fine["result"]["zh"], "参保人尚未完成核验");
    assert_eq!(
        (&nobody["code"], &nobody["failed"]),
        (&json!(500_001), &json!(true))
    );
    assert_eq!(
        (&half["fault"], &half["faultBy"]),
        (&json!("half"), &json!("token"))
    );
    for (question, expected) in [
        ("?limit=1", &[3][..]),
        ("?before=3", &[2, 1]),
        ("?after=2", &[3]),
        ("?failed=true", &[3, 2]),
        ("?token=PWD", &[1]),
        ("?service=genPayCert", &[]),
        ("?devId=aa-bb", &[3, 2, 1]),
    ] {
        assert_eq!(
            ids(&get(&centre, &format!("/exchanges{question}"))),
            expected,
            "{question}"
        );
    }
    assert_eq!(ask(&centre, "GET", "/exchanges?befor=3", "").status, 400);
    send(&centre, "DELETE", "/exchanges", json!({}));
    assert!(ids(&get(&centre, "/exchanges")).is_empty());
    call(&centre, "pwd-1");
    assert_eq!(
        ids(&get(&centre, "/exchanges")),
        [4],
        "no number comes twice"
    );
}

/// A status query, whose reply may be cut.
fn call(centre: &Sandbox, token: &str) {
    let mut wire = Wire::http(&centre.url());
    wire.send(&post("/cfc/api/tokenPwdStas", &body(token)));
    if token.contains("fault") {
        wire.read_to_end().1.unwrap();
    } else {
        wire.reply();
    }
}

#[test]
fn one_is_opened_and_explained() {
    let centre = centre();
    let mut wrong = request("signed-1");
    wrong["ownPaySetlAmt"] = json!("1.234");
    wrong.as_object_mut().unwrap().remove("opterId");
    let body = parameters(&wrong.to_string()).to_string();
    exchange(&centre.url(), &post("/cfc/api/genPayCert", &body));
    let one = get(&centre, "/exchanges/1");
    assert_eq!(one["request"]["body"], body);
    assert_eq!(one["request"]["opened"], wrong.to_string());
    let problems = one["request"]["problems"].as_array().unwrap();
    let named: Vec<_> = problems.iter().map(|problem| &problem["field"]).collect();
    assert_eq!(named, ["ownPaySetlAmt", "opterId"]);
    assert_eq!(problems[0]["section"], "A 1.5.2");
    let fields = one["request"]["fields"].as_array().unwrap();
    let token = fields
        .iter()
        .find(|field| field["name"] == "token")
        .unwrap();
    assert_eq!(
        (&token["layer"], &token["value"]),
        (&json!("inner"), &json!("signed-1"))
    );
    assert_eq!(one["reply"]["status"], 200);
    let reply: Value = serde_json::from_str(one["reply"]["body"].as_str().unwrap()).unwrap();
    assert_eq!(reply["code"], -2);
    let saved = ask(&centre, "GET", "/exchanges/1?save=true", "");
    let name = saved.header("content-disposition").unwrap();
    assert_eq!(name, "attachment; filename=\"exchange-1.json\"");
    assert_eq!(ask(&centre, "GET", "/exchanges/2", "").status, 404);
    assert_eq!(ask(&centre, "GET", "/exchanges/x", "").status, 404);
}

#[test]
fn whatever_came_is_text() {
    let centre = centre();
    let nasty = "<script>alert(1)</script>\u{202e}\u{0}\u{7}</pre>'\"";
    let mut hostile = request("signed-1");
    hostile["orgName"] = json!(nasty);
    let body = parameters(&hostile.to_string()).to_string();
    exchange(&centre.url(), &post("/cfc/api/signedQuery", &body));
    let reply = ask(&centre, "GET", "/exchanges/1", "");
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    let one = reply.json();
    let fields = one["request"]["fields"].as_array().unwrap();
    let name = fields
        .iter()
        .find(|field| field["name"] == "orgName")
        .unwrap();
    assert_eq!(name["value"], nasty);
    // A megabyte is cut, and says so.
    let huge = format!("{{\"x\":\"{}\"}}", "a".repeat(1 << 20));
    exchange(&centre.url(), &post("/cfc/api/signedQuery", &huge));
    let one = get(&centre, "/exchanges/2");
    assert_eq!(one["request"]["cut"], true);
    assert_eq!(one["request"]["body"].as_str().unwrap().len(), 256 << 10);
}

#[test]
fn who_waits_gets_the_one_that_fits() {
    let centre = centre();
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| get(&centre, "/exchanges/wait?token=second&timeoutMs=60000"));
        for token in ["pwd-first", "pwd-second"] {
            result(&centre, "tokenPwdStas", token);
        }
        assert_eq!(waits.join().unwrap()["id"], 2);
    });
    let late = ask(
        &centre,
        "GET",
        "/exchanges/wait?token=third&timeoutMs=1",
        "",
    );
    assert_eq!(late.status, 408);
    let longer = ask(&centre, "GET", "/exchanges/wait?timeoutMs=60001", "");
    assert_eq!(wrong(&longer), "timeoutMs");
}

/// The stream of events, from where it is asked.
struct Stream(Wire, String);

impl Stream {
    fn open(centre: &Sandbox, last: Option<&str>) -> Self {
        let mut wire = Wire::http(&centre.url());
        let last = last.map_or(String::new(), |id| format!("Last-Event-ID: {id}\r\n"));
        wire.send(&format!(
            "GET {API}/events HTTP/1.1\r\nHost: localhost\r\n{last}\r\n"
        ));
        Self(wire, String::new())
    }

    /// Number, kind and data of the next event of this kind.
    fn next(&mut self, kind: &str) -> (String, Value) {
        loop {
            if let Some((event, rest)) = self.1.split_once("\n\n") {
                let line = |name: &str| {
                    let line = event.lines().find_map(|line| line.split_once(name));
                    line.map(|(_, value)| value.to_owned())
                };
                let found = line("event: ").filter(|found| found == kind).map(|_| {
                    let data = serde_json::from_str(&line("data: ").unwrap()).unwrap();
                    (line("id: ").unwrap(), data)
                });
                self.1 = rest.to_owned();
                if let Some(found) = found {
                    return found;
                }
                continue;
            }
            self.1
                .push_str(&String::from_utf8_lossy(&self.0.read_some().unwrap()));
        }
    }
}

#[test]
fn events_tell_what_changes_and_can_be_taken_up_again() {
    let centre = centre();
    let mut stream = Stream::open(&centre, None);
    assert_eq!(stream.next("hello").1, json!({ "newest": null }));
    result(&centre, "tokenPwdStas", "pwd-1");
    // Until the first one is over, and the last event before the second one is known.
    let mut until_done = || loop {
        let (id, data) = stream.next("exchanges");
        if data["exchanges"][0]["state"] == "done" {
            return id;
        }
    };
    let last = until_done();
    result(&centre, "tokenPwdStas", "pwd-2");
    until_done();
    let mut again = Stream::open(&centre, Some(&last));
    let (_, data) = again.next("exchanges");
    assert_eq!(data["exchanges"][0]["token"], "pwd-2");
    assert_eq!(data["untold"], 0);
    drop((stream, again));
    // Of another run, or of one that is long gone.
    let mut unknown = Stream::open(&centre, Some("999999"));
    assert_eq!(unknown.next("gap").1, json!({}));
}

#[test]
fn nobody_asks_from_another_page_or_by_another_name() {
    let centre = centre();
    let status = |head: &str| {
        exchange(
            &centre.url(),
            &format!("{head}\r\nContent-Length: 0\r\n\r\n"),
        )
        .status
    };
    let port = centre.url().rsplit_once(':').unwrap().1.to_owned();
    for (head, expected) in [
        ("GET /sandbox/api/setup HTTP/1.1\r\nHost: localhost".to_owned(), 200),
        ("GET /sandbox/api/setup HTTP/1.1\r\nHost: evil.example".to_owned(), 403),
        ("GET /sandbox/live HTTP/1.1\r\nHost: evil.example".to_owned(), 403),
        ("DELETE /sandbox/api/exchanges HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example".to_owned(), 403),
        ("GET /sandbox/ledger HTTP/1.1\r\nHost: evil.example".to_owned(), 403),
        ("DELETE /sandbox/ledger HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example".to_owned(), 403),
        ("DELETE /sandbox/ledger HTTP/1.1\r\nHost: centre".to_owned(), 200),
        ("DELETE /sandbox/api/exchanges HTTP/1.1\r\nHost: localhost\r\nOrigin: null".to_owned(), 403),
        (format!("DELETE /sandbox/api/exchanges HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}"), 200),
    ] {
        assert_eq!(status(&head), expected, "{head}");
    }
    let page = exchange(
        &centre.url(),
        "GET /sandbox/ HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n",
    );
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.contains("script-src 'self'") && !policy.contains("unsafe"),
        "{policy}"
    );
    // As in 0.1, for whoever asks without a browser.
    let help = exchange(&centre.url(), "GET /sandbox/ HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(help.text().starts_with("evoucher-sandbox"));
    let named = Sandbox::start(Options {
        names: vec!["station.test".to_owned()],
        ..Options::default()
    });
    let named = named.unwrap();
    let reply = exchange(
        &named.url(),
        "GET /sandbox/api/setup HTTP/1.1\r\nHost: station.test\r\n\r\n",
    );
    assert_eq!(reply.status, 200);
}

/// Whoever comes from another address shows the key that was printed, and gets it as a cookie.
#[test]
fn another_address_needs_the_key() {
    // Where this machine would send from: no packet leaves it.
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect("192.0.2.1:9").unwrap();
    let own = socket.local_addr().unwrap().ip();
    let everywhere = Sandbox::start(Options {
        listen: "0.0.0.0:0".parse().unwrap(),
        ..Options::default()
    });
    let everywhere = everywhere.unwrap();
    let page = everywhere.page_url();
    let (_, key) = page.split_once("?key=").unwrap();
    let port = everywhere.url().rsplit_once(':').unwrap().1.to_owned();
    let url = format!("http://{own}:{port}");
    let ask = |path: &str, head: &str| {
        exchange(
            &url,
            &format!("GET {path} HTTP/1.1\r\nHost: {own}:{port}\r\n{head}\r\n"),
        )
    };
    for path in ["/sandbox/api/setup", "/sandbox/live", "/sandbox/ledger"] {
        assert_eq!(ask(path, "").status, 401, "{path}");
        assert_eq!(ask(path, "Authorization: Bearer odd\r\n").status, 401);
        let bearer = format!("Authorization: Bearer {key}\r\n");
        assert_eq!(ask(path, &bearer).status, 200, "{path}");
    }
    let admitted = ask(&format!("/sandbox/live?key={key}"), "");
    assert_eq!(admitted.status, 303);
    assert_eq!(admitted.header("location"), Some("/sandbox/live"));
    let cookie = admitted.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
    let cookie = cookie.split(';').next().unwrap();
    let shown = ask("/sandbox/live", &format!("Cookie: {cookie}\r\n"));
    assert_eq!(shown.status, 200);
    // This machine itself needs none, and the centre asks nobody for it.
    let here = exchange(
        &everywhere.url(),
        "GET /sandbox/api/setup HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    );
    assert_eq!(here.status, 200);
    let call = exchange(&url, &post("/cfc/api/signedQuery", &body("signed-1")));
    assert_eq!(call.json()["code"], 0);
}

/// A patient of these words.
fn make(centre: &Sandbox, words: &[&str]) -> String {
    let patient = send(centre, "POST", "/patients", json!({ "words": words }));
    patient["token"].as_str().unwrap().to_owned()
}

fn state(centre: &Sandbox, service: &str, field: &str, token: &str) -> Value {
    let (code, data) = result(centre, service, token);
    if code == 0 {
        data[field].clone()
    } else {
        json!(code)
    }
}

#[test]
fn a_patient_answers_on_the_phone() {
    let centre = centre();
    let token = make(&centre, &["pwd", "signed"]);
    let of = |what: &str| format!("/patients/{token}{what}");
    assert_eq!(
        ask(&centre, "POST", &of("/answer"), r#"{"answer":"right"}"#).status,
        409
    );
    assert_eq!(state(&centre, "tokenPwdCheckNotc", "notcFlag", &token), "1");
    let notice = get(&centre, &of(""))["notices"][0].clone();
    assert_eq!(
        (&notice["orgName"], &notice["amount"], &notice["state"]),
        (&json!("第一医院"), &json!("100.5"), &json!("waiting"))
    );
    for (answer, expected) in [("wrong", "0"), ("right", "1")] {
        send(&centre, "POST", &of("/answer"), json!({ "answer": answer }));
        assert_eq!(
            state(&centre, "tokenPwdStas", "checkStas", &token),
            expected,
            "{answer}"
        );
    }
    assert_eq!(get(&centre, &of(""))["notices"][0]["asked"], 2);
    // What is signed on the phone holds, whatever the words say.
    for (sign, expected) in [
        ("unsigned", json!("0")),
        ("blocked", json!("2")),
        ("signed", json!("1")),
    ] {
        send(&centre, "POST", &of("/sign"), json!({ "sign": sign }));
        assert_eq!(state(&centre, "signedQuery", "stasFlag", &token), expected);
    }
    let certificate = state(&centre, "genPayCert", "payCert", &token);
    let shown = get(&centre, &of(""))["certificates"][0].clone();
    assert_eq!(
        (&shown["payCert"], &shown["charges"]),
        (&certificate, &json!(0))
    );
    let image = ask(&centre, "GET", &of("/qr.svg"), "");
    assert_eq!(image.header("content-type"), Some("image/svg+xml"));
    let unknown = ask(&centre, "POST", "/patients", r#"{"words":["zzz"]}"#);
    assert_eq!(wrong(&unknown), "words");
    assert_eq!(
        ask(
            &centre,
            "POST",
            "/patients/nobody/sign",
            r#"{"sign":"signed"}"#
        )
        .status,
        404
    );
    let kinds = get(&centre, "/patients/kinds");
    let words: Vec<_> = kinds["groups"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|group| group["kinds"].as_array().unwrap())
        .collect();
    assert!(
        words
            .iter()
            .any(|kind| kind["word"] == "autoN" && kind["parameter"]["default"] == 2)
    );
}

#[test]
fn the_channel_may_refuse_a_second_charge() {
    let centre = centre();
    let charge = |certificate: &Value| {
        let order = json!({"payCert": certificate, "amount": "12.50", "fixmedinsTrnsSn": "SN-1"});
        send(&centre, "POST", "/channel/charge", order)
    };
    let certificates: [Value; 3] =
        [(); 3].map(|()| state(&centre, "genPayCert", "payCert", "signed-1"));
    assert_eq!(charge(&certificates[0])["charged"], true);
    assert_eq!(
        charge(&certificates[1])["charged"],
        true,
        "as real ones may"
    );
    send(&centre, "PUT", "/channel", json!({ "refuseSecond": true }));
    assert_eq!(charge(&certificates[2])["reason"], "already_charged");
    let serial = get(&centre, "/channel")["serials"][0].clone();
    assert_eq!(
        (&serial["issued"], &serial["charged"]),
        (&json!(3), &json!(2))
    );
    assert_eq!(
        wrong(&ask(&centre, "PUT", "/channel", r#"{"mode":"odd"}"#)),
        "mode"
    );
}

#[test]
fn a_rule_is_for_whom_it_is_and_as_long_as_it_is() {
    let centre = centre();
    let rule = send(
        &centre,
        "POST",
        "/faults/rules",
        json!({"fault": "gateway-504-json", "service": "genPayCert", "nth": 2}),
    );
    let status = |service: &str| {
        exchange(
            &centre.url(),
            &post(&format!("/cfc/api/{service}"), &body("signed-1")),
        )
        .status
    };
    let met = ["genPayCert", "signedQuery", "genPayCert", "genPayCert"].map(status);
    assert_eq!(met, [200, 200, 504, 200]);
    let shown = get(&centre, "/faults")["rules"][0].clone();
    assert_eq!(
        (&shown["fitted"], &shown["met"], &shown["over"]),
        (&json!(3), &json!(1), &json!(true))
    );
    send(
        &centre,
        "DELETE",
        &format!("/faults/rules/{}", rule["id"]),
        json!({}),
    );
    send(&centre, "PUT", "/faults/rate", json!({ "perSecond": 0 }));
    assert_eq!(status("signedQuery"), 429);
    send(
        &centre,
        "PUT",
        "/faults/clock",
        json!({ "offsetSeconds": 3600 }),
    );
    send(
        &centre,
        "PUT",
        "/faults/chaos",
        json!({ "seed": 1, "share": 1.0 }),
    );
    let off = send(&centre, "DELETE", "/faults", json!({}));
    assert_eq!(
        off,
        json!({"rules": [], "clockOffsetSeconds": 0, "rate": null, "chaos": null, "held": []})
    );
    assert_eq!(status("signedQuery"), 200);
    for (body, field) in [
        (json!({"fault": "zz"}), "fault"),
        (json!({}), "fault"),
        (json!({"fault": "half", "hold": "after"}), "fault"),
        (json!({"fault": "half", "service": "zz"}), "service"),
        (json!({"fault": "half", "nth": 0}), "nth"),
    ] {
        assert_eq!(
            wrong(&ask(&centre, "POST", "/faults/rules", &body.to_string())),
            field
        );
    }
}

#[test]
fn chaos_repeats_itself_from_its_seed() {
    let centre = centre();
    let mut runs = [(); 2].map(|()| {
        send(&centre, "DELETE", "/exchanges", json!({}));
        send(
            &centre,
            "PUT",
            "/faults/chaos",
            json!({ "seed": 11, "share": 0.5 }),
        );
        for _ in 0..20 {
            let mut wire = Wire::http(&centre.url());
            wire.send(&post("/cfc/api/signedQuery", &body("signed-1")));
            wire.patience(Duration::from_millis(200));
            // However it ends.
            let _ = wire.read_some();
        }
        let list = get(&centre, "/exchanges");
        let faults = list["exchanges"].as_array().unwrap().iter();
        faults.map(|one| one["fault"].clone()).collect::<Vec<_>>()
    });
    let (first, second) = runs.split_at_mut(1);
    assert_eq!(first[0], second[0]);
    assert!(first[0].contains(&Value::Null) && first[0].iter().any(|fault| !fault.is_null()));
}

#[test]
fn what_is_held_waits_for_the_tester() {
    let centre = centre();
    for (when, processed) in [("before", 0), ("after", 1)] {
        centre.clear();
        send(&centre, "DELETE", "/faults", json!({}));
        send(
            &centre,
            "POST",
            "/faults/rules",
            json!({ "hold": when, "service": "signedQuery" }),
        );
        let mut wire = Wire::http(&centre.url());
        wire.send(&post("/cfc/api/signedQuery", &body("signed-1")));
        let held = || get(&centre, "/faults")["held"].as_array().unwrap().clone();
        wait_for(|| !held().is_empty());
        assert_eq!(centre.ledger().len(), processed, "{when}");
        let id = held()[0]["exchange"].clone();
        assert_eq!(get(&centre, &format!("/exchanges/{id}"))["state"], "held");
        send(
            &centre,
            "POST",
            &format!("/faults/held/{id}/release"),
            json!({}),
        );
        assert_eq!(wire.reply().status, 200);
        assert_eq!(centre.ledger().len(), 1);
        let again = ask(&centre, "POST", &format!("/faults/held/{id}/release"), "{}");
        assert_eq!(again.status, 404);
        // Who hangs up is held no longer, and what had no effect yet has none.
        let mut wire = Wire::http(&centre.url());
        wire.send(&post("/cfc/api/signedQuery", &body("signed-1")));
        wait_for(|| !held().is_empty());
        drop(wire);
        wait_for(|| held().is_empty());
        assert_eq!(centre.ledger().len(), 1 + processed);
    }
}

#[test]
fn the_configuration_that_fits_is_told() {
    let centre = centre();
    let setup = get(&centre, "/setup");
    let config = &setup["addresses"][0]["config"];
    assert_eq!(
        (&config["localUrl"], &config["orgId"]),
        (&json!(centre.url()), &json!("testOrgId"))
    );
    assert_eq!(setup["caPem"], centre.ca_pem());
    assert_eq!(
        ask(&centre, "GET", "/setup/ca.pem", "").text(),
        centre.ca_pem()
    );
    let names: Vec<_> = setup["tls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|port| &port["name"])
        .collect();
    assert!(names.contains(&&json!("https-expired")) && names.contains(&&json!("http-slamming")));
}

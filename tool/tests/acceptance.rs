//! The acceptance run from the command line: a script is the tester, and a few calls are its program.

mod common;

use common::{PROGRAM, centre, config, folder, run, tool};
use evoucher_sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A run of the tool whose tester waits for what it says.
struct Talk {
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    /// What it has said so far.
    said: Vec<String>,
}

impl Talk {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .arg("acceptance")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            lines: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
            said: Vec::new(),
        }
    }

    /// The next line with this in it.
    fn until(&mut self, part: &str) -> String {
        loop {
            let Some(line) = self.lines.next() else {
                panic!("never said {part}: {:#?}", self.said);
            };
            let line = line.unwrap();
            self.said.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    /// The token of the case that is begun.
    fn token(&mut self) -> String {
        let line = self.until("  token A ");
        line.rsplit_once(' ').unwrap().1.to_owned()
    }

    fn say(&mut self, lines: &[&str]) {
        for line in lines {
            writeln!(self.input, "{line}").unwrap();
        }
    }

    /// The input ends; what it ended with, and all that it said.
    fn end(mut self) -> (i32, Vec<String>) {
        drop(self.input);
        let rest = self.lines.map(Result::unwrap);
        self.said.extend(rest);
        (self.child.wait().unwrap().code().unwrap(), self.said)
    }
}

/// The program under test.
struct Cashier {
    config: String,
}

impl Cashier {
    fn new(name: &str, centre: &Sandbox) -> Self {
        // Where a reply does not come, nobody waits for it.
        let more = json!({ "timeoutMs": 2000 });
        Self {
            config: config(name, &centre.url(), more),
        }
    }

    fn call(&self, service: &str, token: &str, more: Value) {
        let mut request = json!({
            "token": token, "orgCodg": "H35010000001", "orgName": "第一医院", "opterId": "1",
            "opterName": "张三", "devId": "D", "devIP": "10.0.0.9",
        });
        for (name, value) in more.as_object().unwrap() {
            request[name] = value.clone();
        }
        tool(&["call", &self.config, service, &request.to_string()]);
    }
}

fn state(centre: &Sandbox, case: &str) -> Value {
    let json = folder(&format!("state-{case}")).join("run.json");
    let path = json.to_str().unwrap();
    tool(&["acceptance", &centre.url(), "--report", "--json", path]);
    let report: Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    let mut cases = report["cases"].as_array().unwrap().iter();
    let case = cases.find(|known| known["id"] == case).unwrap();
    case["state"].clone()
}

fn position(said: &[String], part: &str) -> usize {
    let found = said.iter().position(|line| line.contains(part));
    found.unwrap_or_else(|| panic!("{part} is not in {said:#?}"))
}

/// One passes, one fails by its answer, one does not apply.
#[test]
fn a_script_plays_the_tester() {
    let centre = centre();
    let cashier = Cashier::new("acceptance-script", &centre);
    let dir = folder("acceptance-reports");
    let files = ["xml", "html", "json"].map(|name| dir.join(format!("run.{name}")));
    let [junit, html, json] = files.each_ref().map(|file| file.to_str().unwrap());
    let mut talk = Talk::start(&[
        &centre.url(),
        "--about",
        "institution=第一医院",
        "--about",
        "program=A&B",
        "--case",
        "P06",
        "--case",
        "p10",
        "--case",
        "P21",
        "--junit",
        junit,
        "--html",
        html,
        "--json",
        json,
    ]);
    let token = talk.token();
    // It cannot be over: nothing came. What is no answer, or no choice of this case, is asked again.
    talk.say(&["c", "n", "x", "", "maybe", "n"]);
    talk.until("核验通知请求");
    cashier.call("tokenPwdCheckNotc", &token, json!({}));
    talk.say(&[""]);
    talk.until("通过            P06");
    let token = talk.token();
    cashier.call("tokenPwdCheckNotc", &token, json!({}));
    talk.say(&["p", "", "否", "n 没有医保终端"]);
    let (exit, said) = talk.end();
    assert_eq!(exit, 1, "{said:#?}");

    // The verdict in its place, and all of them at the end, with what was found.
    let verdict = position(&said, "不通过          P10");
    assert!(verdict < position(&said, "不适用          P21"));
    let table = position(&said, "验收  第一医院  A&B");
    let table = &said[table..];
    assert_eq!(table[5].trim_end(), "  不通过            1", "{table:#?}");
    for shown in [
        "  不适用            1",
        "不通过          P10  通知生效后断线",
        "  不通过  [B 1.4.3.2 (8) A]",
        "    应        “HIS 引导改用线下核验吗？”应为“是”",
        "    实        测试人员回答“否”",
        "未开始          P01 P02",
    ] {
        position(table, shown);
    }

    let xml = fs::read_to_string(junit).unwrap();
    assert!(
        xml.contains("tests=\"56\" failures=\"1\" errors=\"0\""),
        "{xml}"
    );
    let of = |case: &str| {
        let cases = xml.split("<testcase ");
        let mut cases = cases.filter(|one| one.contains(&format!("name=\"{case} ")));
        cases.next().unwrap().to_owned()
    };
    assert!(!of("P06").contains("<failure") && !of("P06").contains("<skipped"));
    assert!(of("P10").contains("<failure") && of("P10").contains("HIS 引导改用线下核验吗？"));
    assert!(of("P21").contains("<skipped message=\"没有医保终端\"/>"));
    assert!(fs::read_to_string(html).unwrap().contains("第一医院"));
    let report: Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    assert_eq!(report["about"]["program"], "A&B");
    let left: Vec<_> = fs::read_dir(&dir).unwrap().collect();
    assert_eq!(left.len(), 3, "nothing half written stays: {left:?}");
    // As it stands, with nothing played.
    for arguments in [&["--report"][..], &["--report", "--partial"]] {
        let again = tool(&[&["acceptance", &centre.url()], arguments].concat());
        assert_eq!(again.exit, 1, "a failure is one, however much is open");
        let rest = again.lines();
        assert_eq!(rest, table, "{}", again.out);
    }
}

/// A figure is told; what is no amount is asked again, and one that differs is found in its exchange.
#[test]
fn figures() {
    let centre = centre();
    let cashier = Cashier::new("acceptance-figures", &centre);
    for (told, exit, state) in [
        ("", 3, "passed"),
        ("12.50", 3, "passed"),
        ("12.60", 1, "failed"),
    ] {
        let url = centre.url();
        let mut talk = Talk::start(&[&url, "--about", "amount=12.50", "--case", "C01"]);
        let token = talk.token();
        cashier.call("signedQuery", &token, json!({}));
        let serial = format!("SN{told}");
        let bill = json!({ "ownPaySetlAmt": "12.50", "fixmedinsTrnsSn": serial });
        cashier.call("genPayCert", &token, bill);
        talk.say(&["", "n", "much", told]);
        let (ended, said) = talk.end();
        assert_eq!(ended, exit, "{said:#?}");
        position(&said, "value: 须为金额");
        assert_eq!(self::state(&centre, "C01"), state, "{said:#?}");
        if state == "failed" {
            let at = position(&said, "ownPaySetlAmt 为 12.50，HIS 显示 12.60");
            assert!(said[at + 1].starts_with("    交互      "), "{said:#?}");
        }
    }
}

/// What is called off in P18 is said with c; what was under way when the input ended is taken up again,
/// with the same patient.
#[test]
fn a_case_is_taken_up_again() {
    let centre = centre();
    let cashier = Cashier::new("acceptance-again", &centre);
    let url = centre.url();
    let mut talk = Talk::start(&[&url, "--case", CANCELS, "--language", "en"]);
    let token = talk.token();
    let (exit, said) = talk.end();
    assert_eq!(exit, 3, "{said:#?}");
    position(&said, "the input has ended");
    position(&said, &format!("running         {CANCELS}"));
    cashier.call("tokenPwdCheckNotc", &token, json!({}));
    // Those before it are put aside.
    let mut talk = Talk::start(&[&url]);
    while !talk.until("  [").starts_with(CANCELS) {
        talk.say(&["n -"]);
    }
    assert_eq!(talk.token(), token);
    talk.say(&["c", "", "n"]);
    talk.end();
    assert_eq!(state(&centre, CANCELS), "passed");
}

const CANCELS: &str = "P18";

/// With every case put aside nothing is open, and nothing failed.
#[test]
fn what_it_ends_with() {
    let centre = centre();
    let url = centre.url();
    for (arguments, exit) in [
        (&["--report"][..], 3),
        (&["--report", "--partial"], 0),
        (&[], 3),
        (&["--case", "E01"], 3),
    ] {
        let output = tool(&[&["acceptance", &url], arguments].concat());
        assert_eq!((output.exit, &*output.error), (exit, ""), "{}", output.out);
    }
    // 不做 as a Chinese Windows pipes it.
    let aside = b"n \xB2\xBB\xD7\xF6\r\n".repeat(100);
    let arguments = ["acceptance", &url, "--ascii"];
    let output = run(Path::new(PROGRAM), &arguments, &aside);
    assert_eq!((output.exit, &*output.error), (0, ""), "{}", output.out);
    assert!(output.out.is_ascii(), "{}", output.out);
    assert!(output.out.contains(": \\u4e0d\\u505a"), "{}", output.out);
    let begun = ["\nE14  ", "\nC14  ", "\nE01  "].map(|case| output.out.find(case));
    assert!(
        begun.iter().all(Option::is_some) && begun.is_sorted(),
        "what all requests are judged by comes last: {}",
        output.out
    );
    assert_eq!(state(&centre, "E05"), "notApplicable");
    let again = tool(&["acceptance", &url]);
    assert_eq!(again.exit, 0, "{}", again.out);
    assert!(
        !again.out.contains("P01  "),
        "nothing is left: {}",
        again.out
    );
    // What is a failure of the call is none of a case.
    let (dir, free) = (folder("acceptance-wrong"), centre.refusing_url());
    let (missing, dir) = (dir.join("no").join("run.xml"), dir.to_str().unwrap());
    for (arguments, says) in [
        (&[&*free][..], "连接不上模拟中心"),
        (&["https://localhost:18443"], "page"),
        (&["nonsense"], "page"),
        (&[&url, "--case", "P99"], "P99"),
        (&[&url, "--about", "colour=red"], "institution"),
        (&[&url, "--report", "--about", "amount=much"], "须为金额"),
        (&[&url, "--report", "--case", "P01"], "--case"),
        (&[&url, "--junit", missing.to_str().unwrap()], "run.xml"),
        (&[&url, "--html", dir], "acceptance-wrong"),
    ] {
        let output = tool(&[&["acceptance"], arguments].concat());
        assert_eq!(output.exit, 2, "{arguments:?}: {}", output.out);
        assert_eq!(output.out, "", "{arguments:?}");
        assert!(
            output.error.contains(says),
            "{arguments:?}: {}",
            output.error
        );
    }
}

/// Where other machines reach the station, it wants the key of the address that it printed.
#[test]
fn a_key() {
    // Where this machine would send from: no packet leaves it.
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect("192.0.2.1:9").unwrap();
    let own = socket.local_addr().unwrap().ip().to_string();
    let options = Options {
        listen: "0.0.0.0:0".parse().unwrap(),
        ..Options::default()
    };
    let centre = Sandbox::start(options).unwrap();
    let page = centre.page_url();
    let (_, rest) = page.split_once("://").unwrap();
    let (_, rest) = rest.split_once(':').unwrap();
    let with_key = format!("http://{own}:{rest}");
    let (without, key) = with_key.split_once("?key=").unwrap();
    for arguments in [&[&*with_key, "--report"][..], &[&with_key, "--case", "P06"]] {
        let output = tool(&[&["acceptance"], arguments].concat());
        assert_eq!((output.exit, &*output.error), (3, ""), "{}", output.out);
        assert!(!output.out.contains(key), "{}", output.out);
    }
    for address in [without, &format!("{without}?key=odd")] {
        let output = tool(&["acceptance", address, "--report"]);
        assert_eq!((output.exit, &*output.out), (2, ""));
        assert!(output.error.contains("密钥"), "{}", output.error);
    }
}

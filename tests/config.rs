//! The configuration: what is wrong with it is named as it is written, a slip of the pen is never a
//! silent default, and a secret is never repeated.

mod common;

use common::wire::{Proxy, Tunnel};
use common::{KEY, alone, centre, config, config_with, library, request};
use evoucher::catalogue::codes::EV_INVALID_CONFIG;
use serde_json::{Value, json};
use std::fs;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// A folder for this test, made anew.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// What `ev_open` says of a configuration that it refuses.
fn refused(config: &[u8]) -> String {
    let (code, client) = library().open_bytes(config);
    let reply = library().last_reply();
    assert_eq!((code, client), (EV_INVALID_CONFIG, -1), "{reply:?}");
    assert_eq!(reply.at("delivery"), "not_sent");
    assert_eq!(reply.at("next"), "fix_setup");
    assert!(!reply.text().contains(KEY));
    reply.at("message")
}

fn with(name: &str, value: Value) -> Value {
    let mut config = config("http://127.0.0.1:9");
    config[name] = value;
    config
}

#[test]
fn every_field_that_is_wrong_is_named() {
    for (name, value, says) in [
        ("localUrl", json!("10.0.0.1:8080"), "localUrl：应为 http://"),
        ("localUrl", json!("ftp://x"), "localUrl"),
        ("localUrl", json!("http://x/?a=b"), "localUrl"),
        ("localUrl", json!("http://user:pass@x/"), "localUrl"),
        ("localUrl", json!("http://"), "localUrl"),
        ("localUrl", json!("http://x:99999"), "localUrl：端口应为"),
        ("localUrl", json!("http://x:0"), "localUrl：端口应为"),
        ("localUrl", json!("http://x:/p"), "localUrl：端口应为"),
        ("localUrl", json!("http://x:80a"), "localUrl"),
        (
            "localUrl",
            json!("http://[::1]:70000"),
            "localUrl：端口应为",
        ),
        ("proxy", json!("http://x:99999"), "proxy：端口应为"),
        ("proxy", json!("http://user:pass@x:0"), "proxy：端口应为"),
        ("localUrl", json!(null), "缺少 localUrl"),
        ("orgId", json!(""), "orgId：应为非空字符串"),
        ("orgId", json!(7), "orgId：应为非空字符串"),
        ("orgId", json!(null), "缺少 orgId"),
        ("admdvs", json!("35000"), "admdvs：应为 6 位数字"),
        ("admdvs", json!(350_000), "admdvs"),
        ("sm4Key", json!("short"), "sm4Key：密钥有 5 个字符"),
        ("sm4Key", json!(null), "sm4Key、sm4KeyFile、sm4KeyEnv"),
        ("sm4KeyEnv", json!("NO_SUCH_VARIABLE"), "sm4KeyEnv"),
        ("sm4KeyEnv", json!("EVOUCHER_NO_SUCH"), "有且只有其一"),
        (
            "keyFormat",
            json!("raw"),
            "keyFormat：应为 auto | hex | text | base64",
        ),
        (
            "charset",
            json!("gb2312"),
            "charset：应为 utf-8 | gbk | gb18030 | ascii",
        ),
        ("language", json!("fr"), "language：应为 zh | en"),
        ("timeoutMs", json!(0), "timeoutMs：应为 1 到 600000 的整数"),
        ("timeoutMs", json!(600_001), "timeoutMs"),
        ("timeoutMs", json!(1.5), "timeoutMs"),
        ("timeoutMs", json!("1"), "timeoutMs"),
        ("connectTimeoutMs", json!(-1), "connectTimeoutMs"),
        ("defaults", json!([]), "defaults：应为对象"),
        (
            "defaults",
            json!({"token": "x"}),
            "defaults.token：没有这个配置项",
        ),
        (
            "defaults",
            json!({"opterId": "x".repeat(41)}),
            "defaults.opterId：有 41 个字符，最多 40 个",
        ),
        ("verify", json!({"intervalMs": 0}), "verify.intervalMs"),
        (
            "verify",
            json!({"intervalms": 1}),
            "verify.intervalms：没有这个配置项",
        ),
        (
            "log",
            json!({"level": "loud"}),
            "log.level：应为 error | warn | info",
        ),
        ("log", json!({"level": "debug"}), "log.level"),
        ("log", json!({"keepDays": 0}), "log.keepDays"),
        (
            "log",
            json!({"dir": "logs"}),
            "log.dir：配置不是从文件读取的，此处须用绝对路径",
        ),
        (
            "tls",
            json!({"caFile": "/no/such/ca.pem"}),
            "tls.caFile：/no/such/ca.pem：文件不存在",
        ),
        ("tls", json!({"pinSha256": ["abc"]}), "tls.pinSha256"),
        (
            "tls",
            json!({"pinSha256": "abc"}),
            "tls.pinSha256：应为字符串数组",
        ),
        ("tls", json!({"serverName": "a b"}), "tls.serverName"),
        (
            "tls",
            json!({"verify": false}),
            "tls.verify：没有这个配置项",
        ),
        ("proxy", json!("10.0.0.1:3128"), "proxy：应为 http://"),
        ("proxy", json!("socks5://10.0.0.1:3128"), "proxy"),
        ("headers", json!({"bad name": "x"}), "headers"),
        ("headers", json!({"x": "a\nb"}), "headers"),
        (
            "headers",
            json!({"a": "x".repeat(4000), "b": "x".repeat(4182)}),
            "headers：合计 8192 字节，应少于 8192",
        ),
        (
            "headers",
            json!({"Content-Type": "text/plain"}),
            "headers：Content-Type 由动态库设置",
        ),
        ("timeoutMS", json!(1), "timeoutMS：没有这个配置项"),
    ] {
        let message = refused(with(name, value.clone()).to_string().as_bytes());
        assert!(
            message.contains(says),
            "{says} in {message} for {name} = {value}"
        );
    }
}

#[test]
fn all_problems_are_named_at_once_and_in_english_on_request() {
    let message = refused(br#"{"orgID":"x","timeoutMs":0,"tls":{"x":1},"language":"en"}"#);
    for part in [
        "localUrl is missing",
        "orgId is missing",
        "one of reqtType and admdvs is needed",
        "exactly one of sm4Key",
        "timeoutMs: a whole number from 1 to 600000",
        "tls.x: no such field",
        "orgID: no such field",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
    assert!(refused(b"{\"a\":1,\"a\":2}").contains("a 重复出现"));
    assert!(refused(b"{").contains("不是合法的 JSON"));
    assert!(refused(b"[]").contains("不是 JSON 对象"));
}

#[test]
fn a_file_as_any_editor_saved_it() {
    let centre = centre();
    let folder = folder("编辑器 与 空格");
    let more = json!({ "defaults": { "orgName": "测试医院", "orgCodg": "H35010000001" } });
    let config = config_with(centre.url(), more).to_string();
    let marked = [b"\xEF\xBB\xBF", config.as_bytes()].concat();
    let ansi = encoding_rs::GB18030.encode(&config).0.into_owned();
    let wide = std::iter::once(0xFEFF)
        .chain(config.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for (name, bytes) in [
        ("utf-8.json", config.clone().into_bytes()),
        ("标记.json", marked),
        ("ansi.json", ansi.clone()),
        ("wide.json", wide),
    ] {
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        let (code, client) = library().open_bytes(format!("@{}", path.display()).as_bytes());
        assert_eq!(code, 0, "{name}: {:?}", library().last_reply());
        let request = br#"{"token":"pwd"}"#;
        let reply = library().call4("ev_token_pwd_check_notc", client, request, 8192);
        assert_eq!(reply.returned, 0, "{name}: {reply:?}");
        let sent: Value =
            serde_json::from_str(&centre.requests().pop().unwrap().opened.unwrap()).unwrap();
        assert_eq!(sent["orgName"], "测试医院", "{name}");
        library().close(client);
    }
    // The text itself may be in either charset as well.
    for text in [config.as_bytes(), &ansi] {
        let (code, client) = library().open_bytes(text);
        assert_eq!(code, 0);
        library().close(client);
    }
    let missing = refused(b"@/no/such/file.json");
    assert!(
        missing.contains("/no/such/file.json") && missing.contains("文件不存在"),
        "{missing}"
    );
}

#[test]
fn paths_start_at_the_configuration_files_folder() {
    let centre = centre();
    let folder = folder("beside");
    fs::write(folder.join("ca.pem"), centre.ca_pem()).unwrap();
    let key = folder.join("key.txt");
    fs::write(&key, format!("\u{feff}{KEY}\r\n")).unwrap();
    only_for_owner(&key);
    let more = json!({ "sm4KeyFile": "key.txt", "tls": { "caFile": "ca.pem" } });
    let mut config = config_with(centre.https_url(), more);
    config.as_object_mut().unwrap().remove("sm4Key");
    fs::write(folder.join("evoucher.json"), config.to_string()).unwrap();
    let at = format!("@{}", folder.join("evoucher.json").display());
    let (code, client) = library().open_bytes(at.as_bytes());
    assert_eq!(code, 0, "{:?}", library().last_reply());
    let request = request("pwd").to_string();
    let reply = library().call4("ev_token_pwd_stas", client, request.as_bytes(), 8192);
    assert_eq!(reply.returned, 0, "{reply:?}");
    library().close(client);
}

fn only_for_owner(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_key_file_that_every_user_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let path = folder("open").join("key.txt");
    fs::write(&path, KEY).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let mut config = with("sm4KeyFile", json!(path));
    config.as_object_mut().unwrap().remove("sm4Key");
    let message = refused(config.to_string().as_bytes());
    assert!(
        message.contains("chmod 600") && message.contains("key.txt"),
        "{message}"
    );
    only_for_owner(&path);
    let (code, client) = library().open_bytes(config.to_string().as_bytes());
    assert_eq!(code, 0);
    library().close(client);
}

/// What only Windows can open is refused elsewhere, and what it is no Windows could.
#[cfg(unix)]
#[test]
fn a_protected_key_is_for_windows() {
    use std::os::unix::fs::PermissionsExt;
    let path = folder("protected-key").join("key.txt");
    let mut config = with("sm4KeyFile", json!(path));
    config.as_object_mut().unwrap().remove("sm4Key");
    for (text, says) in [
        ("dpapi:AQAAANCMnd8=", "只能在 Windows 上使用"),
        ("dpapi:%", "应为 Base64"),
    ] {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let message = refused(config.to_string().as_bytes());
        assert!(
            message.contains("sm4KeyFile") && message.contains(says),
            "{message}"
        );
    }
}

/// What stands behind the host and is no port was passed over, and port 80 connected to.
#[test]
fn addresses_that_are_right_are_taken_as_they_are_written() {
    let centre = centre();
    let port = centre.url().rsplit(':').next().unwrap().to_owned();
    for url in [
        format!("HTTP://127.0.0.1:{port}/"),
        format!(" http://127.0.0.1:{port}/prefix/ "),
        format!("http://localhost:{port}"),
    ] {
        let client = library().open(&config(&url));
        assert_eq!(client.stas("pwd").returned, 0, "{url}");
    }
    for url in ["http://x:1", "http://[::1]:65535/a:b", "https://x"] {
        library().open(&config(url));
    }
    for scheme in ["http", "HTTP", "Http"] {
        let proxy = Proxy::start(Tunnel::Open);
        let proxy_url = proxy.url().replace("http", scheme);
        let more = json!({ "proxy": proxy_url });
        let client = library().open(&config_with(centre.url(), more));
        assert_eq!(client.stas("pwd").returned, 0, "{proxy_url}");
        assert_eq!(proxy.asked().len(), 1, "{proxy_url}");
    }
    let headers = json!({ "headers": {"a": "x".repeat(4000), "b": "x".repeat(4181)} });
    let client = library().open(&config_with(centre.url(), headers));
    assert_eq!(client.stas("pwd").returned, 0, "headers of 8191 bytes");
}

/// Any file dialogue changes the current directory, and a shortcut sets it: what is looked for lies
/// beside the program.
#[test]
fn a_relative_path_starts_at_the_programs_folder() {
    let program = std::env::current_exe().unwrap();
    let folder = program.parent().unwrap();
    // This one lies in the current directory.
    assert!(Path::new("Cargo.toml").exists());
    let message = refused(b"@Cargo.toml");
    let whole = folder.join("Cargo.toml");
    assert!(message.contains(whole.to_str().unwrap()), "{message}");
    assert!(message.contains("文件不存在"), "{message}");

    let centre = centre();
    let name = format!("evoucher-beside-{}.json", std::process::id());
    fs::write(folder.join(&name), config(centre.url()).to_string()).unwrap();
    let opened = library().open_bytes(format!("@{name}").as_bytes());
    fs::remove_file(folder.join(&name)).unwrap();
    assert_eq!(opened.0, 0, "{:?}", library().last_reply());
    library().close(opened.1);
}

/// A host may load the library by a relative path, and go elsewhere afterwards.
#[test]
fn the_default_file_lies_beside_the_library_wherever_the_host_is() {
    let built = common::library_dir().canonicalize().unwrap();
    alone(
        "beside_the_library",
        [
            ("EVOUCHER_LIBRARY_DIR", ".".to_owned()),
            ("EVOUCHER_TEST_BUILT", built.to_str().unwrap().to_owned()),
        ],
    );
}

#[test]
#[ignore = "changes the current directory: the test above runs it in a process of its own"]
fn beside_the_library() {
    let built = std::env::var("EVOUCHER_TEST_BUILT").unwrap();
    let (beside, elsewhere) = (folder("beside the library"), folder("elsewhere"));
    let name = "libevoucher.so";
    fs::copy(Path::new(&built).join(name), beside.join(name)).unwrap();
    let centre = centre();
    fs::write(
        beside.join("evoucher.json"),
        config(centre.url()).to_string(),
    )
    .unwrap();
    fs::write(elsewhere.join("evoucher.json"), "{}").unwrap();
    std::env::set_current_dir(&beside).unwrap();
    library();
    std::env::set_current_dir(&elsewhere).unwrap();
    let status = json!({ "transType": "tokenPwdStas", "data": request("pwd") });
    let reply = library().trans(None, &status.to_string());
    assert_eq!(reply.returned, 0, "{}", reply.text());
    // And where it is not there, the message says where it should be.
    fs::remove_file(beside.join("evoucher.json")).unwrap();
    library().close(0);
    let reply = library().trans(None, &status.to_string());
    let wanted = beside.canonicalize().unwrap().join("evoucher.json");
    let message = reply.at("message");
    assert!(message.contains(wanted.to_str().unwrap()), "{message}");
}

/// A memory dump that goes to a maker's support must not hold the key.
#[test]
fn an_inline_key_leaves_no_copy_behind() {
    let folder = folder("inline-key");
    let inline = json!({ "sm4Key": UNIQUE_KEY, "log": { "dir": "/nowhere" } });
    let whole = config_with("http://127.0.0.1:9", inline);
    let mut misspelt = whole.clone();
    misspelt["sm4key"] = misspelt["sm4Key"].take();
    let utf16 = |text: String| {
        let units = std::iter::once(0xFEFF).chain(text.encode_utf16().collect::<Vec<_>>());
        units.flat_map(u16::to_le_bytes).collect::<Vec<_>>()
    };
    for (name, bytes, opens) in [
        ("plain", whole.to_string().into_bytes(), true),
        ("wide", utf16(whole.to_string()), true),
        ("misspelt", misspelt.to_string().into_bytes(), false),
    ] {
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        let opens = if opens { "1" } else { "0" };
        alone(
            "no_copy_of_the_key",
            [
                ("EVOUCHER_TEST_CONFIG", path.to_str().unwrap().to_owned()),
                ("EVOUCHER_TEST_OPENS", opens.to_owned()),
            ],
        );
    }
}

/// A key that stands nowhere else: in this program it is no more than a constant.
const UNIQUE_KEY: &str = "9D3F7A21C05E48B6E1740F8ACB52963D";

#[test]
#[ignore = "looks through its own memory: the test above runs it in a process of its own"]
fn no_copy_of_the_key() {
    let config = std::env::var("EVOUCHER_TEST_CONFIG").unwrap();
    let opens = std::env::var("EVOUCHER_TEST_OPENS").unwrap() == "1";
    let (code, _) = library().open_bytes(format!("@{config}").as_bytes());
    assert_eq!(code == 0, opens, "{:?}", library().last_reply());
    assert!(found_in_memory("EVOUCHER_TEST_CONFIG"), "that is there");
    // What frees memory may use its beginning.
    assert!(!found_in_memory(&UNIQUE_KEY[16..]), "the key is there");
}

/// Whether a text stands in what this process may write to.
fn found_in_memory(text: &str) -> bool {
    let memory = fs::File::open("/proc/self/mem").unwrap();
    // Both are large enough to lie apart from what was freed.
    let mut maps = String::with_capacity(1 << 20);
    let mut list = fs::File::open("/proc/self/maps").unwrap();
    list.read_to_string(&mut maps).unwrap();
    let mut page = vec![0; 1 << 20];
    maps.lines().any(|line| {
        let mut parts = line.split([' ', '-']);
        let mut address = || u64::from_str_radix(parts.next().unwrap(), 16).unwrap();
        let (from, to) = (address(), address());
        let is_writable = parts.next().unwrap().starts_with("rw");
        is_writable
            && (from..to).step_by(page.len() - text.len()).any(|at| {
                let length = (to - at).min(page.len() as u64) as usize;
                let read = memory.read_at(&mut page[..length], at).unwrap_or(0);
                page[..read]
                    .windows(text.len())
                    .any(|part| part == text.as_bytes())
            })
    })
}

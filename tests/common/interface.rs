//! The station's interface, asked as a team's own tests would.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;

/// Asks for something, or says something; gives the answer's JSON.
pub fn ask(station: &str, method: &str, path: &str, body: &Value) -> Value {
    let body = match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let (status, reply) = exchange(station, method, &format!("/sandbox/api{path}"), &body);
    assert_eq!(status / 100, 2, "{method} {path} {body}: {reply}");
    serde_json::from_str(&reply).unwrap_or_else(|error| panic!("{error}: {reply}"))
}

/// One request on a connection of its own; gives the reply's status and body.
pub fn exchange(station: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    let host = station.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).expect("the station answers");
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Content-Type: application/json;charset=UTF-8\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("the station reads");
    let mut reply = String::new();
    stream
        .read_to_string(&mut reply)
        .expect("the station answers");
    let (head, body) = reply.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    (status.expect("a status"), body.to_owned())
}

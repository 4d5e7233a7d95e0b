//! A front before the simulated centre that lets each request through, or does something else with
//! it: for flows that go well up to one step.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The centre answers.
    Pass,
    /// Closed before the centre sees it.
    Drop,
    /// The centre processes it, and nobody hears of that.
    Swallow,
    /// Answered with this code, without the centre.
    Say(i32),
}

/// The front's address. `act` is asked for each request, with the service's name and how many of
/// that service came before it.
pub fn front(centre: &str, act: impl FnMut(&str, usize) -> Act + Send + 'static) -> String {
    let centre = centre.strip_prefix("http://").unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let rules = Arc::new(Mutex::new((act, Vec::<String>::new())));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (centre, rules) = (centre.clone(), Arc::clone(&rules));
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                while let Some(request) = message(&mut stream) {
                    let text = String::from_utf8_lossy(&request);
                    let path = text.split(' ').nth(1).unwrap();
                    let service = path.rsplit('/').next().unwrap().to_owned();
                    let act = {
                        let (act, seen) = &mut *rules.lock().unwrap();
                        let before = seen.iter().filter(|name| **name == service).count();
                        seen.push(service.clone());
                        act(&service, before)
                    };
                    match act {
                        Act::Drop => return,
                        Act::Say(code) => {
                            let body = format!("{{\"code\":{code},\"message\":\"said\"}}");
                            let head = format!(
                                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
                                body.len()
                            );
                            stream.write_all((head + &body).as_bytes()).unwrap();
                        }
                        Act::Pass | Act::Swallow => {
                            let mut upstream = TcpStream::connect(&centre).unwrap();
                            upstream.write_all(&request).unwrap();
                            let reply = message(&mut upstream).unwrap();
                            if act == Act::Swallow {
                                return;
                            }
                            stream.write_all(&reply).unwrap();
                        }
                    }
                }
            });
        }
    });
    url
}

/// One HTTP message with a Content-Length; `None` when the other side has closed.
fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length = head.split("content-length:").nth(1).map_or(0, |rest| {
                rest.lines()
                    .next()
                    .unwrap()
                    .trim()
                    .parse::<usize>()
                    .unwrap()
            });
            if bytes.len() >= head.len() + 4 + length {
                return Some(bytes);
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

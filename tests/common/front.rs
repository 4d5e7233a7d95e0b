//! A front before the simulated centre that lets each request through, or does something else with
//! it: for flows that go well up to one step.

use super::wire::{Server, page, read_message};
use std::io::Write;
use std::net::TcpStream;
use std::sync::Mutex;

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

/// Starts a front. `act` is asked for each request, with the service's name and how many of that
/// service came before it.
pub fn front(centre: &str, act: impl FnMut(&str, usize) -> Act + Send + 'static) -> Server {
    let centre = centre.strip_prefix("http://").unwrap().to_owned();
    let rules = Mutex::new((act, Vec::<String>::new()));
    Server::start(move |mut stream, _| {
        while let Some(request) = read_message(&mut stream) {
            let path = request.split(' ').nth(1).unwrap();
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
                    let reply = page(&format!("{{\"code\":{code},\"message\":\"said\"}}"));
                    stream.write_all(reply.as_bytes()).unwrap();
                }
                Act::Pass | Act::Swallow => {
                    let mut upstream = TcpStream::connect(&centre).unwrap();
                    upstream.write_all(request.as_bytes()).unwrap();
                    let reply = read_message(&mut upstream).unwrap();
                    if act == Act::Swallow {
                        return;
                    }
                    stream.write_all(reply.as_bytes()).unwrap();
                }
            }
        }
    })
}

//! A centre that answers as it is told, one connection after the other.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// What a request is answered with, and then the connection ends.
#[derive(Debug, Default, Clone)]
pub struct Answer {
    pub bytes: Vec<u8>,
    /// After so many of them there is a pause.
    pub split: usize,
    /// The request is not read to its end first.
    pub early: bool,
}

#[derive(Default)]
struct Told {
    answers: VecDeque<Answer>,
    /// Paths of the requests that came to their end, and how many connections carried a byte.
    asked: Vec<String>,
    touched: usize,
}

/// Its port is there as long as the process.
pub struct Centre {
    port: u16,
    told: Arc<Mutex<Told>>,
}

impl Centre {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let told = Arc::new(Mutex::new(Told::default()));
        let shared = Arc::clone(&told);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let told = Arc::clone(&shared);
                // A connection that is opened ahead waits, and must not keep the next one waiting.
                thread::spawn(move || drop(converse(stream, &told)));
            }
        });
        Self { port, told }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Forgets everything, and answers with these in turn; with nothing when there are no more.
    pub fn tell(&self, answers: impl IntoIterator<Item = Answer>) {
        let mut told = lock(&self.told);
        *told = Told {
            answers: answers.into_iter().collect(),
            ..Told::default()
        };
    }

    /// The paths of the requests that came to their end since it was told.
    pub fn asked(&self) -> Vec<String> {
        lock(&self.told).asked.clone()
    }

    /// How many connections have carried a byte since.
    pub fn touched(&self) -> usize {
        lock(&self.told).touched
    }
}

fn lock(told: &Mutex<Told>) -> std::sync::MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

fn converse(mut stream: TcpStream, told: &Mutex<Told>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.set_nodelay(true)?;
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    let count = stream.read(&mut piece)?;
    if count == 0 {
        return Ok(());
    }
    bytes.extend_from_slice(&piece[..count]);
    let answer = {
        let mut told = lock(told);
        told.touched += 1;
        told.answers.pop_front().unwrap_or_default()
    };
    if !answer.early {
        while !is_whole(&bytes) {
            let count = stream.read(&mut piece)?;
            if count == 0 {
                return Ok(());
            }
            bytes.extend_from_slice(&piece[..count]);
        }
        let text = String::from_utf8_lossy(&bytes);
        let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
        lock(told).asked.push(path);
    }
    let (first, rest) = answer.bytes.split_at(answer.split.min(answer.bytes.len()));
    stream.write_all(first)?;
    if !rest.is_empty() {
        thread::yield_now();
        stream.write_all(rest)?;
    }
    Ok(())
}

fn is_whole(bytes: &[u8]) -> bool {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
    bytes.len() >= end + 4 + length.unwrap_or(0)
}

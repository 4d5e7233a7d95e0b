//! How many round trips a flow waits for on a program that was idle: TCP and TLS handshakes count.

use super::setup::Setup;
use crate::sh::{self, Result};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a reply is under way: longer than a program takes for what it does meanwhile.
const UNDER_WAY: Duration = Duration::from_millis(50);

/// Counts and prints the table.
pub(super) fn table(setup: &Setup) -> Result {
    println!("| round trips of | over HTTP | over HTTPS |\n| --- | --- | --- |");
    for flow in ["ev_verify_password", "ev_one_code_pay"] {
        let trips = |scheme| {
            let (relay, address) = relay(setup.address(scheme))?;
            let base = format!("{scheme}://{address}/flow");
            let mut program = Command::new(&setup.evoucher);
            program.arg(base).arg(&setup.ca);
            sh::run(
                program
                    .args(["1", "calls", "1"])
                    .env("EVOUCHER_BENCH_FLOW", flow),
            )?;
            let trips = *lock(&relay);
            Ok::<u32, String>(trips)
        };
        println!("| `{flow}` | {} | {} |", trips("http")?, trips("https")?);
    }
    Ok(())
}

/// The longest chain of round trips, each begun when the one before had ended, whose end has reached
/// the program.
type Trips = Arc<Mutex<u32>>;

fn lock(trips: &Trips) -> MutexGuard<'_, u32> {
    trips.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Stands between a program and the server, and counts.
fn relay(server: SocketAddr) -> Result<(Trips, SocketAddr)> {
    let trips = Trips::default();
    let listener = TcpListener::bind("127.0.0.1:0");
    let listener = listener.map_err(|error| format!("no free port: {error}"))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let counted = Arc::clone(&trips);
    thread::spawn(move || {
        for program in listener.incoming().flatten() {
            if let Ok(server) = TcpStream::connect(server) {
                carry(&counted, program, server);
            }
        }
    });
    Ok((trips, address))
}

/// Carries both ways until either side ends.
fn carry(trips: &Trips, program: TcpStream, server: TcpStream) {
    let (Ok(to_program), Ok(to_server)) = (program.try_clone(), server.try_clone()) else {
        return;
    };
    // TCP's handshake. Nothing else waits for it but what comes on this connection.
    let connected = *lock(trips) + 1;
    let asked = Arc::new(Mutex::new(connected));
    let (forth, back) = (Arc::clone(trips), Arc::clone(trips));
    let asked_last = Arc::clone(&asked);
    thread::spawn(move || {
        pipe(program, to_server, || {
            *lock(&asked) = connected.max(*lock(&forth))
        });
    });
    thread::spawn(move || {
        pipe(server, to_program, || {
            let ended = *lock(&asked_last) + 1;
            thread::sleep(UNDER_WAY);
            let mut trips = lock(&back);
            *trips = ended.max(*trips);
        });
    });
}

/// Carries one way, with a step before whatever comes is handed on.
fn pipe(mut from: TcpStream, mut to: TcpStream, mut step: impl FnMut()) {
    let mut piece = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        step();
        if to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    // Closed already if this fails.
    let _ = to.shutdown(Shutdown::Write);
}

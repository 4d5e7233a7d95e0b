//! How a reply leaves: by hyper, or by hand where a fault wants the bytes themselves.

use crate::fault::Fault;
use crate::page::{Chunks, Page};
use crate::wire::{Connection, Socket};
use hyper::Response;
use std::io;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::sleep;

/// How many bytes drip in twenty seconds.
const DRIPS: usize = 200;

/// The socket, for a reply by hand.
fn taken(connection: &Connection) -> io::Result<Socket> {
    connection
        .take()
        .ok_or_else(|| io::ErrorKind::NotConnected.into())
}

/// What the request in progress ends with when the socket was taken.
fn over<T>() -> io::Result<T> {
    Err(io::ErrorKind::ConnectionAborted.into())
}

/// Ends a connection without a byte of a reply.
async fn end<T>(socket: Socket, fault: Fault) -> io::Result<T> {
    match fault {
        Fault::ResetEarly | Fault::ProcessReset => socket.reset()?,
        Fault::CloseEarly => socket.close_unread().await?,
        _ => socket.close().await?,
    }
    over()
}

/// Sends the reply as the fault has it: most by hyper, the rest by hand.
pub(crate) async fn deliver(
    connection: &Connection,
    fault: Fault,
    page: Page,
) -> io::Result<Response<Chunks>> {
    match fault {
        Fault::Slow(wait) => sleep(Duration::from_millis(wait.into())).await,
        Fault::Late(status) => {
            let gateway = Page::gateway(status);
            let mut first = gateway.head(gateway.has_body());
            if gateway.has_body() {
                first.extend_from_slice(&gateway.body);
            }
            connection.write(&first).await?;
            // The centre was slower than the gateway cared to wait.
            sleep(Duration::from_millis(20)).await;
        }
        Fault::CloseEarly | Fault::ResetEarly | Fault::ProcessClose | Fault::ProcessReset => {
            return end(taken(connection)?, fault).await;
        }
        Fault::Silence => {
            taken(connection)?.drain().await?;
            return over();
        }
        Fault::Half
        | Fault::HalfHead
        | Fault::Drip
        | Fault::DripCut
        | Fault::NoLength
        | Fault::CloseAfter
        | Fault::CloseLater
        | Fault::ResetAfter => return by_hand(taken(connection)?, fault, &page).await,
        _ => {}
    }
    Ok(page.response(fault == Fault::Chunked))
}

async fn by_hand<T>(mut socket: Socket, fault: Fault, page: &Page) -> io::Result<T> {
    let mut reply = page.head(fault != Fault::NoLength);
    match fault {
        // "HTTP/1.1 200 OK" has 15 bytes.
        Fault::HalfHead => reply.truncate(7),
        Fault::Half => reply.extend_from_slice(&page.body[..page.body.len() / 2]),
        _ => reply.extend_from_slice(&page.body),
    }
    let drips = matches!(fault, Fault::Drip | Fault::DripCut);
    if fault == Fault::DripCut {
        // Never all of it, however short it is.
        reply.truncate(DRIPS.min(reply.len() - 1));
    }
    let at_once = if drips { 1 } else { reply.len() };
    for bytes in reply.chunks(at_once) {
        socket.write_all(bytes).await?;
        socket.flush().await?;
        if drips {
            sleep(Duration::from_millis(100)).await;
        }
    }
    if fault == Fault::CloseLater {
        sleep(Duration::from_millis(5)).await;
    }
    match fault {
        Fault::ResetAfter => socket.reset()?,
        _ => socket.close().await?,
    }
    over()
}

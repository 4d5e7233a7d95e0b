//! This machine's own addresses, for what is configured as `auto`.

use network_interface::{NetworkInterface, NetworkInterfaceConfig};
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

/// The address of this machine that reaches another one. Nothing is sent for it.
pub fn address_towards(other: SocketAddr) -> io::Result<IpAddr> {
    let any = match other {
        SocketAddr::V4(_) => "0.0.0.0:0",
        SocketAddr::V6(_) => "[::]:0",
    };
    let socket = UdpSocket::bind(any)?;
    socket.connect(other)?;
    Ok(socket.local_addr()?.ip())
}

/// The hardware address of the interface that has this address; of any, when that has none (the
/// loopback interface).
pub fn hardware_address(address: IpAddr) -> Option<String> {
    let interfaces = NetworkInterface::show().ok()?;
    let has_address =
        |interface: &&NetworkInterface| interface.addr.iter().any(|other| other.ip() == address);
    let usable = |interface: &NetworkInterface| {
        interface
            .mac_addr
            .as_deref()
            .filter(|mac| mac.bytes().any(|byte| !matches!(byte, b'0' | b':' | b'-')))
            .map(|mac| mac.to_uppercase().replace(':', "-"))
    };
    interfaces
        .iter()
        .find(has_address)
        .and_then(usable)
        .or_else(|| interfaces.iter().find_map(usable))
}

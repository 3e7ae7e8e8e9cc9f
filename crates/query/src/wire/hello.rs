// SPDX-License-Identifier: Apache-2.0
//! The first packets of a connection, which have no type: requests for encryption, which are
//! declined, then either the startup packet or a request to cancel.

use std::io;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::frames::is_startup;

/// A startup packet: names and values of settings.
const STARTUP_BYTES_MAX: u32 = 10_000;
const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;
const CANCEL_REQUEST: u32 = 80_877_102;

/// How a connection begins.
pub(super) enum Hello {
    /// With a startup packet, whole.
    Startup(TcpStream, BytesMut),
    /// To cancel what the connection of this process id and secret runs.
    Cancel(Bytes),
}

/// Reads up to the first packet that says what the client wants.
pub(super) async fn read(mut socket: TcpStream) -> io::Result<Hello> {
    // Each kind of encryption is asked for at most once.
    for _ in 0..3 {
        let length = socket.read_u32().await?;
        let code = socket.read_u32().await?;
        match code {
            SSL_REQUEST | GSS_REQUEST if length == 8 => socket.write_all(b"N").await?,
            _ if !(8..=STARTUP_BYTES_MAX).contains(&length) => break,
            _ => {
                let mut packet = BytesMut::with_capacity(length as usize);
                packet.put_u32(length);
                packet.put_u32(code);
                packet.resize(length as usize, 0);
                socket.read_exact(&mut packet[8..]).await?;
                return Ok(match code {
                    CANCEL_REQUEST => Hello::Cancel(packet.freeze().slice(8..)),
                    // A version that is not known is the library's to refuse.
                    _ if code >> 16 == 3 && !is_startup(&packet) => break,
                    _ => Hello::Startup(socket, packet),
                });
            }
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

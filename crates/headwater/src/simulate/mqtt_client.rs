// SPDX-License-Identifier: Apache-2.0
//! The little of an MQTT 3.1.1 client that a meter needs: connect, publish at QoS 1, ping, leave.

use std::io;
use std::time::Duration;

use hw_model::Secret;
use hw_mqtt::{Connect, Packet, Properties, Publish, Qos, Version};
use hw_mqtt::{DecodeError, EncodeError, decode, encode, frame, reason};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Largest packet taken from a server, in bytes: it sends acknowledgements only.
const PACKET_BYTES_MAX: usize = 64 * 1024;
/// How long a server may take to answer CONNECT.
const CONNACK_SECONDS_MAX: u64 = 10;
const VERSION: Version = Version::V311;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub enum MqttError {
    /// The network or TLS.
    #[error("{0}")]
    Io(io::Error),
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The server refused the connection.
    #[error("refused: {0}")]
    Refused(&'static str),
    /// Bytes that are no MQTT.
    #[error("the server sent a bad packet: {0}")]
    Decode(#[from] DecodeError),
    /// A packet that has no place here.
    #[error("the server sent an unexpected {0}")]
    Unexpected(hw_mqtt::PacketType),
    /// Something that does not fit into a packet.
    #[error("{0}")]
    Encode(#[from] EncodeError),
    /// The server acknowledges nothing any more.
    #[error("no acknowledgement for {0} seconds")]
    Silent(u64),
}

/// An end without the good-byes of TLS is an end as well.
impl From<io::Error> for MqttError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Closed,
            _ => Self::Io(error),
        }
    }
}

/// A connection that the server has accepted.
#[derive(Debug)]
pub struct Connection<S> {
    stream: S,
    input: Vec<u8>,
    output: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Sends CONNECT, for a clean session, and waits for the answer.
    pub async fn open(stream: S, client_id: &str, keep_alive_s: u16) -> Result<Self, MqttError> {
        Self::open_as(stream, client_id, keep_alive_s, None).await
    }

    /// The same with user name and password.
    pub async fn open_as(
        stream: S,
        client_id: &str,
        keep_alive_s: u16,
        user: Option<(&str, &Secret)>,
    ) -> Result<Self, MqttError> {
        let mut connection = Self {
            stream,
            input: Vec::new(),
            output: Vec::new(),
        };
        let connect = Connect {
            version: VERSION,
            bridge: false,
            clean_start: true,
            keep_alive_seconds: keep_alive_s,
            client_id,
            will: None,
            user_name: user.map(|(name, _)| name),
            password: user.map(|(_, password)| password.expose().as_bytes()),
            properties: Properties::EMPTY,
        };
        encode::connect(&mut connection.output, &connect)?;
        connection.flush().await?;
        let limit = Duration::from_secs(CONNACK_SECONDS_MAX);
        let answer = tokio::time::timeout(limit, connection.connack()).await;
        answer.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))?;
        Ok(connection)
    }

    /// Sends a message at QoS 1.
    pub async fn publish(
        &mut self,
        packet_id: u16,
        topic: &str,
        payload: &[u8],
    ) -> Result<(), MqttError> {
        let message = Publish {
            dup: false,
            qos: Qos::AtLeastOnce,
            retain: false,
            topic,
            packet_id,
            properties: Properties::EMPTY,
            payload,
        };
        encode::publish(
            &mut self.output,
            VERSION,
            &message,
            &encode::PublishExtra::default(),
        )?;
        self.flush().await
    }

    /// The id of the next message that the server acknowledges. May be dropped and called again.
    pub async fn acknowledged(&mut self) -> Result<u16, MqttError> {
        loop {
            let length = self.packet().await?;
            let found = match decode(VERSION, &self.input[..length])? {
                Packet::PubAck(answer) => Ok(Some(answer.packet_id)),
                Packet::PingResp(_) => Ok(None),
                other => Err(MqttError::Unexpected(other.packet_type())),
            };
            self.input.drain(..length);
            if let Some(packet_id) = found? {
                return Ok(packet_id);
            }
        }
    }

    /// Says that it is still there.
    pub async fn ping(&mut self) -> Result<(), MqttError> {
        encode::pingreq(&mut self.output);
        self.flush().await
    }

    /// Leaves in order.
    pub async fn close(mut self) -> Result<(), MqttError> {
        encode::disconnect(&mut self.output, VERSION, reason::NORMAL_DISCONNECTION);
        self.flush().await?;
        Ok(self.stream.shutdown().await?)
    }

    async fn connack(&mut self) -> Result<(), MqttError> {
        let length = self.packet().await?;
        let answer = match decode(VERSION, &self.input[..length])? {
            Packet::ConnAck(answer) => answer.code,
            other => return Err(MqttError::Unexpected(other.packet_type())),
        };
        self.input.drain(..length);
        match reason::ConnackCode::from_byte(answer) {
            Some(reason::ConnackCode::Accepted) => Ok(()),
            Some(code) => Err(MqttError::Refused(code.describe())),
            None => Err(MqttError::Refused("for an unknown reason")),
        }
    }

    /// Reads until a whole packet is at the start of the input; its length.
    async fn packet(&mut self) -> Result<usize, MqttError> {
        loop {
            if let Some(found) = frame::peek(&self.input, PACKET_BYTES_MAX)?
                && found.total_len <= self.input.len()
            {
                return Ok(found.total_len);
            }
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Err(MqttError::Closed);
            }
        }
    }

    async fn flush(&mut self) -> Result<(), MqttError> {
        self.stream.write_all(&self.output).await?;
        self.output.clear();
        Ok(self.stream.flush().await?)
    }
}

#[cfg(test)]
mod tests;

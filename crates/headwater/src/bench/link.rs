// SPDX-License-Identifier: Apache-2.0
//! A connection of the bench: MQTT 3.1.1 over TCP or TLS, cut into a reading and a writing half.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hw_mqtt::{Connect, DecodeError, EncodeError, Packet, Properties, Publish, Qos, Version};
use hw_mqtt::{SubscribeOptions, decode, encode, frame, reason};
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{HostPort, handshake};

/// Largest packet that is taken.
const PACKET_BYTES_MAX: usize = 4 << 20;
/// How long connecting and each answer may take.
const ANSWER_SECONDS_MAX: u64 = 15;
/// Longer than any run.
const KEEP_ALIVE_SECONDS: u16 = 0;
const VERSION: Version = Version::V311;

/// Where a broker is.
#[derive(Debug, Clone)]
pub struct Door {
    /// Address.
    pub at: HostPort,
    /// For TLS: the name in the server's certificate, whom to trust, and our own certificate.
    pub tls: Option<(String, Arc<ClientConfig>)>,
}

/// Why a connection is none, or none any more.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The network or TLS.
    #[error("{0}")]
    Io(io::Error),
    /// The broker closed the connection.
    #[error("the broker closed the connection")]
    Closed,
    /// The broker refused it.
    #[error("the broker refused the connection: {0}")]
    Refused(String),
    /// The broker refused a subscription.
    #[error("the broker refused the subscription to {0}")]
    NotSubscribed(String),
    /// No answer.
    #[error("the broker has not answered for {ANSWER_SECONDS_MAX} s")]
    Silent,
    /// Bytes that are no MQTT.
    #[error("the broker sent a bad packet: {0}")]
    Decode(#[from] DecodeError),
    /// Something that does not fit into a packet.
    #[error("{0}")]
    Encode(#[from] EncodeError),
}

impl From<io::Error> for LinkError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Closed,
            _ => Self::Io(error),
        }
    }
}

/// What can be read from.
pub type Source = Box<dyn AsyncRead + Send + Unpin>;
type Sink = Box<dyn AsyncWrite + Send + Unpin>;

/// The reading half.
pub struct Reader {
    source: Source,
    input: Vec<u8>,
    taken: usize,
}

/// The writing half. What is written stays until it is flushed.
pub struct Writer {
    sink: Sink,
    output: Vec<u8>,
}

/// Connects; the broker has accepted when this returns.
pub async fn connect(door: &Door, client_id: &str) -> Result<(Reader, Writer), LinkError> {
    within(async {
        let stream = TcpStream::connect((door.at.host.as_str(), door.at.port)).await?;
        stream.set_nodelay(true)?;
        let (source, sink): (Source, Sink) = match &door.tls {
            None => {
                let (source, sink) = stream.into_split();
                (Box::new(source), Box::new(sink))
            }
            Some((name, config)) => {
                let stream = handshake(stream, name, config.clone()).await?;
                let (source, sink) = tokio::io::split(stream);
                (Box::new(source), Box::new(sink))
            }
        };
        let mut reader = Reader {
            source,
            input: Vec::new(),
            taken: 0,
        };
        let mut writer = Writer {
            sink,
            output: Vec::new(),
        };
        let asked = Connect {
            version: VERSION,
            bridge: false,
            clean_start: true,
            keep_alive_seconds: KEEP_ALIVE_SECONDS,
            client_id,
            will: None,
            user_name: None,
            password: None,
            properties: Properties::EMPTY,
        };
        encode::connect(&mut writer.output, &asked)?;
        writer.flush().await?;
        reader.fill().await?;
        match reader.next()? {
            Some(Packet::ConnAck(answer)) if answer.code == 0 => {}
            Some(Packet::ConnAck(answer)) => {
                let code = reason::ConnackCode::from_byte(answer.code);
                let why = code.map_or("for an unknown reason", |code| code.describe());
                return Err(LinkError::Refused(why.to_owned()));
            }
            _ => return Err(LinkError::Refused("it answered no CONNACK".to_owned())),
        }
        Ok((reader, writer))
    })
    .await
}

/// Subscribes; the broker has agreed when this returns.
pub async fn subscribe(
    (reader, writer): (&mut Reader, &mut Writer),
    filter: &str,
    qos: Qos,
) -> Result<(), LinkError> {
    within(async {
        let filters = [(filter, SubscribeOptions::at(qos))];
        encode::subscribe(&mut writer.output, VERSION, 1, Properties::EMPTY, filters)?;
        writer.flush().await?;
        reader.fill().await?;
        match reader.next()? {
            Some(Packet::SubAck(answer)) if answer.codes.first().is_some_and(|it| *it < 0x80) => {
                Ok(())
            }
            _ => Err(LinkError::NotSubscribed(filter.to_owned())),
        }
    })
    .await
}

async fn within<T>(asked: impl Future<Output = Result<T, LinkError>>) -> Result<T, LinkError> {
    let limit = Duration::from_secs(ANSWER_SECONDS_MAX);
    let answer = tokio::time::timeout(limit, asked).await;
    answer.unwrap_or(Err(LinkError::Silent))
}

impl Reader {
    /// Waits until there is at least one whole packet. May be dropped and called again.
    pub async fn fill(&mut self) -> Result<(), LinkError> {
        self.input.drain(..self.taken);
        self.taken = 0;
        loop {
            if let Some(found) = frame::peek(&self.input, PACKET_BYTES_MAX)?
                && found.total_len <= self.input.len()
            {
                return Ok(());
            }
            if self.source.read_buf(&mut self.input).await? == 0 {
                return Err(LinkError::Closed);
            }
        }
    }

    /// The next whole packet that is here already.
    pub fn next(&mut self) -> Result<Option<Packet<'_>>, LinkError> {
        let rest = &self.input[self.taken..];
        let length = match frame::peek(rest, PACKET_BYTES_MAX)? {
            Some(found) if found.total_len <= rest.len() => found.total_len,
            _ => return Ok(None),
        };
        let start = self.taken;
        self.taken += length;
        let packet = decode(VERSION, &self.input[start..start + length])?;
        Ok(Some(packet))
    }
}

impl Writer {
    /// Writes a message.
    pub fn publish(
        &mut self,
        (topic, payload): (&str, &str),
        qos: Qos,
        packet_id: u16,
    ) -> Result<(), LinkError> {
        let message = Publish {
            dup: false,
            qos,
            retain: false,
            topic,
            packet_id,
            properties: Properties::EMPTY,
            payload: payload.as_bytes(),
        };
        let extra = encode::PublishExtra::default();
        encode::publish(&mut self.output, VERSION, &message, &extra)?;
        Ok(())
    }

    /// Writes an acknowledgement: `encode::puback` and its sisters.
    pub fn answer(&mut self, write: fn(&mut Vec<u8>, Version, u16, u8), packet_id: u16) {
        write(&mut self.output, VERSION, packet_id, reason::SUCCESS);
    }

    /// Bytes that are not flushed.
    pub fn waiting(&self) -> usize {
        self.output.len()
    }

    /// Sends what was written.
    pub async fn flush(&mut self) -> Result<(), LinkError> {
        if self.output.is_empty() {
            return Ok(());
        }
        self.sink.write_all(&self.output).await?;
        self.output.clear();
        Ok(self.sink.flush().await?)
    }

    /// Leaves in order; a broker that has gone before is fine.
    pub async fn close(mut self) {
        encode::disconnect(&mut self.output, VERSION, reason::NORMAL_DISCONNECTION);
        if self.flush().await.is_ok() {
            let _ = self.sink.shutdown().await;
        }
    }
}

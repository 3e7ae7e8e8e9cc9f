// SPDX-License-Identifier: Apache-2.0
//! Server-sent events: bytes in, messages out.
//!
//! Source: HTML standard, section "Server-sent events".

use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;

use super::ClientError;
use super::wire::Way;

/// Longest line of the stream, in bytes: a large payload in base64 and what is around it.
const LINE_BYTES_MAX: usize = 8 << 20;

/// What comes on the stream of messages.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A message: the JSON object that the API writes, digit for digit.
    Message(String),
    /// So many were left out because the reader was slow.
    Dropped(u64),
}

/// A stream of events.
#[derive(Debug)]
pub struct Events {
    body: Incoming,
    way: Way,
    parser: Parser,
}

impl Events {
    pub(super) fn new(body: Incoming, way: Way) -> Self {
        Self {
            body,
            way,
            parser: Parser::default(),
        }
    }

    /// The next event; `None` when the server ends the stream. May be dropped and called again.
    pub async fn next(&mut self) -> Result<Option<Event>, ClientError> {
        loop {
            if let Some((name, data)) = self.parser.next() {
                match event(&name, data) {
                    Ok(Some(event)) => return Ok(Some(event)),
                    Ok(None) => continue,
                    Err(error) => return Err(self.way.broken(&error)),
                }
            }
            let Some(frame) = self.body.frame().await else {
                return Ok(None);
            };
            let frame = frame.map_err(|error| self.way.broken(&error))?;
            if let Ok(bytes) = frame.into_data() {
                self.parser.push(&bytes);
            }
            if self.parser.rest.len() > LINE_BYTES_MAX {
                return Err(self.way.unusable("an event longer than is taken"));
            }
        }
    }
}

/// Events of kinds that this release does not know are passed over.
fn event(name: &str, data: String) -> Result<Option<Event>, serde_json::Error> {
    match name {
        "" | "message" => Ok(Some(Event::Message(data))),
        "dropped" => {
            let count: Value = serde_json::from_str(&data)?;
            let count = count.as_u64().or_else(|| count["count"].as_u64());
            Ok(Some(Event::Dropped(count.unwrap_or(1))))
        }
        _ => Ok(None),
    }
}

/// Splits the stream into events: name and data.
#[derive(Debug, Default)]
struct Parser {
    rest: Vec<u8>,
    name: String,
    data: Option<String>,
}

impl Parser {
    fn push(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
    }

    fn next(&mut self) -> Option<(String, String)> {
        let mut from = 0;
        let mut found = None;
        while let Some(length) = self.rest[from..].iter().position(|byte| *byte == b'\n') {
            let line = &self.rest[from..from + length];
            let line =
                String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned();
            from += length + 1;
            if line.is_empty() {
                let name = std::mem::take(&mut self.name);
                if let Some(data) = self.data.take() {
                    found = Some((name, data));
                    break;
                }
            } else {
                self.field(&line);
            }
        }
        self.rest.drain(..from);
        found
    }

    fn field(&mut self, line: &str) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => match &mut self.data {
                Some(data) => *data += &format!("\n{value}"),
                None => self.data = Some(value.to_owned()),
            },
            // Comments keep the line open; ids and retry times are of no use here.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = ": open\n\ndata: {\"topic\":\"a\"}\n\nevent: dropped\ndata: 7\n\n\
                          event: later\ndata: x\n\nid: 1\r\ndata: [1,\r\ndata:2]\r\n\r\n";

    fn events(parser: &mut Parser) -> Vec<Event> {
        let mut found = Vec::new();
        while let Some((name, data)) = parser.next() {
            found.extend(event(&name, data).unwrap());
        }
        found
    }

    #[test]
    fn events_wherever_the_bytes_are_cut() {
        let expected = vec![
            Event::Message(r#"{"topic":"a"}"#.into()),
            Event::Dropped(7),
            Event::Message("[1,\n2]".into()),
        ];
        for size in [1, 3, 1000] {
            let mut parser = Parser::default();
            let mut found = Vec::new();
            for piece in STREAM.as_bytes().chunks(size) {
                parser.push(piece);
                found.extend(events(&mut parser));
            }
            assert_eq!(found, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn a_count_may_stand_in_an_object() {
        assert_eq!(
            event("dropped", r#"{"count":3}"#.into()).unwrap(),
            Some(Event::Dropped(3))
        );
        assert!(event("dropped", "{".into()).is_err());
    }
}

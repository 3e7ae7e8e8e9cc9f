// SPDX-License-Identifier: Apache-2.0
//! Why something a client sent is not done: for its event, and for the code that it is told.

use std::borrow::Cow;

use hw_mqtt::DecodeError;

use crate::Happening;

/// A refusal that ends a connection.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// Kind of the event.
    pub(crate) kind: &'static str,
    pub(crate) outcome: &'static str,
    /// MQTT 5 reason code; `None` closes without a word.
    pub(crate) code: Option<u8>,
    pub(crate) cause: Cow<'static, str>,
    pub(crate) topic: Option<String>,
    /// Whether the peer is told the cause: not where that would tell about policies.
    pub(crate) told: bool,
    /// Whether it is no fault of the peer's: the server can't do what it should.
    pub(crate) by_server: bool,
}

impl Refusal {
    pub(crate) fn new(
        kind: &'static str,
        outcome: &'static str,
        code: u8,
        cause: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            kind,
            outcome,
            code: Some(code),
            cause: cause.into(),
            topic: None,
            told: true,
            by_server: false,
        }
    }

    /// A rule of MQTT was broken.
    pub(crate) fn packet(code: u8, cause: impl Into<Cow<'static, str>>) -> Self {
        Self::new("packet", "refused", code, cause)
    }

    /// A PUBLISH is not taken.
    pub(crate) fn publish(topic: &str, code: u8, cause: impl Into<Cow<'static, str>>) -> Self {
        let refusal = Self::new("publish", "refused", code, cause);
        Self {
            topic: Some(topic.to_owned()),
            ..refusal
        }
    }

    /// The cause is not for the peer.
    pub(crate) fn untold(self) -> Self {
        Self {
            told: false,
            ..self
        }
    }

    /// The server can't do what it should.
    pub(crate) fn by_server(self) -> Self {
        Self {
            by_server: true,
            ..self
        }
    }

    pub(crate) fn happening(&self) -> Happening {
        Happening {
            kind: self.kind,
            outcome: self.outcome,
            cause: self.cause.clone(),
            topic: self.topic.clone(),
            trace: None,
            count: 1,
        }
    }
}

/// The packet can't be read.
impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Self {
        let refusal = Self::packet(error.reason(), error.to_string());
        Self {
            code: error.disconnect(),
            ..refusal
        }
    }
}

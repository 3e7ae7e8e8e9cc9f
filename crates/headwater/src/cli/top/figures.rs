// SPDX-License-Identifier: Apache-2.0
//! Rates between two looks at the server's counters.

use serde_json::{Map, Value, json};

/// (Name, counter of `status`).
const RATES: &[(&str, &str)] = &[
    ("messages_received", "messages_received"),
    ("received_bytes", "received_bytes"),
    ("messages_delivered", "messages_delivered"),
    ("messages_kept", "messages_kept"),
    ("messages_acknowledged", "messages_acknowledged"),
    ("messages_dropped", "messages_dropped"),
    ("refused", "refused"),
];

/// Rates, by name, each second; `None` where the caller may not know the server's figures.
pub struct Figures {
    rates: Option<Map<String, Value>>,
}

impl Figures {
    /// Of two looks that are so many seconds apart.
    pub fn between(before: &Value, now: &Value, seconds: f64) -> Self {
        if before.is_null() || now.is_null() {
            return Self { rates: None };
        }
        let rate = |(name, counter): &(&str, &str)| {
            let count = |at: &Value| at[*counter].as_f64().unwrap_or(0.0);
            // A server that was started between the two begins at 0.
            let rise = (count(now) - count(before)).max(0.0);
            let rate = (rise / seconds.max(0.001) * 10.0).round() / 10.0;
            ((*name).to_owned(), json!(rate))
        };
        Self {
            rates: Some(RATES.iter().map(rate).collect()),
        }
    }

    /// One of them.
    pub fn rate(&self, name: &str) -> Option<f64> {
        self.rates.as_ref()?.get(name)?.as_f64()
    }

    /// All of it for programs.
    pub fn json(&self, status: &Value, clients: &Value) -> Value {
        json!({
            "version": status["version"],
            "connected": clients["connected"],
            "away": clients["away"],
            "rates": self.rates,
            "broker": status["broker"],
            "workers": status["workers"],
            "slowest": clients["clients"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_what_rose_by_the_second() {
        let (before, now) = (
            json!({"messages_received": 10, "refused": 50}),
            json!({"messages_received": 15, "refused": 2}),
        );
        let figures = Figures::between(&before, &now, 2.0);
        assert_eq!(figures.rate("messages_received"), Some(2.5));
        assert_eq!(
            figures.rate("refused"),
            Some(0.0),
            "the server is a new one"
        );
        let unknown = Figures::between(&Value::Null, &Value::Null, 1.0);
        assert_eq!(unknown.rate("messages_received"), None);
    }
}

// SPDX-License-Identifier: Apache-2.0
//! What a made-up sensor in a room says: slow waves, and a battery that drains.

/// Volts of a battery that is full, and of one that is empty.
const FULL_V: f64 = 3.3;
const EMPTY_V: f64 = 2.5;

/// The JSON that it sends `seconds` after it began.
pub fn payload(seconds: f64) -> String {
    let temperature = 20.0 + 5.0 * (seconds / 30.0).sin();
    let humidity = 55.0 + 10.0 * (seconds / 45.0).cos();
    let battery = (FULL_V - seconds / 100_000.0).max(EMPTY_V);
    format!(
        r#"{{"temperature": {temperature:.2}, "humidity": {humidity:.1}, "battery": {battery:.2}}}"#
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn plausible_at_any_time() {
        let first: Value = serde_json::from_str(&payload(0.0)).unwrap();
        let wanted = json!({"temperature": 20.0, "humidity": 65.0, "battery": 3.3});
        assert_eq!(first, wanted);
        for seconds in [1.0, 60.0, 3_600.0, 1e6, 1e12] {
            let said: Value = serde_json::from_str(&payload(seconds)).unwrap();
            let between = |name: &str, least: f64, most: f64| {
                let value = said[name].as_f64().unwrap();
                assert!((least..=most).contains(&value), "{seconds}: {said}");
            };
            between("temperature", 15.0, 25.0);
            between("humidity", 45.0, 65.0);
            between("battery", 2.5, 3.3);
        }
    }
}

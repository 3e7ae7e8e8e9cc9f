// SPDX-License-Identifier: Apache-2.0
//! What a water meter says each minute, byte for byte as the real device writes it.

use serde::Serialize;
use time::PrimitiveDateTime;

use super::device_date;
use super::meter_number::{iccid, imei};

/// Pulses of the flow sensor per second at one litre per minute.
const CALIBRATION: f64 = 4.5;
/// Pulses of one litre: 4.5 a second for a minute.
pub const PULSES_PER_LITRE: u32 = 270;

/// The numbers that a device sends with every reading.
#[derive(Debug, Clone)]
pub struct Meter {
    imei: String,
    iccid: String,
}

/// The order of the fields is the order on the wire.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Reading<'a> {
    serial_number: &'a str,
    battery_voltage: &'static str,
    #[serde(rename = "QCCID")]
    iccid: &'a str,
    #[serde(rename = "GSN")]
    imei: &'a str,
    flow_rate: f64,
    flow_calibration: &'static str,
    date: String,
}

impl Meter {
    /// The meter at `index`.
    pub fn new(index: usize) -> Self {
        Self {
            imei: imei(index),
            iccid: iccid(index),
        }
    }

    /// Its name, client id and the end of its topic.
    pub fn imei(&self) -> &str {
        &self.imei
    }

    /// The payload of the minute that ends at `date`.
    pub fn payload(&self, pulses: u32, date: PrimitiveDateTime) -> String {
        let reading = Reading {
            serial_number: &self.imei,
            battery_voltage: "2080mV",
            iccid: &self.iccid,
            imei: &self.imei,
            flow_rate: flow_rate(pulses),
            flow_calibration: "4.5",
            date: device_date::format(date),
        };
        serde_json::to_string(&reading).expect("text and a finite number are JSON")
    }
}

/// Litres that flowed in a minute of so many pulses, computed as the device does it.
pub fn flow_rate(pulses: u32) -> f64 {
    (f64::from(pulses) / CALIBRATION) / 60.0
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn byte_for_byte() {
        let payload = Meter::new(0).payload(396, datetime!(2019-02-21 16:14:10));
        let expected = concat!(
            r#"{"SerialNumber":"866191037731759","BatteryVoltage":"2080mV","#,
            r#""QCCID":"8944500510185098217F","GSN":"866191037731759","#,
            r#""FlowRate":1.4666666666666666,"FlowCalibration":"4.5","#,
            r#""Date":"21/02/2019 16:14:10"}"#,
        );
        assert_eq!(payload, expected);
        let still = Meter::new(1).payload(0, datetime!(2019-02-21 16:14:10));
        assert!(
            still.contains(r#""FlowRate":0.0,"FlowCalibration""#),
            "{still}"
        );
    }

    #[test]
    fn pulses_are_litres() {
        assert_eq!(flow_rate(0), 0.0);
        assert_eq!(flow_rate(PULSES_PER_LITRE), 1.0);
        assert_eq!(flow_rate(10 * PULSES_PER_LITRE), 10.0);
        assert_eq!(flow_rate(396), 1.466_666_666_666_666_6);
    }
}

// SPDX-License-Identifier: Apache-2.0
//! The numbers of virtual meters: IMEI of the modem, which is the thing's name too, and ICCID of
//! its SIM card.

/// Type allocation code of the modem.
const TYPE_CODE: u64 = 86_619_103;
/// Serial number of the first meter; with it, the first IMEI is 866191037731759.
const FIRST_SERIAL: u64 = 773_175;
/// ICCID of the first meter's SIM card, without the filler.
const FIRST_ICCID: u64 = 8_944_500_510_185_098_217;

/// Meters that have numbers of their own.
pub const METERS_MAX: usize = 1_000_000;

/// IMEI of the meter at `index` (15 digits, the last checks the others).
pub fn imei(index: usize) -> String {
    let serial = (FIRST_SERIAL + index as u64) % METERS_MAX as u64;
    let body = format!("{TYPE_CODE}{serial:06}");
    let check = check_digit(&body);
    format!("{body}{check}")
}

/// ICCID of the meter at `index`, with the filler that modems print.
pub fn iccid(index: usize) -> String {
    format!("{}F", FIRST_ICCID + index as u64)
}

/// Topic of a meter.
pub fn topic(imei: &str) -> String {
    format!("{TOPIC_PREFIX}{imei}")
}

/// What stands before the meter's number in its topic.
pub const TOPIC_PREFIX: &str = "/things/waterflowcontrollers/";

/// Luhn's formula, as 3GPP TS 23.003 annex B has it.
fn check_digit(body: &str) -> u32 {
    let digits = body.bytes().rev().map(|digit| u32::from(digit - b'0'));
    let sum: u32 = digits
        .enumerate()
        .map(|(at, digit)| match at % 2 {
            0 => digit * 2 / 10 + digit * 2 % 10,
            _ => digit,
        })
        .sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_first_meter_is_the_known_one() {
        assert_eq!(imei(0), "866191037731759");
        assert_eq!(iccid(0), "8944500510185098217F");
        assert_eq!(
            topic(&imei(0)),
            "/things/waterflowcontrollers/866191037731759"
        );
    }

    #[test]
    fn numbers_are_distinct_and_of_one_length() {
        let numbers: BTreeSet<String> = (0..5000).map(imei).collect();
        assert_eq!(numbers.len(), 5000);
        assert!(numbers.iter().all(|number| number.len() == 15));
        assert_eq!(imei(METERS_MAX - 1).len(), 15);
    }
}

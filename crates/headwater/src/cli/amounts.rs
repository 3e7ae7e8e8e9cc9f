// SPDX-License-Identifier: Apache-2.0
//! Numbers as people read them: bytes, rates, spans of time.

/// `0 B`, `512 B`, `1.5 kB`, `20 MB`: decimal, with two digits that tell something.
pub fn bytes(bytes: f64) -> String {
    scaled(bytes, &[" B", " kB", " MB", " GB", " TB"])
}

/// `0`, `12`, `1.5k`, `20M`.
pub fn count(count: f64) -> String {
    scaled(count, &["", "k", "M", "G", "T"])
}

fn scaled(mut value: f64, units: &[&str]) -> String {
    let mut at = 0;
    // What would be written as 1000 of a unit is 1.0 of the next.
    while value >= 999.5 && at + 1 < units.len() {
        value /= 1_000.0;
        at += 1;
    }
    match (at, value) {
        (0, value) if value.fract().abs() < 0.05 || value >= 9.95 => {
            format!("{value:.0}{}", units[at])
        }
        (_, value) if value >= 9.95 => format!("{value:.0}{}", units[at]),
        (_, value) => format!("{value:.1}{}", units[at]),
    }
}

/// `850 µs`, `1.2 ms`, `45 ms`, `3.1 s`, `90 s`, `12 min`, `5 h`, `3 d`.
pub fn span(seconds: f64) -> String {
    let shown = |value: f64, unit: &str| match value {
        value if value >= 9.95 || value == 0.0 => format!("{value:.0} {unit}"),
        value => format!("{value:.1} {unit}"),
    };
    match seconds {
        0.0 => "0 s".to_owned(),
        s if s < 0.000_999_5 => shown(s * 1e6, "µs"),
        s if s < 0.999_5 => shown(s * 1e3, "ms"),
        s if s < 600.0 => shown(s, "s"),
        s if s < 2.0 * 3_600.0 => shown(s / 60.0, "min"),
        s if s < 2.0 * 86_400.0 => shown(s / 3_600.0, "h"),
        s => shown(s / 86_400.0, "d"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_tell_enough() {
        for (value, shown) in [
            (0.0, "0 B"),
            (999.0, "999 B"),
            (999.7, "1.0 kB"),
            (1_536.0, "1.5 kB"),
            (20_400_000.0, "20 MB"),
        ] {
            assert_eq!(bytes(value), shown);
        }
        for (value, shown) in [
            (0.4, "0.4"),
            (12.3, "12"),
            (1_500.0, "1.5k"),
            (5e15, "5000T"),
        ] {
            assert_eq!(count(value), shown);
        }
        for (value, shown) in [
            (0.000_85, "850 µs"),
            (0.001_2, "1.2 ms"),
            (0.045, "45 ms"),
            (90.0, "90 s"),
            (3_600.0, "60 min"),
            (4.0 * 86_400.0, "4.0 d"),
        ] {
            assert_eq!(span(value), shown);
        }
    }
}

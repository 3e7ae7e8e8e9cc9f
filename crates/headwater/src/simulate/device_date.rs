// SPDX-License-Identifier: Apache-2.0
//! Dates as the device writes them: `21/02/2019 16:14:10`, without a zone.

use time::PrimitiveDateTime;
use time::format_description::FormatItem;
use time::macros::format_description;

const FORMAT: &[FormatItem<'_>] =
    format_description!("[day]/[month]/[year] [hour]:[minute]:[second]");
const ISO: &[FormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
const ISO_DAY: &[FormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// As the device writes it.
pub fn format(date: PrimitiveDateTime) -> String {
    date.format(&FORMAT)
        .expect("every date has a day and a time")
}

/// Reads what the device writes.
pub fn parse(text: &str) -> Option<PrimitiveDateTime> {
    PrimitiveDateTime::parse(text, &FORMAT).ok()
}

/// Reads what people type: as the device writes it, as `2019-02-21T16:14:10`, or a day.
pub fn parse_typed(text: &str) -> Result<PrimitiveDateTime, String> {
    let day = || Some(time::Date::parse(text, &ISO_DAY).ok()?.midnight());
    let iso = PrimitiveDateTime::parse(text, &ISO).ok();
    parse(text).or(iso).or_else(day).ok_or_else(|| {
        format!(
            "{text:?} is no date; write 2016-11-22, 2016-11-22T06:00:00 or \"22/11/2016 06:00:00\""
        )
    })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn as_the_device_writes_it() {
        assert_eq!(
            format(datetime!(2019-02-21 16:14:10)),
            "21/02/2019 16:14:10"
        );
        assert_eq!(
            format(datetime!(2016-11-01 00:08:00)),
            "01/11/2016 00:08:00"
        );
        assert_eq!(
            parse("21/02/2019 16:14:10"),
            Some(datetime!(2019-02-21 16:14:10))
        );
        for wrong in ["2/2/2019 16:14:10", "31/02/2019 16:14:10", "21/02/2019", ""] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn as_people_type_it() {
        let expected = Ok(datetime!(2016-11-22 06:00:00));
        assert_eq!(parse_typed("2016-11-22T06:00:00"), expected);
        assert_eq!(parse_typed("22/11/2016 06:00:00"), expected);
        assert_eq!(
            parse_typed("2016-11-22"),
            Ok(datetime!(2016-11-22 00:00:00))
        );
        assert!(parse_typed("yesterday").is_err());
    }
}

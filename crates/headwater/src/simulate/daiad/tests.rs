// SPDX-License-Identifier: Apache-2.0
//! The extract is what it says, and dirty data is counted, not sent.

use time::macros::datetime;

use super::*;
use crate::simulate::payload::PULSES_PER_LITRE;

#[test]
fn the_extract_is_whole() {
    let (households, left_out) = parse(EXTRACT);
    assert_eq!(left_out, LeftOut::default());
    let sizes: Vec<usize> = households.iter().map(|h| h.readings.len()).collect();
    assert_eq!(sizes, [336, 336, 336, 336, 336, 337]);
    assert!(
        households[2].readings.iter().all(|r| r.litres > 0),
        "the third never stops"
    );
}

#[test]
fn dirty_lines_are_counted() {
    let text = "\
user.key;datetime;meter.reading;diff
a;01/03/2016 01:00:00;100;5
a;01/03/2016 02:00:00;90;-10
a;01/03/2016 02:00:00;90;0
a;01/03/2016 03:00:00;248000;247910
b;01/03/2016 01:30:00;7;1
a;01/03/2016 09:00:00;248007;7
a;01/03/2016 10:00:00;4e+05;12
a;31/02/2016 10:00:00;1;1
nonsense

b;01/03/2016 02:30:00;9;2
";
    let (households, left_out) = parse(text);
    let expected = LeftOut {
        unreadable: 2,
        impossible: 2,
        silences: 1,
        repeated: 1,
    };
    assert_eq!(left_out, expected);
    let names: Vec<&str> = households.iter().map(|h| h.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    let litres: Vec<u32> = households[0].readings.iter().map(|r| r.litres).collect();
    assert_eq!(litres, [5, 12]);
    assert!(
        left_out
            .describe()
            .is_some_and(|text| text.contains("2 readings that run backwards"))
    );
    assert_eq!(LeftOut::default().describe(), None);
}

#[test]
fn a_replay_starts_where_it_is_told_and_goes_on_for_ever() {
    let household = || parse(EXTRACT).0.remove(0);
    let start = datetime!(2016-11-22 06:00:00);
    let minutes: Vec<_> = replay(household(), start, 1).take(120).collect();
    assert!(minutes[0].at >= start && minutes[0].at < start + Duration::minutes(1));
    let again: Vec<_> = replay(household(), start, 1).take(120).collect();
    assert_eq!(minutes, again, "the same seed, the same minutes");
    let other: Vec<_> = replay(household(), start, 2).take(120).collect();
    assert_ne!(minutes, other);

    let late = replay(household(), datetime!(2016-12-04 20:00:00), 1);
    let later: Vec<_> = late.take(600).collect();
    assert!(later.windows(2).all(|pair| pair[0].at < pair[1].at));
    assert!(
        later
            .last()
            .is_some_and(|minute| minute.at > datetime!(2016-12-05 05:00:00))
    );
}

#[test]
fn litres_of_a_replay_are_those_of_the_readings() {
    let household = parse(EXTRACT).0.remove(2);
    let litres: u32 = household
        .readings
        .iter()
        .map(|reading| reading.litres)
        .sum();
    let (first, last) = (household.readings[0].from, household.readings[335].to);
    let minutes = replay(household, first, 9).take_while(|minute| minute.at <= last);
    let pulses: u32 = minutes.map(|minute| minute.pulses).sum();
    assert_eq!(pulses, litres * PULSES_PER_LITRE);
}

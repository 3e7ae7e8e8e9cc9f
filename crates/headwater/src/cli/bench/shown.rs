// SPDX-License-Identifier: Apache-2.0
//! What a run has measured, for people.

use super::super::amounts::{count, span};
use super::super::paint::Paint;
use crate::bench::{Latency, Progress, Report};

/// How it goes, each second.
pub fn second(second: u64, before: Progress, now: Progress) -> String {
    let rose = |pick: fn(Progress) -> u64| count(pick(now).saturating_sub(pick(before)) as f64);
    format!(
        "{second:>4} s  {:>6}/s sent  {:>6}/s acknowledged  {:>6}/s received",
        rose(|it| it.sent),
        rose(|it| it.confirmed),
        rose(|it| it.received),
    )
}

/// The whole of it.
pub fn report(report: &Report, paint: Paint) -> String {
    let mut text = String::new();
    let mut say = |name: &str, value: String| {
        text += &format!("{}{value}\n", paint.bold(&format!("{name:<14}")));
    };
    say(
        "load",
        format!(
            "{} publishers, {} subscribers, QoS {}, {} bytes, {} s",
            report.publishers, report.subscribers, report.qos, report.payload_bytes, report.seconds,
        ),
    );
    say(
        "connects",
        format!("{}/s", count(report.connects_per_second)),
    );
    say(
        "sent",
        format!("{} ({}/s)", report.sent, count(report.sent_per_second)),
    );
    if let Some(latency) = &report.acknowledged {
        say(
            "acknowledged",
            format!("{}  {}", report.confirmed, spans(latency)),
        );
    }
    let received = format!(
        "{} ({}/s)",
        report.received,
        count(report.received_per_second)
    );
    say("received", received);
    if let Some(latency) = &report.delivered {
        say("delivered", spans(latency));
    }
    let faults = format!(
        "{} lost, {} doubled, {} out of order, {} clients broken",
        report.lost, report.doubled, report.out_of_order, report.broken,
    );
    let clean = report.lost + report.doubled + report.out_of_order + report.broken == 0;
    say(
        "faults",
        if clean {
            paint.good(&faults)
        } else {
            paint.warn(&faults)
        },
    );
    for error in &report.errors {
        text += &format!("  {error}\n");
    }
    text
}

fn spans(latency: &Latency) -> String {
    let Latency {
        p50_ms,
        p90_ms,
        p99_ms,
        p999_ms,
        max_ms,
    } = latency;
    let [p50, p90, p99, p999, max] =
        [p50_ms, p90_ms, p99_ms, p999_ms, max_ms].map(|millis| span(millis / 1e3));
    format!("p50 {p50}, p90 {p90}, p99 {p99}, p99.9 {p999}, max {max}")
}

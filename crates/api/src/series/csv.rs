// SPDX-License-Identifier: Apache-2.0
//! Series as CSV (RFC 4180): a line for each bucket of each metric.

use super::Series;
use crate::csv::{cell, line};

const HEAD: &[&str] = &[
    "metric",
    "time",
    "min",
    "max",
    "mean",
    "last",
    "count",
    "first_text",
    "last_text",
    "unit",
];

/// The whole answer.
pub(crate) fn csv(series: &[Series]) -> String {
    let mut out = String::new();
    line(&mut out, HEAD.iter().map(|title| (*title).to_owned()));
    for one in series {
        match one {
            Series::Number(numbers) => {
                for at in 0..numbers.time.len() {
                    let cells = [
                        cell(&numbers.metric),
                        numbers.time[at].0.clone(),
                        numbers.min[at].to_string(),
                        numbers.max[at].to_string(),
                        numbers.mean[at].to_string(),
                        numbers.last[at].to_string(),
                        numbers.count[at].to_string(),
                        String::new(),
                        String::new(),
                        cell(numbers.unit.as_deref().unwrap_or_default()),
                    ];
                    line(&mut out, cells.into_iter());
                }
            }
            Series::Text(texts) => {
                for at in 0..texts.time.len() {
                    let none = String::new;
                    let cells = [
                        cell(&texts.metric),
                        texts.time[at].0.clone(),
                        none(),
                        none(),
                        none(),
                        none(),
                        texts.count[at].to_string(),
                        cell(&texts.first[at]),
                        cell(&texts.last[at]),
                        none(),
                    ];
                    line(&mut out, cells.into_iter());
                }
            }
        }
    }
    out
}

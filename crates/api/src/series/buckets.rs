// SPDX-License-Identifier: Apache-2.0
//! Buckets of time and what falls into them.

use hw_model::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::Span;
use crate::columns::{Columns, cut, double, text};
use crate::error::ApiError;
use crate::limits::SHOWN_TEXT_BYTES_MAX;
use crate::moment::Moment;

/// A series: columns of equal length, a place for each bucket that has rows.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Series {
    /// Of numbers; booleans are 1 and 0.
    Number(Numbers),
    /// Of texts.
    Text(Texts),
}

/// Numbers, down-sampled.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Numbers {
    pub metric: String,
    /// What stands behind the numbers; see `GET /api/v1/units`.
    pub unit: Option<String>,
    /// When each bucket begins.
    pub time: Vec<Moment>,
    /// The least value in each.
    pub min: Vec<f64>,
    /// The greatest.
    pub max: Vec<f64>,
    /// The arithmetic mean.
    pub mean: Vec<f64>,
    /// The last one.
    pub last: Vec<f64>,
    /// How many there are.
    pub count: Vec<u64>,
}

/// Texts, down-sampled; those of more than 1,024 bytes are cut, and end in an ellipsis.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Texts {
    pub metric: String,
    /// When each bucket begins.
    pub time: Vec<Moment>,
    /// The first text in each.
    pub first: Vec<String>,
    /// The last one.
    pub last: Vec<String>,
    /// How many there are.
    pub count: Vec<u64>,
}

#[derive(Clone, Copy)]
struct Number {
    min: f64,
    max: f64,
    sum: f64,
    last: (i64, f64),
    count: u64,
}

struct Text {
    first: (i64, String),
    last: (i64, String),
    count: u64,
}

/// The buckets of one metric.
pub(crate) struct Buckets {
    span: Span,
    width: i64,
    numbers: Vec<Option<Number>>,
    texts: Vec<Option<Text>>,
}

impl Buckets {
    pub(crate) fn new(span: Span) -> Self {
        Self {
            span,
            width: span.width(),
            numbers: Vec::new(),
            texts: Vec::new(),
        }
    }

    /// Takes rows in: time, value, text.
    pub(crate) fn add(&mut self, columns: &Columns<'_>) -> Result<(), ApiError> {
        let (times, values) = (columns.times(0)?, columns.doubles(1)?);
        let texts = columns.texts(2)?;
        for row in 0..times.len() {
            let time = times.value(row);
            let at = usize::try_from((time - self.span.from.0).div_euclid(self.width));
            let Ok(at) = at else { continue };
            if at >= self.span.buckets as usize {
                continue;
            }
            if let Some(value) = double(values, row) {
                self.number(at, time, value);
            } else if let Some(text) = text(texts, row) {
                self.text(at, time, text);
            }
        }
        Ok(())
    }

    fn number(&mut self, at: usize, time: i64, value: f64) {
        if self.numbers.is_empty() {
            self.numbers.resize(self.span.buckets as usize, None);
        }
        match &mut self.numbers[at] {
            Some(number) => {
                number.min = number.min.min(value);
                number.max = number.max.max(value);
                number.sum += value;
                number.count += 1;
                if time >= number.last.0 {
                    number.last = (time, value);
                }
            }
            free @ None => {
                *free = Some(Number {
                    min: value,
                    max: value,
                    sum: value,
                    last: (time, value),
                    count: 1,
                });
            }
        }
    }

    fn text(&mut self, at: usize, time: i64, text: &str) {
        if self.texts.is_empty() {
            self.texts.resize_with(self.span.buckets as usize, || None);
        }
        let shown = || (time, cut(text, SHOWN_TEXT_BYTES_MAX));
        match &mut self.texts[at] {
            Some(known) => {
                known.count += 1;
                if time < known.first.0 {
                    known.first = shown();
                }
                if time >= known.last.0 {
                    known.last = shown();
                }
            }
            free @ None => {
                *free = Some(Text {
                    first: shown(),
                    last: shown(),
                    count: 1,
                });
            }
        }
    }

    /// What fell in. A metric without rows has one series of numbers without points.
    pub(crate) fn series(self, metric: &str) -> Vec<Series> {
        let begin = |at: usize| Moment::from(Timestamp(self.span.from.0 + at as i64 * self.width));
        let mut all = Vec::new();
        let no_texts = self.texts.is_empty();
        if !self.numbers.is_empty() || no_texts {
            all.push(Series::Number(numbers(metric, &self.numbers, begin)));
        }
        if !no_texts {
            all.push(Series::Text(texts(metric, self.texts, begin)));
        }
        all
    }
}

fn numbers(metric: &str, all: &[Option<Number>], begin: impl Fn(usize) -> Moment) -> Numbers {
    let full = || {
        let numbered = all.iter().enumerate();
        numbered.filter_map(|(at, number)| number.map(|number| (at, number)))
    };
    Numbers {
        metric: metric.to_owned(),
        unit: None,
        time: full().map(|(at, _)| begin(at)).collect(),
        min: full().map(|(_, number)| number.min).collect(),
        max: full().map(|(_, number)| number.max).collect(),
        mean: full().map(|(_, number)| mean(&number)).collect(),
        last: full().map(|(_, number)| number.last.1).collect(),
        count: full().map(|(_, number)| number.count).collect(),
    }
}

/// A sum beyond what a double holds still has a mean between least and greatest.
fn mean(number: &Number) -> f64 {
    let mean = number.sum / number.count as f64;
    if mean.is_finite() {
        return mean;
    }
    number.min / 2.0 + number.max / 2.0
}

fn texts(metric: &str, all: Vec<Option<Text>>, begin: impl Fn(usize) -> Moment) -> Texts {
    let mut texts = Texts {
        metric: metric.to_owned(),
        time: Vec::new(),
        first: Vec::new(),
        last: Vec::new(),
        count: Vec::new(),
    };
    for (at, text) in all.into_iter().enumerate() {
        if let Some(text) = text {
            texts.time.push(begin(at));
            texts.first.push(text.first.1);
            texts.last.push(text.last.1);
            texts.count.push(text.count);
        }
    }
    texts
}

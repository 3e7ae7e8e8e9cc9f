// SPDX-License-Identifier: Apache-2.0
//! Sorted files to one sorted run of rows, a few thousand at a time: memory is that of a page of
//! each file, however long the day is.

use std::cmp::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, TimestampMicrosecondType};
use arrow_array::{Array, DictionaryArray, RecordBatch, StringArray};
use arrow_schema::{DataType, SchemaRef};
use arrow_select::interleave::interleave_record_batch;
use iceberg::{Error, ErrorKind, Result};

use super::source::Rows;
use crate::schema::conform;

/// Rows handed out at a time.
const CHUNK_ROWS: usize = 16 << 10;

/// Batches that rows of a chunk may come from, for each file.
const BATCHES_PER_FILE: usize = 3;

/// A column that rows are sorted by.
#[derive(Clone)]
enum Texts {
    Plain(StringArray),
    Dictionary(DictionaryArray<Int32Type>, StringArray),
}

impl Texts {
    fn of(column: &dyn Array) -> Result<Self> {
        match column.data_type() {
            DataType::Utf8 => Ok(Self::Plain(column.as_string::<i32>().clone())),
            DataType::Dictionary(_, _) => {
                let column = column.as_dictionary::<Int32Type>().clone();
                let values = column.values().as_string::<i32>().clone();
                Ok(Self::Dictionary(column, values))
            }
            other => {
                let message = format!("rows can't be sorted by a column of {other}");
                Err(Error::new(ErrorKind::FeatureUnsupported, message))
            }
        }
    }

    fn at(&self, row: usize) -> Option<&str> {
        match self {
            Self::Plain(texts) => texts.is_valid(row).then(|| texts.value(row)),
            Self::Dictionary(keys, values) => Some(values.value(keys.key(row)?)),
        }
    }

    /// Whether two rows of the same batch have the same text; rather no than a long look.
    fn same(&self, a: usize, b: usize) -> bool {
        match self {
            Self::Plain(_) => self.at(a) == self.at(b),
            Self::Dictionary(keys, _) => keys.key(a) == keys.key(b),
        }
    }
}

/// A file's rows, and where the merge stands in them.
struct Input {
    rows: Rows,
    texts: Vec<Texts>,
    times: Vec<i64>,
    row: usize,
    /// The place of its batch in the chunk.
    batch: usize,
}

impl Input {
    /// The texts of the row come before, with or after those of another's.
    fn group(&self, other: &Self) -> Ordering {
        let pairs = self.texts.iter().zip(&other.texts);
        let mut orders = pairs.map(|(a, b)| a.at(self.row).cmp(&b.at(other.row)));
        orders
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    fn order(&self, other: &Self) -> Ordering {
        let times = || self.times[self.row].cmp(&other.times[other.row]);
        self.group(other).then_with(times)
    }

    /// How far its rows go on with the same texts up to `time`.
    fn run(&self, time: i64) -> usize {
        let same = |row: &usize| {
            self.times[*row] <= time && self.texts.iter().all(|t| t.same(self.row, *row))
        };
        (self.row + 1..self.times.len()).take_while(same).count() + 1
    }
}

/// Merges files that are sorted by the same columns.
pub(super) struct Merger<'a> {
    schema: SchemaRef,
    time: &'a str,
    sort: Vec<&'a str>,
    inputs: Vec<Input>,
    /// Inputs that have rows, by their next row, the first one last.
    order: Vec<usize>,
    batches: Vec<RecordBatch>,
    picked: Vec<(usize, usize)>,
}

impl<'a> Merger<'a> {
    /// Files' rows in the order of the files; `schema` is that of the rows handed out.
    pub fn new(
        files: Vec<Rows>,
        schema: SchemaRef,
        time: &'a str,
        sort: &[&'a str],
    ) -> Result<Self> {
        let mut merger = Self {
            schema,
            time,
            sort: sort
                .iter()
                .copied()
                .take_while(|name| *name != time)
                .collect(),
            inputs: Vec::with_capacity(files.len()),
            order: Vec::with_capacity(files.len()),
            batches: Vec::new(),
            picked: Vec::with_capacity(CHUNK_ROWS),
        };
        for rows in files {
            merger.inputs.push(Input {
                rows,
                texts: Vec::new(),
                times: Vec::new(),
                row: 0,
                batch: 0,
            });
            let n = merger.inputs.len() - 1;
            if merger.load(n)? {
                merger.enqueue(n);
            }
        }
        Ok(merger)
    }

    /// The next rows; none at the end.
    pub fn next(&mut self) -> Result<Option<RecordBatch>> {
        let many = BATCHES_PER_FILE * self.inputs.len();
        while self.picked.len() < CHUNK_ROWS && self.batches.len() <= many {
            let Some(n) = self.order.pop() else { break };
            if self.advance(n)? {
                self.enqueue(n);
            }
        }
        if self.picked.is_empty() {
            return Ok(None);
        }
        let batches: Vec<&RecordBatch> = self.batches.iter().collect();
        let rows = interleave_record_batch(&batches, &self.picked).map_err(unmergeable)?;
        self.picked.clear();
        self.forget_batches();
        Ok(Some(rows))
    }

    /// Takes rows of the input that comes first, as long as it does: whether it has more.
    fn advance(&mut self, n: usize) -> Result<bool> {
        loop {
            let input = &self.inputs[n];
            let second = self.order.last().map(|second| &self.inputs[*second]);
            let until = match second.map(|second| (input.group(second), second)) {
                Some((Ordering::Equal, second)) => second.times[second.row],
                Some((Ordering::Greater, _)) => return Ok(true),
                _ => i64::MAX,
            };
            if input.times[input.row] > until {
                return Ok(true);
            }
            let run = input.run(until);
            let (batch, row) = (input.batch, input.row);
            self.picked.extend((row..row + run).map(|row| (batch, row)));
            let input = &mut self.inputs[n];
            input.row += run;
            if input.row == input.times.len() && !self.load(n)? {
                return Ok(false);
            }
            if self.picked.len() >= CHUNK_ROWS {
                return Ok(true);
            }
        }
    }

    /// Puts the input's next batch in place: `false` at the end of its file.
    fn load(&mut self, n: usize) -> Result<bool> {
        let input = &mut self.inputs[n];
        let Some(batch) = input.rows.next()? else {
            (input.texts, input.times) = (Vec::new(), Vec::new());
            return Ok(false);
        };
        let batch = conform(&batch, &self.schema).map_err(unmergeable)?;
        let missing = || {
            Error::new(
                ErrorKind::DataInvalid,
                "a file lacks a column it is sorted by",
            )
        };
        let column = |name: &str| batch.column_by_name(name).ok_or_else(missing);
        let texts = self.sort.iter().map(|name| Texts::of(column(name)?));
        input.texts = texts.collect::<Result<_>>()?;
        let times = column(self.time)?.as_primitive_opt::<TimestampMicrosecondType>();
        input.times = times.ok_or_else(missing)?.values().to_vec();
        (input.row, input.batch) = (0, self.batches.len());
        self.batches.push(batch);
        Ok(true)
    }

    fn enqueue(&mut self, n: usize) {
        let at = self.order.partition_point(|other| {
            // Of equal rows those of the earlier file come first.
            let order = self.inputs[*other].order(&self.inputs[n]);
            order.then(other.cmp(&n)).is_gt()
        });
        self.order.insert(at, n);
    }

    /// Lets go of batches that no input stands in.
    fn forget_batches(&mut self) {
        let mut kept = Vec::with_capacity(self.inputs.len());
        for n in &self.order {
            let input = &mut self.inputs[*n];
            kept.push(self.batches[input.batch].clone());
            input.batch = kept.len() - 1;
        }
        self.batches = kept;
    }
}

fn unmergeable(error: arrow_schema::ArrowError) -> Error {
    Error::new(ErrorKind::Unexpected, "files can't be merged").with_source(error)
}

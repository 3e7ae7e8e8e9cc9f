// SPDX-License-Identifier: Apache-2.0
//! Rows that are in no file yet. Small appends are joined as they come, like the digits of a
//! counter, so that a thousand single rows are a dozen batches, and each row is copied a dozen
//! times at most.

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};
use arrow_select::concat::concat_batches;

use crate::schema::conform;

/// Batches from this size on are not joined any more.
const JOINED_ROWS_MAX: usize = 8_192;

/// Bytes from which a batch is not joined any more.
const JOINED_BYTES_MAX: usize = 4 << 20;

/// Batches of rows, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Buffer {
    batches: Vec<Weighed>,
    rows: usize,
    bytes: usize,
}

#[derive(Debug, Clone)]
struct Weighed {
    batch: RecordBatch,
    bytes: usize,
}

impl Buffer {
    /// Appends rows.
    pub fn push(&mut self, batch: RecordBatch) -> Result<(), ArrowError> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        self.rows += batch.num_rows();
        let bytes = batch.get_array_memory_size();
        self.bytes += bytes;
        self.batches.push(Weighed { batch, bytes });
        self.join()
    }

    fn join(&mut self) -> Result<(), ArrowError> {
        while let [.., before, last] = self.batches.as_slice() {
            let rows = before.batch.num_rows() + last.batch.num_rows();
            let small = rows <= JOINED_ROWS_MAX && before.bytes + last.bytes <= JOINED_BYTES_MAX;
            let alike = before.batch.schema_ref() == last.batch.schema_ref();
            if !small || !alike || before.batch.num_rows() > 2 * last.batch.num_rows() {
                break;
            }
            let pair = [&before.batch, &last.batch];
            let batch = concat_batches(before.batch.schema_ref(), pair)?;
            let (was, bytes) = (before.bytes + last.bytes, batch.get_array_memory_size());
            self.bytes = self.bytes + bytes - was;
            self.batches.truncate(self.batches.len() - 2);
            self.batches.push(Weighed { batch, bytes });
        }
        Ok(())
    }

    /// Puts the rows of `older` in front.
    pub fn prepend(&mut self, mut older: Buffer) {
        older.rows += self.rows;
        older.bytes += self.bytes;
        older.batches.append(&mut self.batches);
        *self = older;
    }

    /// The same rows in the shape of a schema that has more columns.
    pub fn reshaped(&self, schema: &SchemaRef) -> Result<Self, ArrowError> {
        let mut reshaped = Self::default();
        for Weighed { batch, .. } in &self.batches {
            reshaped.push(conform(batch, schema)?)?;
        }
        Ok(reshaped)
    }

    pub fn batches(&self) -> impl Iterator<Item = &RecordBatch> {
        self.batches.iter().map(|sized| &sized.batch)
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::Int32Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int32Type;

    use super::*;

    fn batch(values: std::ops::Range<i32>) -> RecordBatch {
        let column: Int32Array = values.collect();
        RecordBatch::try_from_iter([("n", Arc::new(column) as _)]).expect("one column")
    }

    fn values(buffer: &Buffer) -> Vec<i32> {
        let column = |batch: &RecordBatch| {
            batch
                .column(0)
                .as_primitive::<Int32Type>()
                .values()
                .to_vec()
        };
        buffer.batches().flat_map(column).collect()
    }

    #[test]
    fn tiny_appends_are_joined_and_stay_in_order() {
        let mut buffer = Buffer::default();
        for n in 0..3_000 {
            buffer.push(batch(n..n + 1)).expect("same schema");
        }
        assert_eq!(values(&buffer), (0..3_000).collect::<Vec<_>>());
        assert!(
            buffer.batches().count() <= 16,
            "{}",
            buffer.batches().count()
        );
        let bytes: usize = buffer
            .batches()
            .map(RecordBatch::get_array_memory_size)
            .sum();
        assert_eq!((buffer.rows(), buffer.bytes()), (3_000, bytes));
    }

    #[test]
    fn large_batches_are_left_alone_and_older_rows_go_in_front() {
        let mut buffer = Buffer::default();
        buffer.push(batch(10_000..20_000)).expect("same schema");
        buffer.push(batch(20_000..30_000)).expect("same schema");
        assert_eq!(buffer.batches().count(), 2);
        let mut older = Buffer::default();
        older.push(batch(0..10_000)).expect("same schema");
        buffer.prepend(older);
        assert_eq!(values(&buffer), (0..30_000).collect::<Vec<_>>());
        assert_eq!(buffer.rows(), 30_000);
    }
}

// SPDX-License-Identifier: Apache-2.0
//! How the columns of a file are encoded. A merged file is written once and read for years, so each
//! encoding that might serve is tried on its first rows, and the smallest is taken: the texts of one
//! table repeat, those of another are times that never do.
//!
//! Only encodings that every reader of Parquet has are used. `BYTE_STREAM_SPLIT` would make times
//! of meters a fifth smaller, but Spark's reader refuses it.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use hw_kernel::port::tables::{Column, ColumnKind, TableSpec};
use iceberg::{Error, ErrorKind, Result};
use parquet::arrow::ArrowWriter;
use parquet::basic::Encoding;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;

/// Rows that encodings are tried on.
pub(super) const SAMPLE_ROWS: usize = 128 << 10;

/// Bytes of rows in memory that encodings are tried on, about.
pub(super) const SAMPLE_BYTES: usize = 16 << 20;

/// Another encoding must be smaller than the usual one by this part of it: plain numbers take a
/// third more time to read than those in dictionaries.
const WORTH: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// A dictionary, and plain where that grows too large.
    Dictionary,
    As(Encoding),
}

/// The encoding of each column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Codings(Vec<(&'static str, Coding)>);

/// What may serve for a column, the usual one first.
fn candidates(column: &Column) -> &'static [Coding] {
    use Coding::{As, Dictionary};
    match column.kind {
        ColumnKind::Bytes => &[As(Encoding::PLAIN)],
        // Each is there once or a few times: a dictionary would be given up half way. One follows
        // the other, so that most begin like the one before.
        ColumnKind::Text if column.name == "trace_id" => &[As(Encoding::DELTA_BYTE_ARRAY)],
        ColumnKind::Text => &[Dictionary, As(Encoding::DELTA_BYTE_ARRAY)],
        // Plain, zstd sees the times of a thing's other metrics again; steady ones are smaller as
        // differences.
        ColumnKind::Time => &[As(Encoding::PLAIN), As(Encoding::DELTA_BINARY_PACKED)],
        ColumnKind::Double => &[Dictionary, As(Encoding::PLAIN)],
        ColumnKind::Long => &[Dictionary, As(Encoding::DELTA_BINARY_PACKED)],
        ColumnKind::Int | ColumnKind::Bool => &[Dictionary],
    }
}

impl Codings {
    /// What serves as a rule.
    pub fn usual(spec: &TableSpec) -> Self {
        let usual = |column: &Column| (column.name, candidates(column)[0]);
        Self(spec.columns.iter().map(usual).collect())
    }

    /// The smallest for rows like these, written by `how`.
    pub fn tried(spec: &TableSpec, rows: &[RecordBatch], how: &WriterProperties) -> Result<Self> {
        let mut found = Self::usual(spec);
        for (column, (_, coding)) in spec.columns.iter().zip(&mut found.0) {
            let mut bytes: Option<usize> = None;
            for candidate in candidates(column)
                .iter()
                .filter(|_| candidates(column).len() > 1)
            {
                let tried = bytes_of(column.name, *candidate, rows, how).map_err(untriable)?;
                if bytes.is_none_or(|usual| tried < usual - usual / WORTH) {
                    (*coding, bytes) = (*candidate, Some(tried));
                }
            }
        }
        Ok(found)
    }

    pub fn set(&self, mut builder: WriterPropertiesBuilder) -> WriterPropertiesBuilder {
        for (name, coding) in &self.0 {
            builder = coding.set(builder, name);
        }
        builder
    }
}

impl Coding {
    fn set(self, builder: WriterPropertiesBuilder, name: &str) -> WriterPropertiesBuilder {
        let path = || ColumnPath::from(name);
        match self {
            Self::Dictionary => builder.set_column_dictionary_enabled(path(), true),
            Self::As(encoding) => builder
                .set_column_dictionary_enabled(path(), false)
                .set_column_encoding(path(), encoding),
        }
    }
}

/// What a column takes that is encoded in this way.
fn bytes_of(
    name: &str,
    coding: Coding,
    rows: &[RecordBatch],
    how: &WriterProperties,
) -> std::result::Result<usize, ParquetError> {
    let Some(field) = rows.first().map(RecordBatch::schema) else {
        return Ok(0);
    };
    let field = field.field_with_name(name)?.clone();
    let schema = Arc::new(Schema::new(vec![field]));
    let alone = how
        .clone()
        .into_builder()
        .set_sorting_columns(None)
        .set_key_value_metadata(None)
        .set_statistics_enabled(EnabledStatistics::None);
    let alone = coding.set(alone, name).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), Some(alone))?;
    for batch in rows {
        let column = batch.column_by_name(name).cloned();
        let column = column.into_iter().collect();
        writer.write(&RecordBatch::try_new(Arc::clone(&schema), column)?)?;
    }
    Ok(writer.into_inner()?.len())
}

fn untriable(error: ParquetError) -> Error {
    Error::new(ErrorKind::Unexpected, "encodings can't be tried").with_source(error)
}

#[cfg(test)]
mod tests {
    use arrow_array::{Float64Array, StringArray, TimestampMicrosecondArray};

    use parquet::basic::{Compression, ZstdLevel};

    use super::*;
    use crate::spec::telemetry;

    /// Rows of one thing: its metric, its times, and what it says.
    fn rows(
        time: impl Fn(i64) -> i64,
        value: impl Fn(i64) -> f64,
        text: impl Fn(i64) -> String,
    ) -> RecordBatch {
        const ROWS: i64 = 20_000;
        let each = || 0..ROWS;
        let same = |text: &str| -> arrow_array::ArrayRef {
            Arc::new(StringArray::from_iter_values(each().map(|_| text)))
        };
        let columns: [(&str, arrow_array::ArrayRef); 7] = [
            (
                "time",
                Arc::new(TimestampMicrosecondArray::from_iter_values(
                    each().map(time),
                )),
            ),
            ("thing", same("meter")),
            ("metric", same("a")),
            (
                "value",
                Arc::new(Float64Array::from_iter_values(each().map(value))),
            ),
            (
                "text",
                Arc::new(StringArray::from_iter_values(each().map(text))),
            ),
            ("topic", same("meters/1")),
            ("trace_id", same("00000001-0000-8000-8000-000000000001")),
        ];
        RecordBatch::try_from_iter(columns).expect("same lengths")
    }

    fn how() -> WriterProperties {
        let zstd = Compression::ZSTD(ZstdLevel::default());
        WriterProperties::builder().set_compression(zstd).build()
    }

    fn tried(rows: RecordBatch) -> Vec<(&'static str, Coding)> {
        let found = Codings::tried(&telemetry::SPEC, &[rows], &how()).expect("tries");
        found.0
    }

    #[test]
    fn what_repeats_stands_in_dictionaries_and_what_does_not_as_it_is() {
        use Coding::{As, Dictionary};
        let scattered = |n: i64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64);
        let steady = tried(rows(
            |n| n * 10_000_000,
            |n| n as f64 / 2.0,
            |n| format!("2026-11-29T{:08}", n),
        ));
        let of = |found: &[(&str, Coding)], name: &str| {
            found
                .iter()
                .find(|(of, _)| *of == name)
                .map(|(_, coding)| *coding)
        };
        assert_eq!(of(&steady, "time"), Some(As(Encoding::DELTA_BINARY_PACKED)));
        assert_eq!(of(&steady, "value"), Some(As(Encoding::PLAIN)));
        assert_eq!(of(&steady, "text"), Some(As(Encoding::DELTA_BYTE_ARRAY)));
        assert_eq!(of(&steady, "thing"), Some(Dictionary));
        assert_eq!(
            of(&steady, "trace_id"),
            Some(As(Encoding::DELTA_BYTE_ARRAY))
        );
        // Half a minute of one metric after the other: the same times again and again.
        let ragged = tried(rows(
            |n| (scattered(n % 500) >> 20).abs(),
            |n| (scattered(n).rem_euclid(7)) as f64,
            |n| format!("state {}", scattered(n).rem_euclid(5)),
        ));
        assert_eq!(of(&ragged, "time"), Some(As(Encoding::PLAIN)));
        assert_eq!(of(&ragged, "value"), Some(Dictionary));
        assert_eq!(of(&ragged, "text"), Some(Dictionary));
    }

    #[test]
    fn nothing_to_try_leaves_the_usual() {
        let found = Codings::tried(&telemetry::SPEC, &[], &how()).expect("tries");
        assert_eq!(found, Codings::usual(&telemetry::SPEC));
    }
}

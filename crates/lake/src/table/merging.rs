// SPDX-License-Identifier: Apache-2.0
//! The long part of a merge, on a thread of its own: reads the files, writes what comes of them,
//! and hands each file over as soon as it is whole.

use std::sync::Arc;

use arrow_array::RecordBatch;
use hw_kernel::port::tables::{ColumnKind, DataFile};
use iceberg::{Error, ErrorKind, Result};
use tokio::sync::mpsc;

use super::draft::{Draft, Target, Written};
use super::encoding::{SAMPLE_BYTES, SAMPLE_ROWS};
use super::merge::Merger;
use super::plan::CompactLimits;
use super::source::Source;
use crate::schema;

/// Whoever asked for a merge has given up: the server ends.
const NOBODY_WAITS: &str = "nobody waits for the merged files";

/// What to merge, and how.
pub(super) struct Work {
    pub blobs: Arc<dyn hw_kernel::Blobs>,
    pub target: Target,
    pub files: Vec<DataFile>,
    pub day: i32,
    pub limits: CompactLimits,
}

impl Work {
    /// Merges: which files were taken.
    pub fn run(mut self, out: &mpsc::Sender<Written>) -> Result<Vec<DataFile>> {
        let sources = self.open()?;
        if sources.len() < 2 {
            return Ok(Vec::new());
        }
        let dictionaries = self.dictionaries(&sources);
        let schema = self.schema(&dictionaries)?;
        let rows = sources.into_iter().map(|source| source.rows(&dictionaries));
        let spec = self.target.spec;
        let time = schema::time_column(&spec)?.name;
        let mut merger = Merger::new(rows.collect::<Result<_>>()?, schema, time, spec.sort)?;
        while self.write_file(&mut merger, out)? {}
        Ok(self.files)
    }

    /// Writes the next file; whether there may be another.
    fn write_file(&self, merger: &mut Merger<'_>, out: &mpsc::Sender<Written>) -> Result<bool> {
        let first = first_rows(merger)?;
        if first.is_empty() {
            return Ok(false);
        }
        let codings = self.target.codings_for(&first)?;
        let mut draft = Draft::begin(&self.target, self.day, &codings)?;
        for rows in first {
            draft.write(&rows)?;
        }
        while draft.bytes() < self.limits.file_bytes_max {
            if out.is_closed() {
                return Err(Error::new(ErrorKind::Unexpected, NOBODY_WAITS));
            }
            let Some(rows) = merger.next()? else { break };
            draft.write(&rows)?;
        }
        hand_over(out, draft.finish(&self.target)?)?;
        Ok(true)
    }

    /// Opens as many files as fit into memory, and leaves the rest for another time.
    fn open(&mut self) -> Result<Vec<Source>> {
        let (mut sources, mut memory): (Vec<Source>, u64) = (Vec::new(), 0);
        for file in &self.files {
            let source = Source::open(&self.blobs, file)?;
            memory += source.memory_bytes();
            if sources.len() >= 2 && memory > self.limits.memory_bytes_max {
                break;
            }
            sources.push(source);
        }
        self.files.truncate(sources.len());
        Ok(sources)
    }

    /// Text columns that stand in dictionaries in every file that has them.
    fn dictionaries(&self, sources: &[Source]) -> Vec<&'static str> {
        let names = self.target.spec.columns.iter().map(|column| column.name);
        let everywhere = |name: &&str| {
            let mut found = sources
                .iter()
                .filter_map(|source| source.has_dictionary(name))
                .peekable();
            found.peek().is_some() && found.all(|has| has)
        };
        let texts = |name: &&str| {
            let mut columns = self.target.spec.columns.iter();
            columns.any(|c| c.name == *name && c.kind == ColumnKind::Text)
        };
        names.filter(texts).filter(everywhere).collect()
    }

    fn schema(&self, dictionaries: &[&str]) -> Result<arrow_schema::SchemaRef> {
        let plain = schema::arrow(self.target.metadata.current_schema())?;
        let field = |field: &Arc<arrow_schema::Field>| {
            let field = field.as_ref().clone();
            match dictionaries.contains(&field.name().as_str()) {
                true => field.with_data_type(schema::dictionary()),
                false => field,
            }
        };
        let fields: Vec<_> = plain.fields().iter().map(field).collect();
        Ok(Arc::new(arrow_schema::Schema::new(fields)))
    }
}

/// Rows to try encodings on, about as many as that takes.
fn first_rows(merger: &mut Merger<'_>) -> Result<Vec<RecordBatch>> {
    let (mut first, mut rows, mut bytes) = (Vec::new(), 0, 0);
    while rows < SAMPLE_ROWS && bytes < SAMPLE_BYTES {
        let Some(batch) = merger.next()? else { break };
        rows += batch.num_rows();
        bytes += batch.get_array_memory_size();
        first.push(batch);
    }
    Ok(first)
}

fn hand_over(out: &mpsc::Sender<Written>, file: Written) -> Result<()> {
    let gone = |_| Error::new(ErrorKind::Unexpected, NOBODY_WAITS);
    out.blocking_send(file).map_err(gone)
}

// SPDX-License-Identifier: Apache-2.0
//! In which file a message's row is, or that it is in the buffer still.

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use hw_model::{AccountId, Timestamp};
use hw_query::RowOf;
use serde_json::json;

use super::Explainer;
use super::report::{Outcome, Step};
use crate::error::ApiError;

/// Files of its time that are looked into for the row, at most; a day's are merged when there are
/// more.
const FILES_READ_MAX: usize = 64;
/// Files named at most, where the row can be in one of several.
const FILES_MAX: usize = 5;

impl Explainer {
    /// The step `file` of a row of `messages`.
    pub(crate) async fn place(
        &self,
        account: AccountId,
        trace: &str,
        micros: i64,
    ) -> Result<Step, ApiError> {
        let snapshot = match self.tables.snapshot(account, "messages").await {
            Ok(snapshot) => snapshot,
            Err(error) => {
                let text = format!("the table `messages` can't be opened: {error}");
                return Ok(Step::new("file", Outcome::Fail, text));
            }
        };
        if snapshot.buffer.iter().any(|batch| holds(batch, trace)) {
            let text = "in the buffer, visible to SQL and not in a file yet; the next commit \
                        writes it";
            let step = Step::new("file", Outcome::Ok, text).detail(json!({ "buffer": true }));
            return Ok(step.cure("to have it in a file now: headwater lake flush".to_owned()));
        }
        let covers = |time: Option<(i64, i64)>| {
            time.is_none_or(|(first, last)| first <= micros && micros <= last)
        };
        let mut files: Vec<_> = snapshot
            .files
            .iter()
            .filter(|file| covers(file.time))
            .collect();
        if (2..=FILES_READ_MAX).contains(&files.len()) {
            let keys: Vec<_> = files.iter().map(|file| file.key.clone()).collect();
            let row = RowOf {
                table: "messages",
                time: Timestamp(micros),
                column: "trace_id",
                text: trace,
            };
            // Where the files can't be read in time, that the row is in one of them is still told.
            match self.engine.file_with(account, &keys, row).await {
                Ok(Some(place)) => files = vec![files[place]],
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "the file of a message could not be found"),
            }
        }
        let named: Vec<_> = files
            .iter()
            .take(FILES_MAX)
            .map(|file| json!({ "path": self.path(&file.key), "rows": file.rows, "bytes": file.bytes }))
            .collect();
        let detail = json!({ "files": named });
        Ok(match files.as_slice() {
            [] => Step::new("file", Outcome::Unknown, "in no file that is there now"),
            [file] => {
                let (path, rows) = (self.path(&file.key), file.rows);
                Step::new("file", Outcome::Ok, format!("in {path} ({rows} rows)")).detail(detail)
            }
            several => {
                let paths: Vec<_> = several
                    .iter()
                    .take(FILES_MAX)
                    .map(|file| self.path(&file.key))
                    .collect();
                let count = several.len();
                let text = format!("in one of {count} files of that time: {}", paths.join(", "));
                Step::new("file", Outcome::Ok, text).detail(detail)
            }
        })
    }

    fn path(&self, key: &str) -> String {
        match &self.blobs_folder {
            Some(folder) => folder.join(key).display().to_string(),
            None => key.to_owned(),
        }
    }
}

fn holds(batch: &RecordBatch, trace: &str) -> bool {
    batch
        .column_by_name("trace_id")
        .and_then(|column| column.as_string_opt::<i32>())
        .is_some_and(|column| column.iter().any(|value| value == Some(trace)))
}

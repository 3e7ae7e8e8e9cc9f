// SPDX-License-Identifier: Apache-2.0
//! Whether a plan may have to begin again with joins that spill, and how much plans spill.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::{DataFusionError, Result};
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream};
use futures::{StreamExt, stream};

use crate::tally::Spills;

/// Whether a side of some join is held in memory.
pub(super) fn joins_by_hash(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.as_any().is::<HashJoinExec>() || plan.children().into_iter().any(joins_by_hash)
}

/// Whether memory was the reason, not the disk.
pub(super) fn is_out_of_memory(error: &DataFusionError) -> bool {
    let root = error.find_root();
    matches!(root, DataFusionError::ResourcesExhausted(text) if !crate::error::is_spill_full(text))
}

/// The stream, which has its spilling counted when it is done or given up.
pub(super) fn counted(
    rows: SendableRecordBatchStream,
    spills: Spills,
) -> SendableRecordBatchStream {
    let schema = rows.schema();
    let rows = rows.inspect(move |_| {
        let _ = &spills;
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, rows))
}

/// The stream with the batch that has been taken from it.
pub(super) fn with_first(
    first: Option<Result<RecordBatch>>,
    rest: SendableRecordBatchStream,
) -> SendableRecordBatchStream {
    let schema = rest.schema();
    let whole = stream::iter(first).chain(rest);
    Box::pin(RecordBatchStreamAdapter::new(schema, whole))
}

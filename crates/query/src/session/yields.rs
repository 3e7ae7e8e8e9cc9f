// SPDX-License-Identifier: Apache-2.0
//! Joins that let go. A join may make millions of batches of one, and what is above it takes them
//! without a pause: neither a cancel nor another statement would ever have the thread.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;

/// The plan, with a pause above each join now and then.
pub(super) fn often(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let paused = plan.transform_up(|node| {
        Ok(
            match node.name().contains("Join") || node.name() == "UnnestExec" {
                true => {
                    Transformed::yes(Arc::new(CooperativeExec::new(node)) as Arc<dyn ExecutionPlan>)
                }
                false => Transformed::no(node),
            },
        )
    });
    Ok(paused?.data)
}

// SPDX-License-Identifier: Apache-2.0
//! Rules that change nothing and stand between those that do: they end planning that nobody waits
//! for.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::{Optimizer, OptimizerConfig, OptimizerRule};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_plan::ExecutionPlan;

use crate::runtime::stop;

/// The engine's rules for plans, with pauses.
pub(crate) fn logical() -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    let pause = || Arc::new(Pause) as Arc<dyn OptimizerRule + Send + Sync>;
    let rules = Optimizer::new().rules.into_iter();
    rules.flat_map(|rule| [rule, pause()]).collect()
}

/// The engine's rules for plans that run, with pauses.
pub(crate) fn physical() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let pause = || Arc::new(Pause) as Arc<dyn PhysicalOptimizerRule + Send + Sync>;
    let rules = PhysicalOptimizer::new().rules.into_iter();
    rules.flat_map(|rule| [rule, pause()]).collect()
}

#[derive(Debug)]
struct Pause;

impl OptimizerRule for Pause {
    fn name(&self) -> &str {
        "pause"
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        _: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>> {
        stop::if_alone()?;
        Ok(Transformed::no(plan))
    }
}

impl PhysicalOptimizerRule for Pause {
    fn name(&self) -> &str {
        "pause"
    }

    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        stop::if_alone()?;
        Ok(plan)
    }

    fn schema_check(&self) -> bool {
        true
    }
}

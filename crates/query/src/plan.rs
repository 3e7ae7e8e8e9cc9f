// SPDX-License-Identifier: Apache-2.0
//! A planned query: what it answers, what values it wants, and the plan with values in place.

mod types;

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::logical_expr::LogicalPlan;

use crate::error::QueryError;
use crate::statement::Names;

/// A query that can be run many times; each run reads what is there then.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    plan: Arc<LogicalPlan>,
    /// The columns of the answer.
    pub schema: SchemaRef,
    /// The types of `$1`, `$2`, …, as far as they are known.
    pub parameters: Vec<Option<DataType>>,
}

impl Planned {
    /// A plan whose parameters have the types that it tells itself, else those that `told` says.
    pub(crate) fn new(
        plan: LogicalPlan,
        names: &Names,
        told: &[Option<DataType>],
    ) -> Result<Self, QueryError> {
        let (plan, parameters) = types::resolve(plan, told)?;
        let fields = plan.schema().fields();
        let named = fields
            .iter()
            .zip(names.spread(fields.len()))
            .map(|(field, name)| match name {
                Some(name) => Arc::new(field.as_ref().clone().with_name(name)),
                None => Arc::clone(field),
            });
        let schema = Arc::new(Schema::new(named.collect::<Vec<_>>()));
        Ok(Self {
            plan: Arc::new(plan),
            schema,
            parameters,
        })
    }

    /// The columns of a run, which may differ in type when values decide it, by their names.
    pub(crate) fn named(&self, run: &Schema) -> SchemaRef {
        let fields = run.fields().iter().zip(self.schema.fields());
        let named = fields.map(|(run, own)| run.as_ref().clone().with_name(own.name()));
        Arc::new(Schema::new(named.collect::<Vec<_>>()))
    }

    /// The plan with values in the places of its parameters.
    ///
    /// # Errors
    /// `Invalid` if there are more or fewer values than parameters, or of types that don't fit.
    pub(crate) fn bind(&self, values: Vec<ScalarValue>) -> Result<LogicalPlan, QueryError> {
        if self.parameters.len() != values.len() {
            return Err(QueryError::params(self.parameters.len(), values.len()));
        }
        let plan = LogicalPlan::clone(&self.plan);
        if values.is_empty() {
            return Ok(plan);
        }
        Ok(plan.replace_params_with_values(&ParamValues::from(values))?)
    }
}

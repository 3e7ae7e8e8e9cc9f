// SPDX-License-Identifier: Apache-2.0
//! A planned query: what it answers, what values it wants, and the plan with values in place.

pub(crate) mod pauses;
pub(crate) mod runs;
mod types;
mod weight;

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::logical_expr::LogicalPlan;

use crate::answer::columns::told_type;
use crate::error::QueryError;
use crate::statement::Names;

/// A column of a plan, as the answer has it.
fn as_told(field: &Field) -> Field {
    let kind = told_type(field.data_type());
    field.clone().with_data_type(kind).with_nullable(true)
}

/// A query that can be run many times; each run reads what is there then.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    plan: Arc<LogicalPlan>,
    text: Arc<str>,
    /// The columns of the answer.
    pub schema: SchemaRef,
    /// The types of `$1`, `$2`, …, as far as they are known.
    pub parameters: Vec<Option<DataType>>,
}

impl Planned {
    /// A plan whose parameters have the types that it tells itself, else those that `told` says.
    ///
    /// # Errors
    /// `Limit` if the plan would become too large.
    pub(crate) fn new(
        plan: LogicalPlan,
        names: &Names,
        text: Arc<str>,
        told: &[Option<DataType>],
    ) -> Result<Self, QueryError> {
        weight::check(&plan)?;
        let (plan, parameters) = types::resolve(plan, told)?;
        let fields = plan.schema().fields();
        let named = fields
            .iter()
            .zip(names.spread(fields.len()))
            .map(|(field, name)| match name {
                Some(name) => as_told(field).with_name(name),
                None => as_told(field),
            });
        let schema = Arc::new(Schema::new(named.collect::<Vec<_>>()));
        Ok(Self {
            plan: Arc::new(plan),
            text,
            schema,
            parameters,
        })
    }

    /// What it says, perhaps cut.
    pub(crate) fn text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// The columns of a run, which may differ in type when values decide it, by their names.
    pub(crate) fn named(&self, run: &Schema) -> SchemaRef {
        let fields = run.fields().iter().zip(self.schema.fields());
        let named = fields.map(|(run, own)| as_told(run).with_name(own.name()));
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

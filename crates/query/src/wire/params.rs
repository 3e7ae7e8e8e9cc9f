// SPDX-License-Identifier: Apache-2.0
//! Bound values of the extended protocol, in text or binary, brought to the types that the query
//! wants.

use std::sync::Arc;

use bytes::Bytes;
use datafusion::arrow::datatypes::{DataType, Field, IntervalUnit, TimeUnit};
use datafusion::common::{ParamValues, ScalarValue};
use datafusion_postgres::arrow_pg::datatypes::df::deserialize_parameters;
use datafusion_postgres::arrow_pg::datatypes::into_pg_type;
use datafusion_postgres::pgwire::api::Type;
use datafusion_postgres::pgwire::api::portal::{Format, Portal};
use datafusion_postgres::pgwire::api::stmt::StoredStatement;
use datafusion_postgres::pgwire::error::PgWireResult;
use datafusion_postgres::pgwire::messages::extendedquery::Bind;

use super::fault;
use crate::error::QueryError;
use crate::types::UTC;

/// The values of a portal, one for each of `wanted`.
pub(super) fn values<S: Clone>(
    portal: &Portal<S>,
    wanted: &[Option<DataType>],
) -> PgWireResult<Vec<ScalarValue>> {
    if portal.parameters.len() != wanted.len() {
        return Err(QueryError::params(wanted.len(), portal.parameters.len()).into());
    }
    if let Format::Individual(codes) = &portal.parameter_format
        && codes.len() != wanted.len()
    {
        return Err(fault::protocol(
            "there must be as many formats as values, or one, or none",
        ));
    }
    let told = &portal.statement.parameter_types;
    let values = portal.parameters.iter().zip(wanted).enumerate();
    values
        .map(|(index, (bytes, wanted))| {
            let told = told
                .get(index)
                .cloned()
                .flatten()
                .filter(|told| *told != Type::UNKNOWN);
            value(
                bytes.as_ref(),
                told,
                portal.parameter_format.is_binary(index),
                wanted.as_ref(),
            )
        })
        .collect()
}

fn value(
    bytes: Option<&Bytes>,
    told: Option<Type>,
    binary: bool,
    wanted: Option<&DataType>,
) -> PgWireResult<ScalarValue> {
    let Some(bytes) = bytes else {
        let null = wanted.map_or(Ok(ScalarValue::Null), ScalarValue::try_from);
        return Ok(null.map_err(QueryError::from)?);
    };
    match (told, binary) {
        (Some(told), _) => typed(bytes, told, binary, wanted),
        (None, false) => text(bytes, wanted),
        (None, true) => {
            // A client that tells no type follows the description that it was given.
            let own = wanted.map(into_pg_type);
            typed(
                bytes,
                own.transpose()?.unwrap_or(Type::TEXT),
                binary,
                wanted,
            )
        }
    }
}

/// A value of no told type is a literal: it becomes what the query wants, as in SQL itself.
fn text(bytes: &Bytes, wanted: Option<&DataType>) -> PgWireResult<ScalarValue> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| fault::user("ERROR", "22021", "a bound value is not valid UTF-8"))?;
    let literal = ScalarValue::Utf8(Some(text.to_owned()));
    let value = match wanted {
        None => return Ok(literal),
        Some(DataType::Binary | DataType::LargeBinary | DataType::BinaryView) => {
            return typed(bytes, Type::BYTEA, false, wanted);
        }
        Some(list @ DataType::List(_)) => {
            return typed(bytes, into_pg_type(list)?, false, wanted);
        }
        Some(DataType::Boolean) => return typed(bytes, Type::BOOL, false, wanted),
        Some(wanted @ DataType::Timestamp(..)) => {
            // The engine wants seconds, PostgreSQL does not.
            let minutes = || ScalarValue::Utf8(Some(format!("{text}:00"))).cast_to(wanted);
            literal.cast_to(wanted).or_else(|_| minutes())
        }
        Some(wanted) => literal.cast_to(wanted),
    };
    Ok(value.map_err(|_| {
        let name = wanted.map(crate::types::type_name).unwrap_or_default();
        QueryError::state(
            "22P02",
            format!("invalid input syntax for type {name}: \"{text}\""),
        )
    })?)
}

/// A value of a told type, read by the library: it knows the binary forms and how they widen. It
/// reads whole portals, so the value gets one of its own.
fn typed(
    bytes: &Bytes,
    told: Type,
    binary: bool,
    wanted: Option<&DataType>,
) -> PgWireResult<ScalarValue> {
    let statement = StoredStatement::new(String::new(), (), vec![Some(told)]);
    let bind = Bind::new(
        None,
        None,
        vec![i16::from(binary)],
        vec![Some(bytes.clone())],
        vec![],
    );
    let portal = Portal::try_new(&bind, Arc::new(statement))?;
    match deserialize_parameters(&portal, &[wanted])? {
        ParamValues::List(mut values) if values.len() == 1 => Ok(values.swap_remove(0).value),
        _ => Err(fault::protocol("a bound value that can't be read")),
    }
}

/// The type of a parameter that only the client tells, as in `SELECT $1`.
pub(super) fn arrow_type(told: &Type) -> Option<DataType> {
    let list = |item: DataType| DataType::List(Arc::new(Field::new_list_field(item, true)));
    Some(match *told {
        Type::BOOL => DataType::Boolean,
        Type::INT2 => DataType::Int16,
        Type::INT4 => DataType::Int32,
        Type::INT8 => DataType::Int64,
        Type::FLOAT4 => DataType::Float32,
        Type::FLOAT8 => DataType::Float64,
        Type::NUMERIC => DataType::Decimal128(38, 10),
        Type::TEXT | Type::VARCHAR => DataType::Utf8,
        Type::BYTEA => DataType::Binary,
        Type::DATE => DataType::Date32,
        Type::TIME => DataType::Time64(TimeUnit::Nanosecond),
        Type::TIMESTAMP => DataType::Timestamp(TimeUnit::Microsecond, None),
        Type::TIMESTAMPTZ => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
        Type::INTERVAL => DataType::Interval(IntervalUnit::MonthDayNano),
        Type::INT4_ARRAY => list(DataType::Int32),
        Type::INT8_ARRAY => list(DataType::Int64),
        Type::FLOAT8_ARRAY => list(DataType::Float64),
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY => list(DataType::Utf8),
        _ => return None,
    })
}

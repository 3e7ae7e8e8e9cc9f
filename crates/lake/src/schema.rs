// SPDX-License-Identifier: Apache-2.0
//! From a table's spec to Iceberg's and Arrow's schemas, and rows into the shape of a schema.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, new_null_array};
use arrow_schema::{ArrowError, DataType, Field, SchemaRef};
use hw_kernel::port::tables::{Column, ColumnKind, TableSpec};
use iceberg::arrow::schema_to_arrow_schema;
use iceberg::spec::{
    NestedField, NullOrder, PrimitiveType, Schema, SortDirection, SortField, SortOrder, Transform,
    Type, UnboundPartitionSpec,
};
use iceberg::transaction::AddColumn;
use iceberg::{Error, ErrorKind, Result};

/// The name of the partition field: the day of the first time column.
pub(crate) fn partition_name(time: &str) -> String {
    format!("{time}_day")
}

/// The first time column of a spec, which tables are partitioned by.
pub(crate) fn time_column(spec: &TableSpec) -> Result<&Column> {
    let time = spec.columns.iter().find(|c| c.kind == ColumnKind::Time);
    time.filter(|time| !time.nullable).ok_or_else(|| {
        let message = format!("table {} needs a time column that is never NULL", spec.name);
        Error::new(ErrorKind::DataInvalid, message)
    })
}

fn field_type(kind: ColumnKind) -> Type {
    Type::Primitive(match kind {
        ColumnKind::Time => PrimitiveType::Timestamptz,
        ColumnKind::Text => PrimitiveType::String,
        ColumnKind::Double => PrimitiveType::Double,
        ColumnKind::Int => PrimitiveType::Int,
        ColumnKind::Long => PrimitiveType::Long,
        ColumnKind::Bool => PrimitiveType::Boolean,
        ColumnKind::Bytes => PrimitiveType::Binary,
    })
}

/// The Iceberg schema of a new table.
pub(crate) fn iceberg(spec: &TableSpec) -> Result<Schema> {
    time_column(spec)?;
    let fields = spec.columns.iter().zip(1..).map(|(column, id)| {
        let kind = field_type(column.kind);
        Arc::new(NestedField::new(id, column.name, kind, !column.nullable).with_doc(column.doc))
    });
    Schema::builder().with_fields(fields).build()
}

/// By day of the first time column.
pub(crate) fn partition(spec: &TableSpec, schema: &Schema) -> Result<UnboundPartitionSpec> {
    let time = time_column(spec)?.name;
    let builder = UnboundPartitionSpec::builder();
    let field = field_id(schema, time)?;
    let builder = builder.add_partition_field(field, partition_name(time), Transform::Day)?;
    Ok(builder.build())
}

/// As the spec sorts.
pub(crate) fn sort_order(spec: &TableSpec, schema: &Schema) -> Result<SortOrder> {
    let mut builder = SortOrder::builder();
    builder.with_order_id(1);
    for name in spec.sort {
        let field = SortField::builder()
            .source_id(field_id(schema, name)?)
            .transform(Transform::Identity)
            .direction(SortDirection::Ascending)
            .null_order(NullOrder::First)
            .build();
        builder.with_sort_field(field);
    }
    builder.build(schema)
}

fn field_id(schema: &Schema, name: &str) -> Result<i32> {
    let missing = || Error::new(ErrorKind::DataInvalid, format!("there is no column {name}"));
    schema.field_id_by_name(name).ok_or_else(missing)
}

/// Columns of the spec that the table has not yet; refuses one whose type has changed.
pub(crate) fn missing(spec: &TableSpec, schema: &Schema) -> Result<Vec<AddColumn>> {
    let mut missing = Vec::new();
    for column in spec.columns {
        let kind = field_type(column.kind);
        match schema.field_by_name(column.name) {
            Some(field) if *field.field_type == kind => {}
            Some(field) => {
                let was = &field.field_type;
                let message = format!("column {} is {was}, and can't become {kind}", column.name);
                return Err(Error::new(ErrorKind::DataInvalid, message));
            }
            // Rows that are there already have no value for it.
            None => missing.push(
                AddColumn::builder()
                    .name(column.name)
                    .field_type(kind)
                    .doc(column.doc)
                    .build(),
            ),
        }
    }
    Ok(missing)
}

/// The Arrow schema of rows in the buffer: Iceberg's, without its field ids.
pub(crate) fn arrow(schema: &Schema) -> Result<SchemaRef> {
    let with_ids = schema_to_arrow_schema(schema)?;
    let plain = |field: &Arc<Field>| {
        Field::new(field.name(), field.data_type().clone(), field.is_nullable())
    };
    let fields: Vec<Field> = with_ids.fields().iter().map(plain).collect();
    Ok(Arc::new(arrow_schema::Schema::new(fields)))
}

/// The type of texts that repeat: rows in the buffer may have it in place of plain text.
pub(crate) fn dictionary() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// Puts the columns of `rows` into the order of `schema`; what rows don't have is NULL. Texts may
/// be dictionaries, and stay so.
pub(crate) fn conform(
    rows: &RecordBatch,
    schema: &SchemaRef,
) -> std::result::Result<RecordBatch, ArrowError> {
    if rows.schema_ref() == schema {
        return Ok(rows.clone());
    }
    let known = |field: &Arc<Field>| schema.field_with_name(field.name()).is_ok();
    if let Some(stranger) = rows
        .schema_ref()
        .fields()
        .iter()
        .find(|field| !known(field))
    {
        let message = format!("the table has no column {}", stranger.name());
        return Err(ArrowError::SchemaError(message));
    }
    let column = |field: &Arc<Field>| {
        let column = rows.column_by_name(field.name()).cloned();
        column.unwrap_or_else(|| new_null_array(field.data_type(), rows.num_rows()))
    };
    let columns: Vec<ArrayRef> = schema.fields().iter().map(column).collect();
    let repeats = |(field, column): (&Arc<Field>, &ArrayRef)| {
        let kind = column.data_type();
        let texts = *field.data_type() == DataType::Utf8 && *kind == dictionary();
        match texts {
            true => Arc::new(field.as_ref().clone().with_data_type(kind.clone())),
            false => Arc::clone(field),
        }
    };
    let fields: Vec<_> = schema.fields().iter().zip(&columns).map(repeats).collect();
    let schema = arrow_schema::Schema::new(fields);
    RecordBatch::try_new(Arc::new(schema), columns)
}

// SPDX-License-Identifier: Apache-2.0
//! A new table, and new columns of one that is there.

use std::sync::Arc;

use hw_kernel::port::cursor::Cursor;
use hw_kernel::port::tables::{TableError, TableSpec};
use hw_model::AccountId;
use iceberg::spec::{TableMetadataBuilder, TableProperties};
use iceberg::transaction::{ApplyTransactionAction, Transaction};
use iceberg::{MetadataLocation, Result, TableCreation};

use super::swap::Swap;
use super::{LakeTable, Opened, retire};
use crate::env::Env;
use crate::error::{chain, table_error};
use crate::place::Place;
use crate::pointer::{self, Pointer};
use crate::schema;
use crate::storage::file_io;

/// Makes a table that counts as filled up to `cursor`.
pub(crate) async fn create(
    env: &Env,
    account: AccountId,
    spec: &TableSpec,
    cursor: Cursor,
) -> std::result::Result<LakeTable, TableError> {
    let place = Place::new(&*env.blobs, account, spec.name);
    let written = write_metadata(env, &place, spec).await;
    let pointer = Pointer {
        account,
        table: spec.name.to_owned(),
        metadata_location: written.map_err(|error| table_error(spec.name, &error))?,
        cursor,
    };
    let registered = pointer::create(&*env.catalog, &pointer, env.clock.now()).await;
    registered.map_err(|error| table_error(spec.name, &error))?;
    retire::write_hint(env, &place, &pointer.metadata_location).await;
    Ok(LakeTable::new(pointer, Some(*spec)))
}

async fn write_metadata(env: &Env, place: &Place, spec: &TableSpec) -> Result<String> {
    let schema = schema::iceberg(spec)?;
    let properties = [
        // A stale append must fail, not be tried again on top of what it finds.
        (TableProperties::PROPERTY_COMMIT_NUM_RETRIES, "0".to_owned()),
        (
            TableProperties::PROPERTY_METADATA_PREVIOUS_VERSIONS_MAX,
            retire::METADATA_FILES_KEPT.to_string(),
        ),
        ("write.parquet.compression-codec", "zstd".to_owned()),
        ("comment", spec.doc.to_owned()),
    ];
    let creation = TableCreation::builder()
        .name(spec.name.to_owned())
        .location(place.location.clone())
        .partition_spec(schema::partition(spec, &schema)?)
        .sort_order(schema::sort_order(spec, &schema)?)
        .schema(schema)
        .properties(properties.map(|(key, value)| (key.to_owned(), value)))
        .build();
    let metadata = TableMetadataBuilder::from_table_creation(creation)?
        .build()?
        .metadata;
    let location = MetadataLocation::new_with_metadata(&place.location, &metadata);
    let io = file_io(Arc::clone(&env.blobs), place.clone());
    metadata.write_to(&io, &location).await?;
    Ok(location.to_string())
}

impl LakeTable {
    /// Adds columns that `spec` has and the table has not.
    pub async fn widen(&self, env: &Env, spec: &TableSpec) -> std::result::Result<(), TableError> {
        let _turn = self.turn.lock().await;
        self.state.lock().spec = Some(*spec);
        let opened = self.opened_in_turn(env).await?;
        let widened = self.widened(env, spec, &opened).await;
        let Some(wide) = widened.map_err(|error| table_error(&self.name, &error))? else {
            if let Some(opened) = &mut self.state.lock().opened {
                opened.spec = *spec;
            }
            return Ok(());
        };
        self.take_schema(wide.clone())?;
        retire::after_commit(env, &opened, &wide.table).await;
        Ok(())
    }

    pub(super) async fn widened(
        &self,
        env: &Env,
        spec: &TableSpec,
        opened: &Opened,
    ) -> Result<Option<Opened>> {
        let missing = schema::missing(spec, opened.table.metadata().current_schema())?;
        if missing.is_empty() {
            return Ok(None);
        }
        let transaction = Transaction::new(&opened.table);
        let mut action = transaction.update_schema();
        for column in missing {
            action = action.add_column(column);
        }
        let swap = Swap {
            env,
            place: &opened.place,
            base: &opened.table,
            cursor: &self.committed(),
        };
        let table = action.apply(transaction)?.commit(&swap).await?;
        Ok(Some(Opened {
            schema: schema::arrow(table.metadata().current_schema())?,
            table,
            spec: *spec,
            ..opened.clone()
        }))
    }

    /// Goes on with the wider schema; rows that wait get its new columns.
    fn take_schema(&self, wide: Opened) -> std::result::Result<(), TableError> {
        let mut state = self.state.lock();
        let failed = |error: arrow_schema::ArrowError| TableError::Engine {
            table: self.name.clone(),
            detail: chain(&error),
        };
        state.sealed = state.sealed.reshaped(&wide.schema).map_err(failed)?;
        state.fresh = state.fresh.reshaped(&wide.schema).map_err(failed)?;
        state.pointer = wide
            .table
            .metadata_location()
            .unwrap_or_default()
            .to_owned();
        state.opened = Some(wide);
        Ok(())
    }
}

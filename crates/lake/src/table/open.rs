// SPDX-License-Identifier: Apache-2.0
//! Reading a table's metadata and manifests, when it is first used.

use std::sync::Arc;

use hw_kernel::port::tables::TableError;
use iceberg::TableIdent;
use iceberg::spec::TableMetadata;
use iceberg::table::Table;
use iceberg::{Error, ErrorKind, Result};

use super::{LakeTable, Opened, manifest, retire};
use crate::env::Env;
use crate::error::table_error;
use crate::place::Place;
use crate::schema;
use crate::storage::file_io;

impl LakeTable {
    /// The table, read if it was not yet.
    pub(super) async fn opened(&self, env: &Env) -> std::result::Result<Opened, TableError> {
        if let Some(opened) = self.opened_already() {
            return Ok(opened);
        }
        let _turn = self.turn.lock().await;
        self.opened_in_turn(env).await
    }

    /// The same for whoever holds the turn.
    pub(super) async fn opened_in_turn(
        &self,
        env: &Env,
    ) -> std::result::Result<Opened, TableError> {
        if let Some(opened) = self.opened_already() {
            return Ok(opened);
        }
        let (pointer, spec) = {
            let state = self.state.lock();
            (state.pointer.clone(), state.spec)
        };
        let spec = spec.ok_or_else(|| TableError::NotFound(self.name.clone()))?;
        let read = self.read(env, &pointer, spec).await;
        let opened = read.map_err(|error| damaged(&self.name, &error))?;
        // The table may be of a release whose spec had fewer columns.
        let wide = self.widened(env, &spec, &opened).await;
        let wide = wide.map_err(|error| table_error(&self.name, &error))?;
        {
            let mut state = self.state.lock();
            if state.pointer != pointer {
                return Err(TableError::Stale(self.name.clone()));
            }
            let now = wide.as_ref().unwrap_or(&opened);
            let location = now.table.metadata_location().unwrap_or_default();
            state.pointer = location.to_owned();
            state.opened = Some(now.clone());
        }
        match wide {
            Some(wide) => {
                retire::after_commit(env, &opened, &wide.table).await;
                Ok(wide)
            }
            None => Ok(opened),
        }
    }

    fn opened_already(&self) -> Option<Opened> {
        self.state.lock().opened.clone()
    }

    async fn read(
        &self,
        env: &Env,
        pointer: &str,
        spec: hw_kernel::port::tables::TableSpec,
    ) -> Result<Opened> {
        let place = Place::of_metadata(self.account, &self.name, pointer).ok_or_else(|| {
            let message = format!("{pointer} is no place of a table's metadata");
            Error::new(ErrorKind::DataInvalid, message)
        })?;
        let io = file_io(Arc::clone(&env.blobs), place.clone());
        let metadata = TableMetadata::read_from(&io, pointer).await?;
        let table = iceberg_table(env, &place, metadata, pointer)?;
        let time = schema::time_column(&spec)?.name;
        let files = manifest::files(&table, &place, time).await?;
        Ok(Opened {
            schema: schema::arrow(table.metadata().current_schema())?,
            table,
            place,
            spec,
            files: files.into(),
        })
    }
}

/// A table as the crate handles it. Its cache of manifests is off: ours is the list of files.
pub(super) fn iceberg_table(
    env: &Env,
    place: &Place,
    metadata: TableMetadata,
    pointer: &str,
) -> Result<Table> {
    let namespace = iceberg::NamespaceIdent::new(place.account.to_string());
    Table::builder()
        .file_io(file_io(Arc::clone(&env.blobs), place.clone()))
        .metadata(metadata)
        .metadata_location(pointer)
        .identifier(TableIdent::new(namespace, place.table.clone()))
        .runtime(env.runtime.clone())
        .disable_cache()
        .build()
}

/// While reading, what can't be parsed is damage.
fn damaged(table: &str, error: &Error) -> TableError {
    match table_error(table, error) {
        TableError::Engine { table, detail } if error.kind() == ErrorKind::DataInvalid => {
            TableError::Damaged { table, detail }
        }
        other => other,
    }
}

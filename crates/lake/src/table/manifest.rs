// SPDX-License-Identifier: Apache-2.0
//! The files of a table, as its current snapshot's manifests have them.

use futures::{StreamExt, TryStreamExt, stream};
use hw_kernel::port::tables::DataFile;
use iceberg::spec::{Datum, ManifestFile, PrimitiveLiteral};
use iceberg::table::Table;
use iceberg::{Error, ErrorKind, Result};

use crate::place::Place;

/// Manifests read at a time.
const MANIFESTS_AT_ONCE: usize = 8;

/// The manifests of the current snapshot.
pub(crate) async fn manifests(table: &Table) -> Result<Vec<ManifestFile>> {
    let Some(snapshot) = table.metadata().current_snapshot() else {
        return Ok(Vec::new());
    };
    let list = table.manifest_list_reader(snapshot).load().await?;
    Ok(list.entries().to_vec())
}

/// The data files of the current snapshot.
pub(crate) async fn files(table: &Table, place: &Place, time: &str) -> Result<Vec<DataFile>> {
    let time = table.metadata().current_schema().field_id_by_name(time);
    let file_io = table.file_io();
    let of_manifest = |manifest: ManifestFile| async move {
        let manifest = manifest.load_manifest(file_io).await?;
        let alive = manifest.entries().iter().filter(|entry| entry.is_alive());
        let file = |entry: &std::sync::Arc<iceberg::spec::ManifestEntry>| {
            data_file(entry.data_file(), place, time)
        };
        alive.map(file).collect::<Result<Vec<_>>>()
    };
    let manifests = stream::iter(manifests(table).await?);
    let files: Vec<Vec<DataFile>> = manifests
        .map(of_manifest)
        .buffered(MANIFESTS_AT_ONCE)
        .try_collect()
        .await?;
    Ok(files.concat())
}

/// An entry of a manifest as the port has it. `time` is the id of the time column.
pub(crate) fn data_file(
    entry: &iceberg::spec::DataFile,
    place: &Place,
    time: Option<i32>,
) -> Result<DataFile> {
    let outside = || {
        let message = format!("{} lies outside the table", entry.file_path());
        Error::new(ErrorKind::DataInvalid, message)
    };
    let micros = |bound: Option<&Datum>| match bound.map(Datum::literal) {
        Some(PrimitiveLiteral::Long(micros)) => Some(*micros),
        _ => None,
    };
    let bounds = time.and_then(|id| {
        let low = micros(entry.lower_bounds().get(&id))?;
        Some((low, micros(entry.upper_bounds().get(&id))?))
    });
    Ok(DataFile {
        key: place.key_of(entry.file_path()).ok_or_else(outside)?,
        bytes: entry.file_size_in_bytes(),
        rows: entry.record_count(),
        time: bounds,
    })
}

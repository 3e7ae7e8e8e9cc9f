// SPDX-License-Identifier: Apache-2.0
//! The port's suite.

use std::collections::HashMap;
use std::sync::Arc;

use hw_kernel::Tables;
use hw_kernel::testkit::tables_suite::{SUITE_TABLE, run};
use hw_lake::Lake;

use crate::world::World;

#[tokio::test]
async fn the_lake_keeps_the_promises_of_the_port() {
    let worlds = tokio::sync::Mutex::new(HashMap::new());
    run(async |number| {
        let mut worlds = worlds.lock().await;
        if let std::collections::hash_map::Entry::Vacant(empty) = worlds.entry(number) {
            empty.insert(World::new().await);
        }
        let world: &World = &worlds[&number];
        let (blobs, catalog) = (Arc::clone(&world.blobs), Arc::clone(&world.catalog));
        let clock = Arc::clone(&world.clock);
        let lake = Lake::open_with(blobs, catalog, clock, &[SUITE_TABLE]).await;
        Arc::new(lake.expect("opens")) as Arc<dyn Tables>
    })
    .await;
}

// SPDX-License-Identifier: Apache-2.0
//! The least position that a backup says it can be restored to.

use hw_backup::{begin_checkpoints, note_checkpoint};
use hw_kernel::port::catalog::Statement;
use hw_kernel::port::position::Position;

use crate::house::House;

async fn committed(house: &House, position: &Position) {
    let sql = "INSERT INTO lake_cursors \
               (account, table_name, cursor, metadata_location, committed_us) \
               VALUES ('000000000001', 'messages', $1, '', 0) \
               ON CONFLICT (account, table_name) DO UPDATE SET cursor = $1";
    let values = vec![format!("{position}|").into()];
    let written = house.catalog.write(vec![Statement::new(sql, values)]);
    written.await.expect("written");
}

async fn earliest(house: &House) -> String {
    house.freeze().await.about().earliest_position.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_where_tables_and_the_last_checkpoint_both_are() {
    let house = House::furnished().await;
    let first = house.log.end();
    // Whether an earlier release has let something go is not known.
    assert_eq!(earliest(&house).await, first.to_string());
    house.publish(21).await;
    let begun = house.log.end();
    begin_checkpoints(&*house.catalog, &begun)
        .await
        .expect("noted");
    house.publish(22).await;
    let later = house.log.end();
    let again = begin_checkpoints(&*house.catalog, &later);
    again.await.expect("what was noted stays");
    assert_eq!(earliest(&house).await, begun.to_string());

    committed(&house, &first).await;
    assert_eq!(
        earliest(&house).await,
        begun.to_string(),
        "the tables are behind"
    );
    committed(&house, &later).await;
    assert_eq!(earliest(&house).await, later.to_string(), "and now ahead");
    house.publish(23).await;
    let end = house.log.end();
    note_checkpoint(&*house.catalog, &end).await.expect("noted");
    house.publish(24).await;
    assert_eq!(earliest(&house).await, end.to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_of_a_log_that_is_gone_says_nothing() {
    let house = House::furnished().await;
    let of_another: Position = "v1;3/0/77=99999999".parse().expect("a position");
    let noted = note_checkpoint(&*house.catalog, &of_another);
    noted.await.expect("noted");
    assert_eq!(earliest(&house).await, "v1");
}

// SPDX-License-Identifier: Apache-2.0
//! The HTTP door: how many it lets in at a time.

use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use hw_gateway::http_door::HttpDoor;
use hw_kernel::shutdown;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn those_who_come_at_once_come_in_one_after_the_other() {
    let door = HttpDoor::bind(([127, 0, 0, 1], 0).into(), None);
    let door = door.await.expect("a port").at_most_a_second(10);
    let addr = door.local_addr().expect("it is bound");
    let router = Router::new().route("/", get(|| async { "in" }));
    let (end, shutdown) = shutdown::channel();
    let serving = tokio::spawn(door.run(router, None, shutdown));
    let began = Instant::now();
    let mut guests = Vec::new();
    for _ in 0..25 {
        let mut guest = TcpStream::connect(addr).await.expect("the backlog");
        let ask = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        guest.write_all(ask).await.expect("sent");
        guests.push(guest);
    }
    let mut came = Vec::new();
    for mut guest in guests {
        let mut answer = String::new();
        guest.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.ends_with("in"), "{answer}");
        came.push(began.elapsed());
    }
    // Ten at once, and a tenth of a second between the others.
    assert!(came[24] >= Duration::from_millis(1_400), "{came:?}");
    end.begin();
    serving.await.expect("it ends");
}

// SPDX-License-Identifier: Apache-2.0
//! Clients that are unknown, too many, silent, too loud, or no clients at all.

use std::time::Duration;

use hw_query::{Limits, PgLimits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fake::World;
use crate::server::{KEY, Server};

const SOON: Duration = Duration::from_millis(200);

async fn start(limits: PgLimits) -> Server {
    Server::start(World::small(Limits::default()), limits).await
}

/// Sends bytes and reads until the server closes.
async fn dialogue(server: &Server, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(server.addr).await.expect("connects");
    socket.write_all(bytes).await.expect("is read");
    rest(socket).await
}

/// Sends bytes and that there are no more, and reads until the server closes.
async fn monologue(server: &Server, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(server.addr).await.expect("connects");
    socket.write_all(bytes).await.expect("is read");
    // The server may have closed already.
    let _ = socket.shutdown().await;
    rest(socket).await
}

async fn rest(mut socket: TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    // A reset counts as the end: what came before it is what matters.
    let _ = socket.read_to_end(&mut answer).await;
    answer
}

fn startup() -> Vec<u8> {
    let body = b"\0\x03\0\0user\0ann\0\0";
    let mut packet = (body.len() as u32 + 4).to_be_bytes().to_vec();
    packet.extend(body);
    packet
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend((body.len() as u32 + 4).to_be_bytes());
    bytes.extend(body);
    bytes
}

fn password(key: &str) -> Vec<u8> {
    message(b'p', format!("{key}\0").as_bytes())
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

#[tokio::test]
async fn a_wrong_key_ends_the_connection_and_nothing_after_it_counts() {
    let server = start(PgLimits::default()).await;
    let error = server.connect("wrong").await.expect_err("is refused");
    let error = error.as_db_error().expect("from the server");
    assert_eq!((error.severity(), error.code().code()), ("FATAL", "28P01"));

    let query = message(b'Q', b"SELECT thing FROM telemetry\0");
    let answer = dialogue(
        &server,
        &[startup(), password("wrong"), query.clone()].concat(),
    )
    .await;
    assert!(
        has(&answer, "28P01") && !has(&answer, "thing"),
        "{answer:?}"
    );
    let answer = dialogue(&server, &[startup(), query].concat()).await;
    assert!(
        has(&answer, "FATAL") && !has(&answer, "thing"),
        "{answer:?}"
    );
    server.stop().await;
}

#[tokio::test]
async fn one_too_many_is_told_so() {
    let server = start(PgLimits {
        connections_max: 1,
        ..PgLimits::default()
    })
    .await;
    let first = server.connect(KEY).await.expect("connects");
    let error = server.connect(KEY).await.expect_err("is one too many");
    assert_eq!(error.code().expect("an SQLSTATE").code(), "53300");
    first
        .batch_execute("SELECT 1")
        .await
        .expect("is not disturbed");
    server.stop().await;
}

#[tokio::test]
async fn the_silent_are_let_go() {
    let limits = PgLimits {
        handshake_time_max: SOON,
        idle_time_max: SOON,
        ..PgLimits::default()
    };
    let server = start(limits).await;
    assert_eq!(dialogue(&server, b"").await, b"");
    assert_eq!(
        dialogue(&server, b"\0\0\0\x08\x04\xd2\x16\x2f").await,
        b"N",
        "no TLS"
    );
    assert!(has(
        &dialogue(&server, &startup()).await,
        "handshake_time_max"
    ));
    let answer = dialogue(&server, &[startup(), password(KEY)].concat()).await;
    assert!(has(&answer, "57P05") && has(&answer, "idle_time_max"));
    server.stop().await;
}

#[tokio::test]
async fn the_loud_are_let_go() {
    let server = start(PgLimits {
        message_bytes_max: 20_000,
        ..PgLimits::default()
    })
    .await;
    let long = message(b'p', &vec![b'x'; 10_001]);
    assert!(has(
        &dialogue(&server, &[startup(), long].concat()).await,
        "message_bytes_max"
    ));
    let client = server.connect(KEY).await.expect("connects");
    client
        .batch_execute(&format!("SELECT '{}'", "x".repeat(15_000)))
        .await
        .expect("fits");
    client
        .batch_execute(&format!("SELECT '{}'", "x".repeat(20_000)))
        .await
        .expect_err("too long");
    for rubbish in [
        &b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..],
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
        b"\0\0\0\0\0\0\0\0",
        b"\xff\xff\xff\xff\0\x03\0\0",
        b"\0\0\0\x08\0\x09\0\0",
        b"\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\x01\0\0\0\x02",
    ] {
        assert!(
            !has(&monologue(&server, rubbish).await, "SELECT"),
            "{rubbish:?}"
        );
    }
    for rubbish in [
        message(b'B', b""),
        message(b'P', b"\0"),
        message(b'E', b"\0\0"),
        message(b'?', b""),
    ] {
        monologue(
            &server,
            &[startup(), password(KEY), rubbish, message(b'X', b"")].concat(),
        )
        .await;
    }
    server.connect(KEY).await.expect("the server stands");
    server.stop().await;
}

#[tokio::test]
async fn prepared_statements_are_counted() {
    let server = start(PgLimits {
        prepared_max: 3,
        ..PgLimits::default()
    })
    .await;
    let client = server.connect(KEY).await.expect("connects");
    let mut kept = Vec::new();
    let error = loop {
        match client.prepare("SELECT 1").await {
            Ok(statement) => kept.push(statement),
            Err(error) => break error,
        }
    };
    assert_eq!(
        (kept.len(), error.code().expect("an SQLSTATE").code()),
        (3, "54000")
    );
    client
        .batch_execute("DEALLOCATE ALL")
        .await
        .expect("forgets");
    client
        .prepare("SELECT 1")
        .await
        .expect("there is room again");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_is_let_go() {
    let server = start(PgLimits {
        stall_time_max: SOON,
        connections_max: 1,
        ..PgLimits::default()
    })
    .await;
    let mut socket = TcpStream::connect(server.addr).await.expect("connects");
    let sql = b"SELECT repeat('x', 1000) FROM generate_series(1, 200000)\0";
    let bytes = [startup(), password(KEY), message(b'Q', sql)].concat();
    socket.write_all(&bytes).await.expect("is read");
    // Nothing is read until another can take the place.
    let free = async {
        while server.connect(KEY).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), free)
        .await
        .expect("lets the first go");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_ends_all_at_once() {
    let server = start(PgLimits::default()).await;
    let idle = server.connect(KEY).await.expect("connects");
    let busy = server.connect(KEY).await.expect("connects");
    let endless = "SELECT count(*) FROM generate_series(1, 1000000) AS a(x), generate_series(1, 1000000) AS b(y) WHERE x % 7 = y % 11";
    let run = tokio::spawn(async move { busy.batch_execute(endless).await });
    idle.batch_execute("SELECT 1").await.expect("answers");
    tokio::time::timeout(Duration::from_secs(3), server.stop())
        .await
        .expect("ends soon");
    let ended = run.await.expect("no panic").expect_err("is ended");
    assert!(
        ended.is_closed() || ended.code().is_some_and(|code| code.code() == "57P01"),
        "{ended:?}"
    );
    idle.batch_execute("SELECT 1").await.expect_err("is closed");
}

/// Messages of the extended protocol with rubbish in them, and whole ones, in any order.
fn frontend(random: &mut impl FnMut(usize) -> usize) -> Vec<u8> {
    let texts: [&[u8]; 8] = [
        b"SELECT 1\0",
        b"SELECT $1::int\0",
        b"s\0SELECT thing FROM telemetry WHERE value > $1\0\0\x01\0\0\x02\xbd",
        b"\0\0\0\0\0\0\0\0",
        b"\0s\0\0\x01\0\x01\0\0\x01\xff\xff\xff\xff\0\0",
        b"Ss\0",
        b"P\0",
        b"\0\0\0\0\x02",
    ];
    let mut stream = Vec::new();
    for _ in 0..1 + random(12) {
        let kind = b"QPBDECSHFXdcfp?\0\xff"[random(17)];
        let mut body = texts[random(texts.len())].to_vec();
        for _ in 0..random(4) {
            match random(3) {
                0 => body.truncate(random(body.len() + 1)),
                1 => body.push(random(256) as u8),
                _ if !body.is_empty() => {
                    let at = random(body.len());
                    body[at] = random(256) as u8;
                }
                _ => {}
            }
        }
        let mut whole = message(kind, &body);
        if random(10) == 0 {
            whole[1..5].copy_from_slice(&(random(1 << 20) as u32).to_be_bytes());
        }
        stream.extend(whole);
    }
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_bytes_of_a_known_client() {
    let server = start(PgLimits {
        handshake_time_max: Duration::from_secs(5),
        idle_time_max: Duration::from_secs(2),
        ..PgLimits::default()
    })
    .await;
    let rounds: u64 = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(150);
    for round in 0..rounds {
        // A small generator, so that a round can be made again from its number.
        let mut state = round.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below.max(1) as u64) as usize
        };
        let bytes = [startup(), password(KEY), frontend(&mut random)].concat();
        let ended = tokio::time::timeout(Duration::from_secs(20), monologue(&server, &bytes));
        let answer = ended
            .await
            .unwrap_or_else(|_| panic!("round {round} hangs"));
        assert!(!has(&answer, "panicked"), "round {round}");
    }
    let client = server.connect(KEY).await.expect("the server stands");
    client.batch_execute("SELECT 1").await.expect("and answers");
    server.stop().await;
}

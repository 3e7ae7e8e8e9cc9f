// SPDX-License-Identifier: Apache-2.0
//! The client against a server made of bytes.

use tokio::io::{DuplexStream, duplex};

use super::*;

const CONNACK: [u8; 4] = [0x20, 2, 0, 0];

async fn whole(stream: &mut DuplexStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await.unwrap();
    bytes
}

#[tokio::test]
async fn publishes_and_reads_acknowledgements_cut_anywhere() {
    let (client, mut server) = duplex(4096);
    let serve = async {
        let connect = whole(&mut server, 16).await;
        assert_eq!(connect, b"\x10\x0E\0\x04MQTT\x04\x02\0\x3C\0\x02m1");
        server.write_all(&CONNACK).await.unwrap();
        let publish = whole(&mut server, 10).await;
        assert_eq!(publish, b"\x32\x08\0\x03a/b\0\x07x");
        for piece in [&[0x40_u8][..], &[2, 0], &[7, 0xD0], &[0, 0x40, 2, 0, 8]] {
            server.write_all(piece).await.unwrap();
        }
        assert_eq!(whole(&mut server, 4).await, [0xC0, 0, 0xE0, 0]);
    };
    let act = async {
        let mut connection = Connection::open(client, "m1", 60).await.unwrap();
        connection.publish(7, "a/b", b"x").await.unwrap();
        assert_eq!(connection.acknowledged().await.unwrap(), 7);
        assert_eq!(connection.acknowledged().await.unwrap(), 8);
        connection.ping().await.unwrap();
        connection.close().await.unwrap();
    };
    tokio::join!(serve, act);
}

async fn opened(answer: &[u8]) -> Result<Connection<DuplexStream>, MqttError> {
    let (client, mut server) = duplex(4096);
    server.write_all(answer).await.unwrap();
    // The peer goes away behind its answer.
    let opening = Connection::open(client, "m1", 60);
    let (opened, ()) = tokio::join!(opening, async {
        whole(&mut server, 16).await;
        drop(server);
    });
    opened
}

#[tokio::test]
async fn refusals_and_garbage_are_errors() {
    assert!(matches!(
        opened(&[0x20, 2, 0, 5]).await,
        Err(MqttError::Refused(_))
    ));
    assert!(matches!(opened(&[]).await, Err(MqttError::Closed)));
    assert!(matches!(
        opened(&[0xD0, 0]).await,
        Err(MqttError::Unexpected(_))
    ));
    assert!(matches!(
        opened(&[0x20, 2, 0, 77]).await,
        Err(MqttError::Decode(_))
    ));
    assert!(matches!(
        opened(&[0x20, 0xFF, 0xFF, 0xFF, 0x7F]).await,
        Err(MqttError::Decode(_))
    ));
    let mut connection = opened(&CONNACK).await.unwrap();
    assert!(matches!(
        connection.acknowledged().await,
        Err(MqttError::Closed)
    ));
}

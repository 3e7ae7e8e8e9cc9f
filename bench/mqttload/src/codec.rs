// SPDX-License-Identifier: Apache-2.0
//! The little of MQTT 3.1.1 that a load generator needs.

fn remlen(out: &mut Vec<u8>, mut n: usize) {
    loop {
        let b = (n & 0x7f) as u8;
        n >>= 7;
        out.push(if n > 0 { b | 0x80 } else { b });
        if n == 0 {
            break;
        }
    }
}

pub fn connect(client_id: &str, keepalive: u16) -> Vec<u8> {
    connect_with(client_id, keepalive, true)
}

/// `clean` false: a session that outlives the connection.
pub fn connect_with(client_id: &str, keepalive: u16, clean: bool) -> Vec<u8> {
    let mut b = vec![0x10];
    remlen(&mut b, 10 + 2 + client_id.len());
    b.extend_from_slice(&[0, 4, b'M', b'Q', b'T', b'T', 4, if clean { 2 } else { 0 }]);
    b.extend_from_slice(&keepalive.to_be_bytes());
    b.extend_from_slice(&(client_id.len() as u16).to_be_bytes());
    b.extend_from_slice(client_id.as_bytes());
    b
}

pub fn subscribe(topic: &str, qos: u8) -> Vec<u8> {
    let mut b = vec![0x82];
    remlen(&mut b, 2 + 2 + topic.len() + 1);
    b.extend_from_slice(&[0, 1]);
    b.extend_from_slice(&(topic.len() as u16).to_be_bytes());
    b.extend_from_slice(topic.as_bytes());
    b.push(qos);
    b
}

pub fn unsubscribe(topic: &str) -> Vec<u8> {
    let mut b = vec![0xa2];
    remlen(&mut b, 2 + 2 + topic.len());
    b.extend_from_slice(&[0, 1]);
    b.extend_from_slice(&(topic.len() as u16).to_be_bytes());
    b.extend_from_slice(topic.as_bytes());
    b
}

/// A packet of any kind: first byte, remaining length, body.
pub fn raw(first: u8, body: &[u8]) -> Vec<u8> {
    let mut b = vec![first];
    remlen(&mut b, body.len());
    b.extend_from_slice(body);
    b
}

pub const DISCONNECT: [u8; 2] = [0xe0, 0];

/// A ready-made PUBLISH of which only packet id, time, and number are patched.
pub struct Template {
    pub bytes: Vec<u8>,
    pub pid_at: usize, // 0: none
    pub pay_at: usize,
}

pub fn publish_template(topic: &str, qos: u8, payload: &[u8]) -> Template {
    let mut b = vec![0x30 | (qos << 1)];
    remlen(
        &mut b,
        2 + topic.len() + if qos > 0 { 2 } else { 0 } + payload.len(),
    );
    b.extend_from_slice(&(topic.len() as u16).to_be_bytes());
    b.extend_from_slice(topic.as_bytes());
    let pid_at = if qos > 0 {
        b.extend_from_slice(&[0, 0]);
        b.len() - 2
    } else {
        0
    };
    let pay_at = b.len();
    b.extend_from_slice(payload);
    Template {
        bytes: b,
        pid_at,
        pay_at,
    }
}

/// (first byte, body range, whole length) of the first packet, if it is complete.
#[inline]
pub fn packet(b: &[u8]) -> Option<(u8, usize, usize)> {
    if b.len() < 2 {
        return None;
    }
    let (mut len, mut shift, mut i) = (0usize, 0, 1);
    loop {
        let x = *b.get(i)?;
        len |= ((x & 0x7f) as usize) << shift;
        i += 1;
        if x & 0x80 == 0 {
            break;
        }
        shift += 7;
        assert!(shift <= 21, "bad remaining length");
    }
    if b.len() < i + len {
        return None;
    }
    Some((b[0], i, i + len))
}

// SPDX-License-Identifier: Apache-2.0
//! Trace ids and certificate ids as text, without the formatting machinery: both are written for
//! every message.

use hw_model::{CertificateId, TraceId};

const DIGITS: &[u8; 16] = b"0123456789abcdef";

fn push(out: &mut String, value: u64, digits: u32) {
    for digit in (0..digits).rev() {
        let nibble = (value >> (digit * 4)) & 0xf;
        out.push(char::from(DIGITS[nibble as usize]));
    }
}

/// Replaces `out` by the text form of a trace id.
pub(super) fn trace_id(trace: TraceId, out: &mut String) {
    let (sequence, producer) = (trace.sequence, trace.producer);
    out.clear();
    push(out, u64::from(producer.epoch), 8);
    out.push('-');
    push(out, u64::from(producer.shard), 4);
    out.push_str("-8");
    push(out, sequence >> 60, 3);
    out.push_str("-8");
    push(out, (sequence >> 48) & 0xfff, 3);
    out.push('-');
    push(out, sequence, 12);
}

/// Replaces `out` by the text form of a certificate id.
pub(super) fn certificate_id(id: CertificateId, out: &mut String) {
    out.clear();
    id.0.iter().for_each(|byte| push(out, u64::from(*byte), 2));
}

#[cfg(test)]
mod tests {
    use hw_model::trace::Producer;

    use super::*;

    #[test]
    fn is_what_the_ids_display() {
        let mut text = String::new();
        for sequence in [1, 0x1234_5678_9abc_def0, u64::MAX] {
            let producer = Producer {
                epoch: 0xa1b2_c3d4,
                shard: 0x8001,
            };
            let trace = TraceId { producer, sequence };
            trace_id(trace, &mut text);
            assert_eq!(text, trace.to_string());
        }
        let id = CertificateId(std::array::from_fn(|n| (n as u8).wrapping_mul(9)));
        certificate_id(id, &mut text);
        assert_eq!(text, id.to_string());
    }
}

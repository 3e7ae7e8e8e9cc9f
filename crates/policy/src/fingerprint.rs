// SPDX-License-Identifier: Apache-2.0
//! The content of a resolved set as 128 bits of a SHA-256: whoever shares a decision cache by it
//! trusts that a peer who picks its own client id cannot make two different sets meet.

use sha2::{Digest, Sha256};

use crate::PolicySet;
use crate::pattern::Token;
use crate::resolved::Live;

/// Independent of the order of policies and statements, of their names, and of statements that
/// cannot apply.
pub(crate) fn of(set: &PolicySet, denies: &[Live], allows: &[Live]) -> u128 {
    let mut all = Sha256::new();
    for statements in [denies, allows] {
        let mut digests: Vec<_> = statements.iter().map(|live| digest(set, live)).collect();
        digests.sort_unstable();
        digests.dedup();
        all.update((digests.len() as u64).to_le_bytes());
        for digest in digests {
            all.update(digest);
        }
    }
    let bytes: [u8; 32] = all.finalize().into();
    bytes[..16]
        .iter()
        .fold(0, |hash, byte| hash << 8 | u128::from(*byte))
}

fn digest(set: &PolicySet, live: &Live) -> [u8; 32] {
    let mut hasher = Sha256::new();
    let (negated, texts) = set.statement(live.at).actions.content();
    hasher.update([u8::from(negated)]);
    for text in texts {
        field(&mut hasher, b'a', text.as_bytes());
    }
    hasher.update([b'r', u8::from(live.resources.negated)]);
    for pattern in &live.resources.patterns {
        hasher.update(b"p");
        for token in pattern.tokens() {
            match token {
                Token::Text(text) => field(&mut hasher, b't', text.as_bytes()),
                Token::One => hasher.update(b"?"),
                Token::Run => hasher.update(b"*"),
            }
        }
    }
    hasher.finalize().into()
}

/// A tag, a length and the bytes: no two different sequences of fields read the same.
fn field(hasher: &mut Sha256, tag: u8, bytes: &[u8]) {
    hasher.update([tag]);
    hasher.update((bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

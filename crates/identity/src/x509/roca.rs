// SPDX-License-Identifier: Apache-2.0
//! RSA keys of the Infineon library (CVE-2017-15361, "ROCA"): their primes are
//! `k * M + 65537^a mod M` with M a product of small primes, so that modulo each of these the
//! modulus is a power of 65537. Of good keys about one in 2^27 is so by chance.
//!
//! Source: Nemec et al., "The Return of Coppersmith's Attack", CCS 2017, section 3.1.

/// The generator that the library used.
const GENERATOR: u64 = 65_537;

/// Primes that divide M for keys of every length.
const PRIMES: [u64; 39] = [
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Whether a big-endian modulus bears the mark.
pub(super) fn is_marked(modulus: &[u8]) -> bool {
    PRIMES
        .iter()
        .all(|&prime| is_power(remainder(modulus, prime), prime))
}

/// `number` (big-endian) modulo `divisor`.
pub(super) fn remainder(number: &[u8], divisor: u64) -> u64 {
    number
        .iter()
        .fold(0, |rest, byte| (rest * 256 + u64::from(*byte)) % divisor)
}

/// Whether `value` is a power of the generator modulo `prime`.
fn is_power(value: u64, prime: u64) -> bool {
    let mut power = 1;
    for _ in 0..prime {
        if power == value % prime {
            return true;
        }
        power = power * GENERATOR % prime;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use x509_parser::num_bigint::BigUint;

    #[test]
    fn powers_of_the_generator_are_marked_and_neighbours_are_not() {
        let marked = BigUint::from(GENERATOR).pow(128);
        assert!(is_marked(&marked.to_bytes_be()));
        let product: BigUint = PRIMES.iter().map(|prime| BigUint::from(*prime)).product();
        let shifted = &marked + product * BigUint::from(12_345_u32);
        assert!(is_marked(&shifted.to_bytes_be()));
        assert!(!is_marked(&(marked + 2_u32).to_bytes_be()));
    }

    #[test]
    fn a_key_of_ours_is_not_marked() {
        let key = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048);
        let key = key.expect("a key");
        use aws_lc_rs::signature::KeyPair;
        let modulus = key.public_key().modulus().big_endian_without_leading_zero();
        assert!(!is_marked(modulus));
    }
}

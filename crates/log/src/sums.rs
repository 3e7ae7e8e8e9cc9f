// SPDX-License-Identifier: Apache-2.0
//! Checksums of any stretch of some bytes, from those of its prefixes: each costs the same however
//! long the stretch is.

/// The polynomial of CRC32C, lowest power in the highest bit.
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// Every so many bytes a prefix's checksum is kept.
const STEP: usize = 64;

/// Checksums of the prefixes of some bytes.
pub(crate) struct Sums<'a> {
    bytes: &'a [u8],
    /// Of the prefixes whose length is a multiple of `STEP`.
    steps: Vec<u32>,
    /// x to the power of 2^n, modulo the polynomial.
    powers: [u32; 32],
}

impl<'a> Sums<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let mut sum = 0;
        let mut steps = vec![0];
        steps.extend(bytes.chunks_exact(STEP).map(|chunk| {
            sum = crc32c::crc32c_append(sum, chunk);
            sum
        }));
        let mut powers = [1 << 30; 32];
        for n in 1..powers.len() {
            powers[n] = multiply(powers[n - 1], powers[n - 1]);
        }
        Self {
            bytes,
            steps,
            powers,
        }
    }

    /// What `crc32c_append(seed, &bytes[start..end])` gives.
    pub(crate) fn append(&self, seed: u32, start: usize, end: usize) -> u32 {
        self.prefix(end) ^ self.shift(seed ^ self.prefix(start), end - start)
    }

    fn prefix(&self, length: usize) -> u32 {
        let step = length / STEP;
        crc32c::crc32c_append(self.steps[step], &self.bytes[step * STEP..length])
    }

    /// What a checksum contributes once `bytes` more have been added.
    fn shift(&self, sum: u32, bytes: usize) -> u32 {
        let bits = bytes as u64 * 8;
        let set = (0..u64::BITS).filter(|n| bits >> n & 1 == 1);
        // The order of x modulo the polynomial is 2^31 - 1, or a divisor of it: powers repeat.
        set.fold(sum, |sum, n| multiply(self.powers[n as usize % 31], sum))
    }
}

/// The product of two polynomials, modulo the polynomial.
fn multiply(a: u32, mut b: u32) -> u32 {
    (0..u32::BITS).rev().fold(0, |product, bit| {
        let product = if a >> bit & 1 == 1 {
            product ^ b
        } else {
            product
        };
        b = (b >> 1) ^ if b & 1 == 1 { POLYNOMIAL } else { 0 };
        product
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shifting_agrees_with_combining_at_any_length() {
        let sums = Sums::new(&[]);
        for length in (0..34)
            .map(|n| 1 << n)
            .chain([0, 5, 44, 67_108_863, 67_108_872])
        {
            let combined = crc32c::crc32c_combine(0xdead_beef, 0, length);
            assert_eq!(sums.shift(0xdead_beef, length), combined, "{length}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn any_stretch(
            bytes in proptest::collection::vec(any::<u8>(), 0..500),
            (a, b) in (0..501_usize, 0..501_usize),
            seed in any::<u32>(),
        ) {
            let (a, b) = (a.min(bytes.len()), b.min(bytes.len()));
            let (start, end) = (a.min(b), a.max(b));
            let direct = crc32c::crc32c_append(seed, &bytes[start..end]);
            prop_assert_eq!(Sums::new(&bytes).append(seed, start, end), direct);
        }
    }
}

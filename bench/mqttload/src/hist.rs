// SPDX-License-Identifier: Apache-2.0
//! Log-linear histogram of nanoseconds, 64 steps per power of two (error < 1.6 %).
pub struct Hist {
    c: Vec<u64>,
    n: u64,
    max: u64,
}
impl Hist {
    pub fn new() -> Self {
        Hist {
            c: vec![0; 64 * 64],
            n: 0,
            max: 0,
        }
    }
    #[inline]
    pub fn add(&mut self, v: u64) {
        let i = if v < 64 {
            v as usize
        } else {
            let e = 63 - v.leading_zeros() as usize;
            (e - 5) * 64 + ((v >> (e - 6)) as usize & 63)
        };
        self.c[i] += 1;
        self.n += 1;
        self.max = self.max.max(v);
    }
    pub fn clear(&mut self) {
        *self = Hist::new()
    }
    pub fn q(&self, q: f64) -> u64 {
        if self.n == 0 {
            return 0;
        }
        let want = ((self.n as f64 * q).ceil() as u64).max(1);
        let mut s = 0;
        for (i, c) in self.c.iter().enumerate() {
            s += c;
            if s >= want {
                return if i < 64 {
                    i as u64
                } else {
                    let e = i / 64 + 5;
                    (1u64 << e) + (((i % 64) as u64) << (e - 6)) + (1u64 << (e - 6)) / 2
                };
            }
        }
        self.max
    }
    pub fn max(&self) -> u64 {
        self.max
    }
}

//! Values and mistakes at random, the same for the same seed.

use highway::{
    Bytes, Value,
    value::{Dict, Int, IntDict},
};

/// A generator of numbers (xorshift).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below a limit.
    pub(crate) fn below(&mut self, limit: u8) -> u8 {
        let number = (self.next() >> 20) % u64::from(limit.max(1));
        u8::try_from(number).unwrap_or(0)
    }

    fn place(&mut self, length: usize) -> usize {
        let length = u64::try_from(length.max(1)).unwrap_or(1);
        usize::try_from((self.next() >> 8) % length).unwrap_or(0)
    }

    /// Makes a mistake or a few.
    pub(crate) fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let at = self.place(bytes.len());
            let byte = self.next().to_le_bytes()[2];
            match self.below(5) {
                0 if !bytes.is_empty() => bytes[at] = byte,
                1 if !bytes.is_empty() => bytes[at] ^= 1 << (byte % 8),
                2 if !bytes.is_empty() => drop(bytes.remove(at)),
                3 => bytes.truncate(at),
                _ => bytes.insert(at, byte),
            }
        }
    }

    pub(crate) fn value(&mut self, depth: u8) -> Value {
        let kinds = if depth == 0 { 6 } else { 10 };
        let some = |random: &mut Self| usize::from(random.below(5));
        match self.below(kinds) {
            0 => Value::None,
            1 => (self.below(2) == 0).into(),
            2 => self.int().into(),
            3 => self.float().into(),
            4 => self.text().into(),
            5 => Value::Bytes(Bytes::from(
                self.next().to_le_bytes()[..some(self)].to_vec(),
            )),
            6 => Value::List((0..some(self)).map(|_| self.value(depth - 1)).collect()),
            7 => Value::Tuple((0..some(self)).map(|_| self.value(depth - 1)).collect()),
            8 => {
                let mut dict = IntDict::default();
                for _ in 0..=some(self) {
                    dict.insert(self.int(), self.value(depth - 1));
                }
                dict.into()
            }
            _ => {
                let mut dict = Dict::new();
                for _ in 0..some(self) {
                    dict.insert(self.text(), self.value(depth - 1));
                }
                dict.into()
            }
        }
    }

    /// An int of any size, often near a border.
    fn int(&mut self) -> Int {
        let bits = self.below(70);
        let near = i128::from(self.below(3)) - 1;
        let number = (1_i128 << bits) + near;
        let number = if self.below(2) == 0 { number } else { -number };
        if self.below(8) == 0 {
            let digits = format!("{number}{}", self.next());
            digits.parse().unwrap_or_default()
        } else {
            Int::from(number)
        }
    }

    fn float(&mut self) -> f64 {
        match self.below(6) {
            0 => 1.0,
            1 => -0.0,
            2 => f64::INFINITY,
            3 => f64::NAN,
            4 => f64::from(self.below(200)) / 8.0,
            _ => f64::from_bits(self.next()),
        }
    }

    fn text(&mut self) -> String {
        const PARTS: [&str; 9] = [
            "",
            "a",
            "é",
            "🚣",
            "__proto__",
            "constructor",
            "1",
            "\0",
            "\u{feff}ß",
        ];
        (0..self.below(4))
            .map(|_| PARTS[usize::from(self.below(9))])
            .collect()
    }
}

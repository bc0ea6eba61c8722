//! Ints beyond 64 bits: their bytes as a bignum has them, and their decimal digits as an [`Int`] has them.

use num_bigint::BigUint;

use crate::{
    payload::error::Problem,
    value::{Int, ParseIntError},
};

/// The most bytes that a number of [`Int::MAX_DIGITS`] digits has.
const MAX_BYTES: usize = 1786;

/// The int `n`, or `-1 - n`, of a bignum's bytes.
pub(super) fn from_bytes(negative: bool, bytes: &[u8]) -> Result<Int, Problem> {
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    let bytes = bytes.get(zeros..).unwrap_or_default();
    if bytes.len() <= size_of::<u128>() {
        let number = bytes
            .iter()
            .fold(0_u128, |number, &byte| number << 8 | u128::from(byte));
        match i128::try_from(number) {
            Ok(number) => return Ok(Int::from(if negative { !number } else { number })),
            Err(_) if !negative => return Ok(Int::from(number)),
            Err(_) => {}
        }
    }
    // Before the time is spent that digits take.
    if bytes.len() > MAX_BYTES {
        return Err(Problem::TooManyDigits);
    }
    let number = BigUint::from_bytes_be(bytes);
    let digits = if negative {
        format!("-{}", number + 1_u32)
    } else {
        number.to_string()
    };
    digits.parse().map_err(|error| match error {
        ParseIntError::TooManyDigits => Problem::TooManyDigits,
        ParseIntError::NoInt => Problem::Number,
    })
}

/// Whether an int of these digits is negative, and its bytes as a bignum. `None` for no digits.
pub(super) fn to_bytes(digits: &str) -> Option<(bool, Vec<u8>)> {
    let (negative, digits) = match digits.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, digits),
    };
    let number = BigUint::parse_bytes(digits.as_bytes(), 10)?;
    let number = if negative { number - 1_u32 } else { number };
    Some((negative, number.to_bytes_be()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(digits: &str) {
        let (negative, bytes) = to_bytes(digits).expect("they are digits");
        let int = from_bytes(negative, &bytes).expect("it is an int");
        assert_eq!(int.to_string(), digits);
    }

    #[test]
    fn digits_come_back_from_their_bytes() {
        for bits in [64_u32, 65, 127, 128] {
            let power = BigUint::from(1_u8) << bits;
            let below: BigUint = &power - 1_u8;
            for number in [below, power.clone(), power + 1_u8] {
                check(&number.to_string());
                check(&format!("-{number}"));
            }
        }
        check(&"9".repeat(Int::MAX_DIGITS));
        check(&format!("-{}", "9".repeat(Int::MAX_DIGITS)));
    }

    #[test]
    fn bytes_of_more_digits_than_ints_have_are_refused() {
        let (_, mut bytes) = to_bytes(&"9".repeat(Int::MAX_DIGITS)).expect("they are digits");
        assert_eq!(bytes.len(), MAX_BYTES);
        assert!(from_bytes(false, &bytes).is_ok());
        // The same with a minus is one more.
        assert_eq!(from_bytes(true, &bytes), Err(Problem::TooManyDigits));
        bytes.insert(0, 0);
        assert!(from_bytes(false, &bytes).is_ok(), "zeros in front count");
        bytes.insert(0, 1);
        assert_eq!(from_bytes(false, &bytes), Err(Problem::TooManyDigits));
        assert_eq!(
            from_bytes(false, &vec![0xff; 1 << 20]),
            Err(Problem::TooManyDigits)
        );
        assert_eq!(from_bytes(false, &[0; 100]), Ok(Int::from(0)));
        assert_eq!(from_bytes(true, &[]), Ok(Int::from(-1)));
    }
}

//! Bytes as the recordings and the chapter on the wire write them.

/// The bytes of hexadecimal digits; blanks between them don't count.
#[track_caller]
pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(|digit| *digit != b' ').collect();
    let pairs = digits.chunks(2).map(|pair| {
        let byte = str::from_utf8(pair).ok().filter(|_| pair.len() == 2);
        byte.and_then(|byte| u8::from_str_radix(byte, 16).ok())
    });
    let bytes: Option<Vec<u8>> = pairs.collect();
    bytes.unwrap_or_else(|| panic!("{hex:?} is not hexadecimal"))
}

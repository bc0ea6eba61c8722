//! JSON as the dialects have it: with integers of any size, and in 0.1 with `NaN`, `Infinity` and `-Infinity`.

pub(super) mod read;
pub(super) mod write;

/// The place of the first byte that cannot stand in a JSON string as it is: a quote, a backslash, a control character.
#[inline]
fn find_special(text: &[u8]) -> Option<usize> {
    const EACH: u64 = u64::MAX / 255;
    const TOP: u64 = EACH << 7;
    const QUOTE: u64 = EACH * 0x22;
    const BACKSLASH: u64 = EACH * 0x5c;
    let (words, rest) = text.as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quote = word ^ QUOTE;
        let backslash = word ^ BACKSLASH;
        // A borrow can only flag bytes above one that is flagged rightly; the lowest one counts.
        let special = (word.wrapping_sub(EACH * 0x20) & !word)
            | (quote.wrapping_sub(EACH) & !quote)
            | (backslash.wrapping_sub(EACH) & !backslash);
        if special & TOP != 0 {
            return Some(place * 8 + (special & TOP).trailing_zeros() as usize / 8);
        }
    }
    let place = rest
        .iter()
        .position(|&byte| byte < 0x20 || byte == b'"' || byte == b'\\')?;
    Some(words.len() * 8 + place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_special_byte_is_found_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            let special = byte < 0x20 || byte == b'"' || byte == b'\\';
            for place in 0..20 {
                let mut text = [b'a'; 20];
                text[place] = byte;
                assert_eq!(
                    find_special(&text),
                    special.then_some(place),
                    "{byte:#x} at {place}"
                );
                text[19] = 0x1f;
                assert_eq!(find_special(&text), Some(if special { place } else { 19 }));
            }
        }
        assert_eq!(find_special(b""), None);
    }
}

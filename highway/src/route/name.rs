//! Names of routes as types, so that the compiler can tell them apart.

/// A route's name: its first 16 characters, and a number for what is longer.
///
/// The characters are parameters of one type rather than a list of types, because that is how a name can be read in the
/// compiler's errors: parameters with their default value are not printed.
#[derive(Debug)]
pub struct Name<
    const C0: char = '\0',
    const C1: char = '\0',
    const C2: char = '\0',
    const C3: char = '\0',
    const C4: char = '\0',
    const C5: char = '\0',
    const C6: char = '\0',
    const C7: char = '\0',
    const C8: char = '\0',
    const C9: char = '\0',
    const C10: char = '\0',
    const C11: char = '\0',
    const C12: char = '\0',
    const C13: char = '\0',
    const C14: char = '\0',
    const C15: char = '\0',
    const REST: u64 = 0,
>;

/// The characters that are parameters of [`Name`].
const CHARS: usize = 16;

/// The parts of a [`Name`], for names that only the compiler can look up: those of declared routes, by their paths.
///
/// A constant's value is known where implementations are held against each other; an associated type of another crate's
/// route is not.
#[derive(Debug)]
pub struct NameParts {
    /// The first characters, and `\0` behind the last.
    pub chars: [char; CHARS],
    /// What stands for the others.
    pub rest: u64,
}

impl NameParts {
    /// Takes a name apart.
    pub const fn of(name: &str) -> Self {
        let bytes = name.as_bytes();
        let mut chars = ['\0'; CHARS];
        let mut count = 0;
        let mut at = 0;
        while count < CHARS && at < bytes.len() {
            let (char, len) = first_char(bytes, at);
            chars[count] = char;
            count += 1;
            at += len;
        }
        Self {
            chars,
            rest: rest(bytes, at),
        }
    }
}

/// The character that begins at a place of a text's bytes, and how many of them it takes.
const fn first_char(bytes: &[u8], at: usize) -> (char, usize) {
    let first = bytes[at] as u32;
    let (mut code, len) = match first {
        0..0x80 => (first, 1),
        0x80..0xe0 => (first & 0x1f, 2),
        0xe0..0xf0 => (first & 0x0f, 3),
        _ => (first & 0x07, 4),
    };
    let mut next = 1;
    while next < len {
        code = code << 6 | (bytes[at + next] & 0x3f) as u32;
        next += 1;
    }
    match char::from_u32(code) {
        Some(char) => (char, len),
        None => (char::REPLACEMENT_CHARACTER, len),
    }
}

/// The hash of the bytes from a place on (FNV-1a); 0 when there are none.
const fn rest(bytes: &[u8], mut at: usize) -> u64 {
    if at >= bytes.len() {
        return 0;
    }
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

/// Implemented once for each route that a handler serves, so that a second function for the same route is a conflict
/// that the compiler reports at both.
///
/// `It` is the same type for each, and found by way of the route where that is declared: of a path that leads nowhere, the compiler
/// says that and nothing more.
pub trait OneFunctionPerRoute<Name, It = ()> {}

/// Implemented for each route of a handler that takes the connection, and for what a function around routes that takes the handler is
/// around; `A` is a type of that function, and any for a route. So a function that takes the handler and is around a route that takes the
/// connection is a conflict, which the compiler reports at both.
pub trait AroundWithHandlerNeedsRoutesWithHandler<Name, A = ()> {}

/// Depends on a type, and leads to the same one whatever that is.
pub trait Whatever<T> {
    /// The same type.
    type It;
}

impl<H, T> Whatever<T> for H {
    type It = ();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str) {
        let parts = NameParts::of(name);
        let expected: Vec<char> = name.chars().take(CHARS).collect();
        assert_eq!(&parts.chars[..expected.len()], expected, "{name}");
        assert!(
            parts.chars[expected.len()..]
                .iter()
                .all(|char| *char == '\0')
        );
        assert_eq!(parts.rest == 0, name.chars().count() <= CHARS, "{name}");
    }

    #[test]
    fn names_are_taken_apart_by_characters() {
        check("");
        check("say");
        check("sixteen-in-total");
        check("seventeen-in-all!");
        check("größe-日本語-🦀-\u{10ffff}");
        check("größe-日本語-🦀-\u{10ffff}-und-noch-mehr");
    }

    #[test]
    fn names_with_one_beginning_differ_in_the_rest() {
        let [one, other] = ["a-long-beginning-and-one", "a-long-beginning-and-other"]
            .map(|name| NameParts::of(name).rest);
        assert_ne!(one, other);
    }
}

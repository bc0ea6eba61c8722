//! Declared routes looked up at compile time, where iterators and `strsim` can't be called.

use crate::route::protocol::Declaration;

/// The declaration of a route by its name.
pub(super) const fn find<'a>(routes: &'a [Declaration], name: &str) -> Option<&'a Declaration> {
    let mut at = 0;
    while at < routes.len() {
        if equal(routes[at].name.as_bytes(), name.as_bytes()) {
            return Some(&routes[at]);
        }
        at += 1;
    }
    None
}

/// Compares bytes, which `==` does not at compile time.
pub(super) const fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// The route whose name or function is nearest to `name`, when one is near.
pub(super) const fn nearest(routes: &'static [Declaration], name: &str) -> Option<&'static str> {
    let mut nearest = None;
    // A third of the name may differ.
    let mut distance = name.len() / 3 + 1;
    let mut at = 0;
    while at < routes.len() {
        let by_name = levenshtein(routes[at].name.as_bytes(), name.as_bytes());
        let by_function = levenshtein(routes[at].function.as_bytes(), name.as_bytes());
        let new = if by_name < by_function {
            by_name
        } else {
            by_function
        };
        if new < distance || (new == distance && nearest.is_none()) {
            nearest = Some(routes[at].name);
            distance = new;
        }
        at += 1;
    }
    nearest
}

/// How many bytes have to be added, left out or changed to make `a` of `b`; what is longer than a row counts as far.
const fn levenshtein(a: &[u8], b: &[u8]) -> usize {
    const ROW: usize = 64;
    if b.len() >= ROW {
        return usize::MAX;
    }
    let mut row = [0; ROW];
    let mut column = 0;
    while column <= b.len() {
        row[column] = column;
        column += 1;
    }
    let mut line = 0;
    while line < a.len() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        let mut column = 0;
        while column < b.len() {
            let change = diagonal + (a[line] != b[column]) as usize;
            let add = row[column] + 1;
            diagonal = row[column + 1];
            let leave_out = diagonal + 1;
            let mut best = change;
            if add < best {
                best = add;
            }
            if leave_out < best {
                best = leave_out;
            }
            row[column + 1] = best;
            column += 1;
        }
        line += 1;
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_distance(a: &str, b: &str, expected: usize) {
        assert_eq!(levenshtein(a.as_bytes(), b.as_bytes()), expected, "{a} {b}");
        assert_eq!(levenshtein(b.as_bytes(), a.as_bytes()), expected, "{b} {a}");
    }

    #[test]
    fn distance_counts_additions_and_changes() {
        check_distance("", "", 0);
        check_distance("", "join", 4);
        check_distance("join", "join", 0);
        check_distance("jion", "join", 2);
        check_distance("kitten", "sitting", 3);
    }

    const ROUTES: &[Declaration] = &[
        declaration("change-name", "change_name"),
        declaration("say", "say"),
    ];

    const fn declaration(name: &'static str, function: &'static str) -> Declaration {
        Declaration {
            name,
            function,
            data: "()",
            reply: "()",
            docs: "",
            parameters: &[],
            file: "",
            line: 0,
        }
    }

    #[track_caller]
    fn check_nearest(name: &str, expected: Option<&str>) {
        assert_eq!(nearest(ROUTES, name), expected, "{name}");
    }

    #[test]
    fn nearest_route_is_found_by_name_and_by_function() {
        check_nearest("chnage-name", Some("change-name"));
        check_nearest("change_name", Some("change-name"));
        check_nearest("sya", Some("say"));
        check_nearest("whisper", None);
    }
}

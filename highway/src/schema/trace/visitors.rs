//! What the names of types tell of the code that reads them, as serde has no word for it.
//!
//! A name that is not of the form known here is taken for that of code of the user's.

use std::any::type_name;

use crate::schema::definition::Unknown;

/// The visitors that return what they were given, and nothing else: serde's own, highway's, and those of the types that it is
/// given bytes as.
const OWN: [&str; 5] = [
    "serde::",
    "serde_core::",
    "serde_bytes::",
    "bytes::",
    "highway::value::",
];

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// A visitor of serde's, of highway's, or a derived one, whose value is the type that is read.
    Own,
    /// One of these whose value goes to code of the user's: a type that is read by way of another.
    Lent,
    /// Any other.
    Foreign,
}

/// Who reads a type of this name with a visitor `V` whose value is a `T`.
pub(super) fn reader<V, T>(ty: &str) -> Reader {
    let visitor = type_name::<V>();
    let derived = is_derived(visitor);
    let known = derived.is_some() || OWN.iter().any(|start| visitor.starts_with(start));
    if !known {
        Reader::Foreign
    } else if derived != Some(false) && is_same(ty, type_name::<T>()) {
        Reader::Own
    } else {
        Reader::Lent
    }
}

/// Why a visitor asks for anything, which it then looks at itself: it is one of those that derived code has from serde. `ty` is the type
/// that is read.
pub(super) fn asks_for_anything<V>(ty: &str) -> Option<Unknown> {
    let visitor = type_name::<V>();
    let visitor = visitor.split('<').next().unwrap_or_default();
    if !visitor.starts_with("serde") {
        return None;
    }
    match visitor.rsplit("::").next() {
        Some("TaggedContentVisitor") => Some(Unknown::InternallyTagged),
        // What stands beside an enum's tag is kept as it is, and of an untagged enum everything.
        Some("ContentVisitor") if ty.starts_with("serde") => Some(Unknown::AdjacentlyTagged),
        Some("ContentVisitor") => Some(Unknown::Untagged),
        _ => None,
    }
}

/// Whether a visitor is derived, and for the type's own `Deserialize`; not so for a function that `#[serde(remote)]` derives.
fn is_derived(visitor: &str) -> Option<bool> {
    let (_, implementation) = visitor.split_once("::_::<impl ")?;
    let (of, _) = implementation.split_once(">::deserialize::__Visitor")?;
    Some(of.starts_with("serde") && of.contains("::Deserialize") && of.contains(" for "))
}

/// Whether a visitor is derived.
pub(super) fn is_derived_visitor<V>() -> bool {
    is_derived(type_name::<V>()).is_some()
}

/// Whether what is read is given to a function of the user's: by `deserialize_with` or `with`.
pub(super) fn is_given_away(ty: &str) -> bool {
    ty.contains("__DeserializeWith")
}

/// Whether a type is just its visitor's value, perhaps in a box of the standard library's.
fn is_same(ty: &str, value: &str) -> bool {
    let ty = unboxed(ty);
    match ty {
        "str" => value == "alloc::string::String",
        _ if ty.starts_with('[') && value.starts_with("alloc::vec::Vec<") => {
            let item = ty.strip_prefix('[').and_then(|ty| ty.strip_suffix(']'));
            item == inner(value, "alloc::vec::Vec<")
        }
        _ => ty == value,
    }
}

/// What is read in place of a box, a cell or their like of the standard library's.
fn unboxed(mut ty: &str) -> &str {
    const BOXES: [&str; 11] = [
        "alloc::boxed::Box<",
        "alloc::rc::Rc<",
        "alloc::sync::Arc<",
        "alloc::borrow::Cow<'_, ",
        "core::cell::Cell<",
        "core::cell::RefCell<",
        "core::cmp::Reverse<",
        "core::num::saturating::Saturating<",
        "core::num::wrapping::Wrapping<",
        "std::sync::poison::mutex::Mutex<",
        "std::sync::poison::rwlock::RwLock<",
    ];
    while let Some(content) = BOXES.iter().find_map(|start| inner(ty, start)) {
        ty = content;
    }
    ty
}

/// The name of what an option is one of; nothing for what is none.
pub(super) fn optional(ty: &'static str) -> &'static str {
    let ty = unboxed(ty);
    inner(ty, "core::option::Option<").unwrap_or_default()
}

fn inner<'a>(ty: &'a str, start: &str) -> Option<&'a str> {
    ty.strip_prefix(start)?.strip_suffix('>')
}

/// A text that a type of the standard library's reads.
pub(super) fn text_for(ty: &str) -> &'static str {
    match unboxed(ty) {
        "core::net::ip_addr::IpAddr" | "core::net::ip_addr::Ipv6Addr" => "::1",
        "core::net::ip_addr::Ipv4Addr" => "127.0.0.1",
        "core::net::socket_addr::SocketAddr" | "core::net::socket_addr::SocketAddrV4" => {
            "127.0.0.1:1"
        }
        "core::net::socket_addr::SocketAddrV6" => "[::1]:1",
        "char" => "a",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_in_boxes_are_those_of_their_visitors() {
        for (ty, value) in [
            ("u8", "u8"),
            (
                "alloc::boxed::Box<alloc::sync::Arc<app::Line>>",
                "app::Line",
            ),
            ("alloc::borrow::Cow<'_, str>", "alloc::string::String"),
            (
                "alloc::boxed::Box<[app::Line]>",
                "alloc::vec::Vec<app::Line>",
            ),
        ] {
            assert!(is_same(ty, value), "{ty}");
        }
        for (ty, value) in [
            ("app::Percent", "u8"),
            ("core::num::wrapping::Wrapping<app::Percent>", "u8"),
            (
                "alloc::boxed::Box<[app::Line]>",
                "alloc::vec::Vec<app::Text>",
            ),
            ("", "u8"),
        ] {
            assert!(!is_same(ty, value), "{ty}");
        }
    }

    #[test]
    fn derived_visitors_are_known_in_the_names_of_several_compilers() {
        let derived = "app::_::<impl serde_core::de::Deserialize<'_> for app::Line>::deserialize::__Visitor<'_>";
        assert_eq!(is_derived(derived), Some(true));
        let older = "app::_::<impl serde::de::Deserialize for app::Line>::deserialize::__Visitor";
        assert_eq!(is_derived(older), Some(true));
        let remote = "app::_::<impl app::Line>::deserialize::__Visitor<'_>";
        assert_eq!(is_derived(remote), Some(false));
        let by_hand = "<app::Line as serde_core::de::Deserialize<'_>>::deserialize::__Visitor";
        assert_eq!(is_derived(by_hand), None);
    }
}

//! CBOR (RFC 8949) as peers with the extension have it for collections.
//!
//! Dicts have keys of one kind, text or ints; tuples are lists with a tag of their own, but for a whole payload, of which the
//! header tells it. What highway has no type for is refused: other tags, and simple values but `undefined`, which is none.

mod bignum;
pub(super) mod read;
pub(super) mod write;

use minicbor::data::Tag;

/// What stands before the array of a tuple. A number from the range that is first come, first served.
const TUPLE: Tag = Tag::new(61_556);
/// What stands before the bytes of an int beyond 64 bits, from the highest on.
const POSITIVE: Tag = Tag::new(2);
/// The same for `-1 - n`.
const NEGATIVE: Tag = Tag::new(3);

//! Writes lists, dicts and tuples through serde, in whichever form a dialect has for them: JSON or CBOR. What a form has to
//! do for it is the trait [`Form`](write::Form).

pub(super) mod write;

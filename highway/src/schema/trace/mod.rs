//! What a type's `Deserialize` asks for, found without a value that its code could look at.
//!
//! A type tells a deserializer what it wants, and is then given an error: code of the user's that would go on with a value does not
//! run. What one pass finds is remembered, and the next one goes another way: to another field, item or variant. Fields are reached one
//! by one in any order; where a value has to be given to get to what is behind it, as the items of a tuple are, it is given only if
//! no code of the user's gets to see it. That is so for types of the standard library, and for derived ones that nothing is done for when
//! they are dropped. Whose code reads is known by the names of visitors; see [`visitors`].
//!
//! What is behind something else, or can't be found out, counts as any; a field of which it is not known counts as one that may be
//! missing. A type in itself is not followed.

mod look;
mod tree;
mod visitors;

use std::{any::type_name, mem};

use serde::de::DeserializeOwned;

use self::{
    look::At,
    tree::{Node, ROOT, Tracer},
};
use super::definition::Schema;

/// The most times that the whole type is read.
const MAX_PASSES: usize = 10_000;

/// What a type is read as, and what it is taken to be sent as.
pub(crate) fn trace<T: DeserializeOwned>() -> (Schema, Schema) {
    let mut tracer = Tracer::default();
    tracer.nodes.push(Node::default());
    for _ in 0..MAX_PASSES {
        let before = tracer.progress;
        // What there is of a value is made by the type's own code, and is nothing to run more of it for.
        mem::forget(T::deserialize(At::root(&mut tracer, type_name::<T>())));
        tracer.stack.clear();
        if tracer.progress == before || tracer.nodes[ROOT].done || tracer.is_exhausted() {
            break;
        }
    }
    (tracer.read(ROOT), tracer.sent(ROOT))
}

//! What stands for the types of declared routes: found out from serde, told to peers and compared.

mod definition;
mod trace;
mod types;

pub(crate) use definition::shown;
pub use definition::{Enum, Field, IntWidth, Schema, Struct, Unknown, Variant};
pub(crate) use trace::trace;
pub use types::{ReplyTypes, RouteTypes, Types};

//! Route-based, data-type-preserving messages over WebSockets, checked by the compiler.

pub mod wire;

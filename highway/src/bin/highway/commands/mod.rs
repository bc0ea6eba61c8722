//! The commands.

pub(crate) mod bench;
pub(crate) mod call;
pub(crate) mod describe;
pub(crate) mod generate;
pub(crate) mod listen;
pub(crate) mod pipe;
pub(crate) mod record;
pub(crate) mod routes;
pub(crate) mod send;
pub(crate) mod stream;

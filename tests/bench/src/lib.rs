//! What the programs of the benchmark share.

pub mod frame;
pub mod process;

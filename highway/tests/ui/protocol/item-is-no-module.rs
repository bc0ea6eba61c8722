//! A protocol is a module.

#[highway::protocol]
trait Server {}

fn main() {}

//! Clients that are generated from a description: checked by the compilers of their languages, and run against the server that was
//! described.

mod any;
mod asyncapi;
mod chat;
mod python;
mod typescript;

use highway_tests::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = typescript::trials();
    trials.extend(python::trials());
    trials.extend(asyncapi::trials());
    trials.extend(any::trials());
    trials
}

//! Our server and our client, written with the macros, talk to the published highway.py in all pairings, and to a
//! JavaScript client of the wire; our server passes on what clients of highway.py send each other.

mod behind;
mod board;
mod busy;
mod cbor;
mod check;
mod clients;
mod closing;
mod command;
mod conformance;
mod dialogues;
mod faults;
mod forwarding;
mod generated;
mod inspector;
mod javascript;
mod lives;
mod mounted;
mod ours;
mod program;
mod prometheus;
mod proxied;
mod proxy;
mod python;
mod random;
mod readme;
mod types;
mod typescript;
mod values;
mod vectors;

use std::process::ExitCode;

use highway_tests::run;

fn main() -> ExitCode {
    let mut all = Vec::new();
    all.extend(values::trials());
    all.extend(clients::trials());
    all.extend(closing::trials());
    all.extend(command::trials());
    all.extend(busy::trials());
    all.extend(cbor::trials());
    all.extend(check::trials());
    all.extend(conformance::trials());
    all.extend(dialogues::trials());
    all.extend(inspector::trials());
    all.extend(faults::trials());
    all.extend(forwarding::trials());
    all.extend(generated::trials());
    all.extend(javascript::trials());
    all.extend(lives::trials());
    all.extend(mounted::trials());
    all.extend(prometheus::trials());
    all.extend(proxied::trials());
    all.extend(behind::trials());
    all.extend(board::trials());
    all.extend(types::trials());
    all.extend(typescript::trials());
    all.extend(python::trials());
    all.extend(readme::trials());
    run(all)
}

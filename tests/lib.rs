//! What the tests share: trials that can be skipped, and the published highways as peers.

mod highway_py;
mod installed;
mod javascript;
mod peer;
mod trial;

pub use highway_py::HighwayPy;
pub use javascript::{Browser, Node};
pub use peer::{Echoed, Event, Exchange, Peer};
pub use trial::{Outcome, Trial, Unavailable, paused, run, trial, within_deadline};

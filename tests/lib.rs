//! What the tests share: trials that can be skipped, the published highways as peers, WebSocket's frames, and a protocol.

mod asyncapi;
mod command_line;
mod highway_py;
mod installed;
mod javascript;
pub mod mounting;
mod peer;
pub mod protocol;
mod python_client;
mod trial;
pub mod websocket;

pub use asyncapi::{AsyncApiTools, Checked, Operation};
pub use command_line::highway_command;
pub use highway_py::{HighwayPy, python};
pub use javascript::{Browser, CompileError, Node, OpenPage, ScriptRunner, Typescript};
pub use peer::{Echoed, Event, Exchange, Peer};
pub use python_client::PythonClient;
pub use trial::{Outcome, Trial, Unavailable, paused, run, trial, within_deadline};

//! The library without sockets: values, payloads, sessions, and the chapter on the wire. One binary, as each costs a link.

mod data_types;
mod extension_values;
mod foreign_values;
mod nesting;
mod programs;
mod properties;
mod sessions;
mod values;
mod vectors;
mod visitors;
mod wire_document;

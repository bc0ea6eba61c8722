//! The library without sockets: values, payloads, sessions, the chapter on the wire, and the layers of the source. One binary, as each costs a link.

mod data_types;
mod description;
mod extension_values;
mod foreign_values;
mod generate;
mod hex;
mod layers;
mod nesting;
mod programs;
mod properties;
mod sessions;
mod values;
mod vectors;
mod visitors;
mod wire_document;

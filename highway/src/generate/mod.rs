//! Clients in other languages and documents for other tools, generated from a [description](crate::description).
//!
//! [The chapter](crate#clients-in-other-languages) says how to get them from a program and what they look like. The same description always
//! gives the same text.
//!
//! ```
//! # #[cfg(feature = "net")] {
//! use highway::generate::TypeScript;
//!
//! #[highway::protocol]
//! mod server {
//!     /// Adds.
//!     pub async fn add(numbers: (i32, f64)) -> f64;
//! }
//!
//! #[highway::server(serves = server)]
//! struct Calculator;
//! # #[highway::route(server::add, on = Calculator)]
//! # async fn add((a, b): (i32, f64)) -> f64 { f64::from(a) + b }
//!
//! let file = TypeScript::new().generate(&Calculator::describe())?;
//! assert!(file.contains("add: Call<readonly [number, number], number>;"));
//! # }
//! # Ok::<(), highway::generate::GenerateError>(())
//! ```

mod asyncapi;
mod error;
mod names;
mod python;
mod schema;
mod text;
mod typescript;
mod view;

pub use asyncapi::AsyncApi;
pub use error::GenerateError;
pub use python::Python;
pub use typescript::{Int64, TypeScript};

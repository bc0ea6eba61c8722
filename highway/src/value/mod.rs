//! Values.

/// Stub.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Value;

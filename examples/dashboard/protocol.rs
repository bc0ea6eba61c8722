//! What the server and the client of the dashboard share.

use serde::{Deserialize, Serialize};

/// How the server is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// How long it has run, in seconds.
    pub uptime: f64,
    /// How many connections it has.
    pub connections: usize,
    /// How many processes of its machine ran or waited on average in the last minute, where the system tells.
    pub load: Option<f64>,
}

/// What the server answers.
#[highway::protocol]
pub mod server {
    use super::Measurement;

    /// Measures at once and after each interval, in milliseconds, from 10 to an hour.
    pub async fn measure(interval: u64) -> impl Stream<Item = Measurement>;
}

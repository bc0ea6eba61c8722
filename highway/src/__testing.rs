//! Doors for this project's own tests.

/// Reads WebSocket frames as highway does and as tungstenite does. The first byte selects how; the others are the frames.
///
/// # Panics
/// When the two differ.
pub fn compare_frames(data: &[u8]) {
    crate::transport::websocket::compare(data);
}

//! WebSocket frames, read by highway and by tungstenite. The first byte selects who sends them, the limit and the pieces.

/// Feeds both, which have to agree.
pub fn run(data: &[u8]) {
    highway::__testing::compare_frames(data);
}

//! What the tests share: peers, deadlines, temporary folders.

//! The procedural macros of `highway`.

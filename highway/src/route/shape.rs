//! Whether values or items come and go.

/// Whether what a route takes and gives is one value, or items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// It takes [`Incoming`](super::Incoming) items.
    pub takes_items: bool,
    /// It gives a stream.
    pub gives_items: bool,
}

impl Shape {
    /// One value each.
    pub const VALUES: Self = Self {
        takes_items: false,
        gives_items: false,
    };
}

//! What is left out of a recording.

/// The routes whose data, replies, items and failures are left out of a recording.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Masks(Vec<String>);

impl Masks {
    /// Masks these routes. A `*` at the end of a name stands for any end: `admin-*`, and `*` for all routes.
    pub fn new(routes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(routes.into_iter().map(Into::into).collect())
    }

    /// Masks these routes too.
    pub fn extend(&mut self, routes: impl IntoIterator<Item = impl Into<String>>) {
        self.0.extend(routes.into_iter().map(Into::into));
    }

    /// Whether a route is masked.
    #[must_use]
    pub fn has(&self, route: &str) -> bool {
        self.0.iter().any(|mask| match mask.strip_suffix('*') {
            Some(start) => route.starts_with(start),
            None => mask == route,
        })
    }
}

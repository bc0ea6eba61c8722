//! Whether a builder was given its state.

/// Marker: the builder still needs its state.
#[derive(Debug)]
pub struct NoState;

/// Says what a builder without its state lacks: nothing implements it.
#[diagnostic::on_unimplemented(
    message = "the state of `{Self}` is missing",
    label = "give the state first: `.state(…)`",
    note = "`{Self}` has `state = …`, which all its connections share"
)]
pub trait StateGiven {
    /// Never runs.
    fn never<T>() -> T;
}

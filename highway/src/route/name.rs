//! Names of routes as types, so that the compiler can tell them apart.

/// A route's name, character by character: names of up to 32 characters, and `Rest` for what is longer.
///
/// The characters are parameters of one type rather than a list of types, because that is how a name can be read in the
/// compiler's errors: parameters with their default value are not printed.
#[derive(Debug)]
pub struct Name<
    const C0: char = '\0',
    const C1: char = '\0',
    const C2: char = '\0',
    const C3: char = '\0',
    const C4: char = '\0',
    const C5: char = '\0',
    const C6: char = '\0',
    const C7: char = '\0',
    const C8: char = '\0',
    const C9: char = '\0',
    const C10: char = '\0',
    const C11: char = '\0',
    const C12: char = '\0',
    const C13: char = '\0',
    const C14: char = '\0',
    const C15: char = '\0',
    const C16: char = '\0',
    const C17: char = '\0',
    const C18: char = '\0',
    const C19: char = '\0',
    const C20: char = '\0',
    const C21: char = '\0',
    const C22: char = '\0',
    const C23: char = '\0',
    const C24: char = '\0',
    const C25: char = '\0',
    const C26: char = '\0',
    const C27: char = '\0',
    const C28: char = '\0',
    const C29: char = '\0',
    const C30: char = '\0',
    const C31: char = '\0',
    Rest = (),
>(std::marker::PhantomData<Rest>);

/// Implemented once for each route that a handler serves, so that a second function for the same route is a conflict
/// that the compiler reports at both.
pub trait OneFunctionPerRoute<Name> {}

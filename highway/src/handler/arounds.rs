//! Functions around routes as they are declared, and which routes each is around.

use std::{fmt, panic::Location};

use crate::{
    around::{AroundConcurrent, AroundIn, AroundInOrder, RunAround},
    connection::Connection,
    route::Endpoint,
};

/// The routes that a function is around.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// The route of this name.
    Route(&'static str),
    /// The routes whose names begin so.
    Prefix(&'static str),
    /// The `on(pipe)` hook.
    Pipe,
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route(name) => f.write_str(name),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
            Self::Pipe => f.write_str("on(pipe)"),
        }
    }
}

/// A function or static with `#[highway::around]`.
pub struct AroundItem<H: Endpoint + Send> {
    /// Its name.
    pub name: &'static str,
    /// Where it stands.
    pub location: &'static Location<'static>,
    /// What it is around; everything where there is none.
    pub patterns: &'static [Pattern],
    /// What is lower runs further outside.
    pub order: i32,
    /// How it runs.
    pub run: FoundAround<H>,
}

/// How something around routes runs, or what says so.
pub enum FoundAround<H: Endpoint + Send> {
    /// A function that takes the handler.
    InOrder(AroundInOrder<H>),
    /// A function that takes the connection.
    Concurrent(AroundConcurrent<H>),
    /// A static: its type decides, which no constant can be asked.
    Static(fn() -> RunAround<H>),
}

impl<H: Endpoint + Send> AroundItem<H> {
    fn run(&self) -> RunAround<H> {
        match self.run {
            FoundAround::InOrder(run) => RunAround::InOrder(AroundIn::Function(run)),
            FoundAround::Concurrent(run) => RunAround::Concurrent(AroundIn::Function(run)),
            FoundAround::Static(find) => find(),
        }
    }
}

/// Something around a route that runs concurrently.
pub(crate) type ConcurrentAround<H> = AroundIn<AroundConcurrent<H>, Connection<H>>;

/// Something that functions can be around.
#[derive(Clone, Copy)]
pub(super) enum Inside<'a> {
    Route(&'a str),
    Pipe,
}

impl fmt::Display for Inside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route(name) => write!(f, "route `{name}`"),
            Self::Pipe => f.write_str("the `on(pipe)` hook"),
        }
    }
}

impl Inside<'_> {
    fn is_meant(self, pattern: Pattern) -> bool {
        match (self, pattern) {
            (Self::Route(route), Pattern::Route(name)) => route == name,
            (Self::Route(route), Pattern::Prefix(prefix)) => route.starts_with(prefix),
            (Self::Pipe, Pattern::Pipe) => true,
            _ => false,
        }
    }
}

/// All that is around a handler's routes, in the order in which it runs.
pub(super) struct Arounds<H: Endpoint + Send>(Vec<&'static AroundItem<H>>);

impl<H: Endpoint + Send> Arounds<H> {
    /// Of items in the order of the source.
    pub(super) fn new(mut items: Vec<&'static AroundItem<H>>) -> Self {
        items.sort_by_key(|item| item.order);
        Self(items)
    }

    /// Refuses patterns that no route fits.
    ///
    /// # Panics
    /// When there is one.
    pub(super) fn check(&self, routes: &[&str], has_pipe: bool) {
        let is_met = |pattern| {
            has_pipe && Inside::Pipe.is_meant(pattern)
                || routes
                    .iter()
                    .any(|&route| Inside::Route(route).is_meant(pattern))
        };
        for AroundItem {
            name,
            location,
            patterns,
            ..
        } in &self.0
        {
            for pattern in *patterns {
                assert!(
                    is_met(*pattern),
                    "`{name}` at {location} is around `{pattern}`, and `{}` has no such route; its routes are: {}",
                    H::NAME,
                    routes.join(", ")
                );
            }
        }
    }

    fn of(&self, inside: Inside<'_>) -> impl Iterator<Item = &'static AroundItem<H>> {
        self.0.iter().copied().filter(move |item| {
            item.patterns.is_empty()
                || item
                    .patterns
                    .iter()
                    .any(|pattern| inside.is_meant(*pattern))
        })
    }

    /// The names of what is around something, the outermost first.
    pub(super) fn names(&self, inside: Inside<'_>) -> Box<[&'static str]> {
        self.of(inside).map(|item| item.name).collect()
    }

    /// What is around something that runs in order.
    pub(super) fn in_order(&self, inside: Inside<'_>) -> Box<[RunAround<H>]> {
        self.of(inside).map(AroundItem::run).collect()
    }

    /// What is around something that runs concurrently.
    ///
    /// # Panics
    /// When it takes the handler, which is not free then.
    pub(super) fn concurrent(
        &self,
        inside: Inside<'_>,
        location: &Location<'_>,
    ) -> Box<[ConcurrentAround<H>]> {
        let handler = H::NAME;
        let run = |item: &AroundItem<H>| match item.run() {
            RunAround::Concurrent(run) => run,
            RunAround::InOrder(_) => panic!(
                "`{}` at {} takes `&mut {handler}` and is around {inside} at {location}, which runs concurrently and takes \
                 `Connection<{handler}>`: take `Connection<{handler}>` in `{}` too, or name the routes that it is around",
                item.name, item.location, item.name
            ),
        };
        self.of(inside).map(run).collect()
    }
}

//! Both sides have to know the types; `impl Stream<Item = …>` is the one exception, and its items are no exception.

#[highway::protocol]
mod server {
    pub async fn say(text: impl std::fmt::Display);
    pub async fn last() -> impl std::fmt::Display;
    pub async fn lines() -> impl Stream<Item = impl std::fmt::Display>;
}

fn main() {}

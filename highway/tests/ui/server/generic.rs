//! Routes are collected for one type.

#[highway::server]
struct Chat<T> {
    data: T,
}

fn main() {}

//! Handlers and routes that a `macro_rules!` writes.

use highway::Handler as _;

macro_rules! handler {
    ($handler:ident, $state:ty, $($name:literal => $function:ident($data:ty) -> $reply:ty),*) => {
        #[highway::server(state = $state)]
        struct $handler;

        $(
            #[highway::route($name)]
            async fn $function(data: $data, _: &mut $handler) -> $reply {
                data.into()
            }
        )*

        #[highway::on(ready, on = $handler)]
        async fn ready() {}

        #[highway::around($($name),*, "s*")]
        async fn around(
            message: &mut highway::Message,
            handler: &mut $handler,
            next: highway::Next<'_, $handler>,
        ) -> highway::Outcome {
            next.run(message, handler).await
        }

        #[highway::around(on = $handler)]
        static IN_TIME: highway::guard::TimeLimit =
            highway::guard::TimeLimit::new(std::time::Duration::MAX);
    };
}

handler!(Chat, String, "say" => say(String) -> String, "count" => count(u8) -> u64);

macro_rules! with_types {
    ($handler:ty, $route:path) => {
        #[highway::route($route)]
        async fn declared(_: (u8, u8), _: &mut $handler) {}

        #[highway::around($route)]
        async fn around_declared(
            message: &mut highway::Message,
            handler: highway::Connection<$handler>,
            next: highway::Next<'_, highway::Connection<$handler>>,
        ) -> highway::Outcome {
            drop(handler);
            next.run(message).await
        }
    };
}

#[highway::protocol]
mod server {
    pub async fn pair(data: (u8, u8));
}

#[highway::server(serves = server)]
struct Pairs;

with_types!(Pairs, server::pair);

fn main() {
    assert_eq!(Chat::registry().routes().len(), 2);
    assert_eq!(Pairs::registry().routes().len(), 1);
}

//! The description of the routes, as a running server tells it.

use highway::description::Description;

use crate::{
    served::Tested,
    support::{exchange, get, start, tested},
};

const PATH: &str = "/highway.json";

mod documented {
    #[highway::protocol]
    mod server {
        /// Says something.
        pub async fn say(text: String);
    }

    #[highway::server(serves = server)]
    pub(super) struct Documented;

    /// What users should not have to read.
    #[highway::route("say", on = Documented)]
    async fn say(text: String) {
        drop(text);
    }
}

mod undeclared {
    #[highway::server]
    pub(super) struct Undeclared;

    /// Adds.
    ///
    ///     a + b
    #[highway::route("add", on = Undeclared)]
    async fn add((a, b): (i32, i32)) -> i32 {
        a + b
    }

    /** Waits,
     * concurrently. */
    #[highway::route("wait")]
    async fn wait(undeclared: highway::Connection<Undeclared>) {
        drop(undeclared);
    }

    #[highway::route("secret", on = Undeclared)]
    async fn secret() {}
}

#[test]
fn routes_are_documented_by_their_protocol_and_others_by_their_function() {
    let docs = |description: &Description| -> Vec<_> {
        let routes = description.serves.iter();
        routes
            .map(|of| (of.name.clone(), of.docs.clone().unwrap_or_default()))
            .collect()
    };
    let pair = |name: &str, docs: &str| (name.to_owned(), docs.to_owned());
    assert_eq!(
        docs(&documented::Documented::describe()),
        [pair("say", "Says something.")]
    );
    assert_eq!(
        docs(&undeclared::Undeclared::describe()),
        [
            pair("add", "Adds.\n\n    a + b"),
            pair("secret", ""),
            pair("wait", "Waits,\nconcurrently.")
        ]
    );
}

#[tokio::test]
async fn description_is_served_where_the_server_is_told_to() {
    let server = tested().0.limits(|limits| limits.connection.nesting = 7);
    let server = start(server.describe(true)).await;
    let answer = get(server.address, PATH).await;
    assert_eq!(answer.status(), "200");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let told = Description::from_json(&answer.body).expect("it is a description");
    assert_eq!(told.limits.nesting, 7);
    let own = Tested::describe();
    assert_eq!((told.name, told.serves), (own.name, own.serves));

    let head = format!("HEAD {PATH} HTTP/1.1\r\nHost: x\r\n\r\n");
    let head = exchange(server.address, head).await;
    assert_eq!((head.status(), &*head.body), ("200", ""));
    server.stop().await;
}

#[tokio::test]
async fn description_is_served_to_nobody_else() {
    let server = start(tested().0.describe(false)).await;
    let (refused, other) = (
        get(server.address, PATH).await,
        get(server.address, "/other").await,
    );
    assert_eq!(refused.status(), other.status());
    assert_eq!(refused.body, other.body);
    server.stop().await;
}

/// Tests are a debug build, and come from the same machine.
#[tokio::test]
async fn description_is_served_to_the_machine_itself_while_a_program_is_developed() {
    let server = start(tested().0).await;
    assert_eq!(get(server.address, PATH).await.status(), "200");
    for header in ["X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.1"] {
        let request = format!("GET {PATH} HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n");
        let answer = exchange(server.address, request).await;
        assert_ne!(answer.status(), "200", "{header}");
    }
    server.stop().await;
}

//! As many routes on one handler as there are ids: 65,535.
//!
//! The handler is what `#[highway::server]` makes of a struct, but for its registry, which is filled when the program
//! runs: for as many functions with `#[route]` the compiler takes many minutes and gigabytes.

use std::{
    ops::{Deref, DerefMut},
    sync::LazyLock,
};

use highway::{
    __private::{
        Endpoint, Entries, Item, Registry, RouteError, RouteFuture, ServerSide, Shape, Undeclared,
        contract, inventory,
    },
    Connection, Handler, Server,
    contract::Contract,
    route,
    route::Answer,
};
use highway_tests::within_deadline;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

struct Many(Connection<Many>);

struct Entry(Item<Many>);

inventory::collect!(Entry);

impl highway::__private::Entry<Many> for Entry {
    fn item(&self) -> &Item<Many> {
        &self.0
    }
}

impl Deref for Many {
    type Target = Connection<Self>;

    fn deref(&self) -> &Connection<Self> {
        &self.0
    }
}

impl DerefMut for Many {
    fn deref_mut(&mut self) -> &mut Connection<Self> {
        &mut self.0
    }
}

impl Endpoint for Many {
    type Side = ServerSide;
    type State = ();
    type Serves = Undeclared;
    type Peer = Undeclared;
    const NAME: &'static str = "Many";
}

impl Handler for Many {
    type Entry = Entry;
    type Register = ();
    const REGISTER: () = ();

    fn new(connection: Connection<Self>) -> Self {
        Self(connection)
    }

    fn registry() -> &'static Registry<Self> {
        static REGISTRY: LazyLock<Registry<Many>> =
            LazyLock::new(|| Registry::new((1..=u16::MAX).map(item)));
        &REGISTRY
    }

    fn contract() -> &'static Contract {
        static CONTRACT: LazyLock<Contract> = LazyLock::new(contract::<Many>);
        &CONTRACT
    }
}

/// The route with an id; names are sorted like ids.
fn item(id: u16) -> &'static Item<Many> {
    let name = format!("{id:04x}").leak();
    let items = Entries::<Many>::ITEMS;
    Box::leak(Box::new(match id {
        1 => items.route_in_order(name, Shape::VALUES, |many, _| answer(many, "the first")),
        0x8000 => items.route_in_order(name, Shape::VALUES, |many, _| answer(many, "the middle")),
        u16::MAX => items.route_in_order(name, Shape::VALUES, |many, _| answer(many, "the last")),
        _ => items.route_in_order(name, Shape::VALUES, |many, _| answer(many, "another")),
    }))
}

fn answer<'a>(many: &'a mut Many, by: &'static str) -> RouteFuture<'a> {
    Box::pin(async move {
        let sent = many.send("answered", by).await;
        sent.map_err(|error| RouteError::Failed(error.into()))?;
        Ok(Answer::NOTHING)
    })
}

#[highway::client(state = UnboundedSender<String>)]
struct Client;

#[route("answered")]
async fn answered(by: String, client: &mut Client) -> Result<(), highway::Failure> {
    Ok(client.state().send(by)?)
}

#[test]
fn handler_has_as_many_routes_as_there_are_ids() {
    within_deadline(async {
        let server = Server::<Many, _>::new()
            .state(())
            .bind("127.0.0.1:0")
            .await
            .unwrap();
        let url = server.url();
        tokio::spawn(server.into_future());
        let (answers, mut answered) = unbounded_channel();
        let client = Client::client()
            .state(answers)
            .limits(|limits| {
                limits.peer_routes = 65_535;
                limits.peer_routes_bytes = 2 * 1024 * 1024;
                limits.message_bytes = 2 * 1024 * 1024;
            })
            .connect(&url)
            .await
            .unwrap();
        assert_eq!(client.peer_routes().len(), 65_535);
        for (name, answer) in [
            ("0001", "the first"),
            ("0002", "another"),
            ("7fff", "another"),
            ("8000", "the middle"),
            ("8001", "another"),
            ("fffe", "another"),
            ("ffff", "the last"),
        ] {
            client.send(name, ()).await.unwrap();
            assert_eq!(answered.recv().await.unwrap(), answer, "{name}");
        }
    });
}

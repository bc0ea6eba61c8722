//! The handler of the command's connections: it serves the routes that the command line names.
//!
//! The attributes take names that the compiler knows, so this does by hand what `#[highway::client]` and `#[route]` generate.

use std::{
    collections::HashSet,
    ops::{Deref, DerefMut},
    sync::OnceLock,
};

use highway::{
    __private::{
        self as generated, ClientSide, Contract, Endpoint, Entries, Entry, Handler, Item, Name,
        Pipes, Registry, Shape, TakePipe, Undeclared, check, traits::*,
    },
    Connection, Message, Value,
    around::MessageKind,
};
use tokio::sync::mpsc;

/// What came to a route of this side.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) route: &'static str,
    pub(crate) is_call: bool,
    pub(crate) data: Result<Value, String>,
}

/// What the connections share.
#[derive(Debug, Clone)]
pub(crate) struct Listening {
    received: mpsc::Sender<Received>,
    reply: Value,
}

/// How much may wait to be printed, until the peer is made to wait.
const WAITING: usize = 256;

/// The state of a connection whose calls are answered with a value, and what comes to it.
pub(crate) fn state(reply: Value) -> (Listening, mpsc::Receiver<Received>) {
    let (sender, received) = mpsc::channel(WAITING);
    let state = Listening {
        received: sender,
        reply,
    };
    (state, received)
}

/// The most routes, with room for the entries that are none.
const MOST: usize = 60_000;

static REGISTRY: OnceLock<Registry<Listener>> = OnceLock::new();

/// Sets the names of the routes that every connection of the program serves from then on, once, before the first one. What comes to
/// those that are `listened` to is received; the others only are there, as the server expects.
pub(crate) fn serve(listened: Vec<String>, others: Vec<String>) {
    let mut items = vec![AROUND];
    let mut names: HashSet<&'static str> = HashSet::new();
    // As many as ids allow: a description may name any number.
    let listened: Vec<&'static str> = listened.into_iter().map(|name| &*name.leak()).collect();
    let others = others.into_iter().map(|name| &*name.leak());
    for name in listened.iter().copied().chain(others) {
        if names.len() < MOST && names.insert(name) {
            items.push(route(name));
        }
    }
    let items: &'static [Item<Listener>] = items.leak();
    // A second call would change nothing: the program makes one.
    let _ = LISTENED.set(listened);
    let _ = REGISTRY.set(Registry::new(items));
}

static LISTENED: OnceLock<Vec<&'static str>> = OnceLock::new();

const AROUND: Item<Listener> =
    Entries::<Listener>::ITEMS.around_in_order("listen", &[], 0, |message, listener, next| {
        Box::pin(async move {
            listener.receive(message).await;
            next.run(message, listener).await
        })
    });

fn route(name: &'static str) -> Item<Listener> {
    const SHAPE: Shape = Shape {
        takes_items: false,
        gives_items: false,
    };
    Entries::<Listener>::ITEMS.route_in_order(name, SHAPE, |listener, message| {
        Entries::<Listener>::RUN.in_order(
            move || message.decode_value(),
            move |_| async move { listener.state().reply.clone() },
            |reply| {
                #[allow(
                    unused_imports,
                    reason = "the number of references decides which is used"
                )]
                use generated::reply::ReplyRefused as _;
                #[expect(clippy::needless_borrow, reason = "as above")]
                (&mut &mut &mut &mut reply.of::<check::Named<Listener, Name<'x'>>>())
                    .__highway_finish(message)
            },
        )
    })
}

/// The handler of the program's connections, to servers and over pipes.
pub(crate) struct Listener {
    connection: Connection<Self>,
}

impl Listener {
    async fn receive(&self, message: &mut Message) {
        if !LISTENED
            .get()
            .is_some_and(|names| names.contains(&message.route()))
        {
            return;
        }
        let received = Received {
            route: message.route(),
            is_call: message.kind() != MessageKind::Message,
            data: message.decode().map_err(|error| error.to_string()),
        };
        // Once nobody prints any more, the program ends.
        let _ = self.state().received.send(received).await;
    }
}

impl Deref for Listener {
    type Target = Connection<Self>;

    fn deref(&self) -> &Connection<Self> {
        &self.connection
    }
}

impl DerefMut for Listener {
    fn deref_mut(&mut self) -> &mut Connection<Self> {
        &mut self.connection
    }
}

impl Endpoint for Listener {
    type Side = ClientSide;
    type State = Listening;
    type Serves = Undeclared;
    type Peer = Undeclared;

    const NAME: &'static str = "highway";
}

/// What `inventory` would collect: nothing.
pub(crate) struct NoEntry(Item<Listener>);

generated::inventory::collect!(NoEntry);

impl Entry<Listener> for NoEntry {
    fn item(&self) -> &Item<Listener> {
        &self.0
    }
}

impl Handler for Listener {
    type Entry = NoEntry;
    type Register = ();

    const REGISTER: Self::Register = ();
    const TAKE_PIPE: Option<TakePipe<Self>> = Some(generated::take_pipe::<Self>);

    fn new(connection: Connection<Self>) -> Self {
        Self { connection }
    }

    fn registry() -> &'static Registry<Self> {
        REGISTRY.get_or_init(|| Registry::new([]))
    }

    fn contract() -> &'static Contract {
        static CONTRACT: OnceLock<Contract> = OnceLock::new();
        CONTRACT.get_or_init(generated::contract::<Self>)
    }
}

impl Pipes for Listener {
    type Handler = Self;
}

//! What servers and clients tell `tracing`: spans of connections, calls and streams at both ends, and events of messages.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{Stream, StreamExt, stream};
use highway::{Connection, Failure, route, test};
use highway_tests::paused;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
};

#[highway::server]
struct Traced;

#[route("double", on = Traced)]
async fn double(number: i64) -> Result<i64, Failure> {
    tracing::info!("doubling");
    if number < 0 {
        return Err(Failure::new("too little"));
    }
    Ok(2 * number)
}

#[route("beside")]
async fn beside(number: i64, _: Connection<Traced>) -> i64 {
    tokio::task::yield_now().await;
    tracing::info!("beside");
    number
}

#[route("hang", on = Traced)]
async fn hang() -> i64 {
    std::future::pending().await
}

#[route("ticks", on = Traced)]
async fn ticks(count: u64) -> impl Stream<Item = u64> {
    stream::iter(0..count).map(|tick| {
        tracing::info!("ticking");
        tick
    })
}

#[route("say")]
async fn say(text: String, server: &mut Traced) -> highway::Result {
    server.set_name("ada")?;
    server.everyone().send("said", text).await
}

#[route("rare", on = Traced)]
async fn rare() {}

#[highway::around("rare", on = Traced)]
static RARE: highway::guard::Rate =
    highway::guard::Rate::per_connection(1, Duration::from_secs(60));

#[highway::client]
struct Me;

#[route("said", on = Me)]
async fn said(_: String) {
    tracing::info!("heard");
}

/// A span or an event.
#[derive(Debug, Clone, Default)]
struct Told {
    name: String,
    target: String,
    level: String,
    fields: BTreeMap<String, String>,
    /// The span within which it is.
    parent: Option<u64>,
}

impl Told {
    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields
            .insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields
            .insert(field.name().to_owned(), value.to_owned());
    }
}

#[derive(Debug, Default)]
struct Log {
    spans: BTreeMap<u64, Told>,
    closed: Vec<u64>,
    events: Vec<Told>,
}

/// Keeps what it is told.
#[derive(Clone, Default)]
struct Keep(Arc<Mutex<Log>>);

impl Keep {
    fn with<T>(&self, act: impl FnOnce(&mut Log) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The spans of a name and a target.
    fn spans(&self, name: &str, target: &str) -> Vec<(u64, Told)> {
        self.with(|log| {
            let all = log.spans.iter().map(|(id, told)| (*id, told.clone()));
            all.filter(|(_, told)| told.name == name && told.target == target)
                .collect()
        })
    }

    /// The spans of a call at one end.
    fn calls(&self, route: &str, kind: &str) -> Vec<(u64, Told)> {
        let mut calls = self.spans("call", "highway::call");
        calls.retain(|(_, of)| of.field("rpc.method") == route && of.field("otel.kind") == kind);
        calls
    }

    fn events(&self, message: &str) -> Vec<Told> {
        self.with(|log| {
            let events = log.events.iter();
            let events = events.filter(|of| of.field("message") == message);
            events.cloned().collect()
        })
    }

    fn is_closed(&self, span: u64) -> bool {
        self.with(|log| log.closed.contains(&span))
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Keep {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        let parent = context
            .span(id)
            .and_then(|span| span.parent().map(|of| of.id()));
        let mut told = Told {
            name: metadata.name().to_owned(),
            target: metadata.target().to_owned(),
            level: metadata.level().to_string(),
            parent: parent.map(|id| id.into_u64()),
            ..Told::default()
        };
        attributes.record(&mut told);
        self.with(|log| log.spans.insert(id.into_u64(), told));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        self.with(|log| {
            if let Some(told) = log.spans.get_mut(&id.into_u64()) {
                values.record(told);
            }
        });
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut told = Told {
            target: event.metadata().target().to_owned(),
            level: event.metadata().level().to_string(),
            parent: context.event_span(event).map(|span| span.id().into_u64()),
            ..Told::default()
        };
        event.record(&mut told);
        self.with(|log| log.events.push(told));
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        self.with(|log| log.closed.push(id.into_u64()));
    }
}

/// Runs a test whose server and client tell what they do, up to a level.
fn told_at(level: Level, test: impl AsyncFnOnce(&Keep)) {
    let keep = Keep::default();
    // Ids of spans are used again once nothing holds them, unless none ever is.
    let layer = keep.clone().with_filter(LevelFilter::from_level(level));
    let _told = tracing::subscriber::set_default(Registry::default().with(layer));
    paused(test(&keep));
}

async fn connect() -> (test::TestServer<Traced>, Connection<Me>) {
    let server = test::server(Traced::server());
    let me = server.connect(Me::client()).await.expect("it is let in");
    (server, me)
}

#[test]
fn call_has_a_span_at_both_ends_that_tells_what_it_came_to() {
    told_at(Level::DEBUG, async |keep| {
        let (server, me) = connect().await;
        let outer = tracing::info_span!("outer");
        let calling = {
            let _entered = outer.enter();
            me.call::<_, _, i64>("double", 7)
        };
        assert_eq!(calling.await.unwrap(), 14);
        me.call::<_, _, i64>("double", -7).await.unwrap_err();
        let [ours, failed] = &keep.calls("double", "client")[..] else {
            panic!("there are two");
        };
        let [theirs, refused] = &keep.calls("double", "server")[..] else {
            panic!("there are two");
        };
        for (_, call) in [ours, failed, theirs, refused] {
            assert_eq!(call.level, "DEBUG");
            assert_eq!(call.field("otel.name"), "double");
            assert_eq!(call.field("rpc.system.name"), "highway");
        }
        // They are joined by the id of the call, and each is within what it was made in.
        assert_eq!(ours.1.field("call"), theirs.1.field("call"));
        assert_ne!(ours.1.field("call"), failed.1.field("call"));
        assert_eq!(ours.1.field("connection"), me.id().to_string());
        assert_eq!(ours.1.parent, outer.id().map(|id| id.into_u64()));
        let (connection, _) = keep
            .spans("connection", "highway::connection")
            .into_iter()
            .find(|(_, of)| of.field("handler") == "Traced")
            .expect("the server's has one");
        assert_eq!(theirs.1.parent, Some(connection));
        let inside = &keep.events("doubling")[0];
        assert_eq!(inside.parent, Some(theirs.0));
        for (_, call) in [failed, refused] {
            assert_eq!(call.field("error.type"), "refused");
            assert_eq!(call.field("otel.status_code"), "ERROR");
        }
        for (id, _) in [ours, failed, theirs, refused] {
            assert!(keep.is_closed(*id));
        }
        assert_eq!(ours.1.field("error.type"), "");
        drop(server);
    });
}

#[test]
fn route_that_runs_concurrently_and_one_that_is_dropped_have_spans_too() {
    told_at(Level::DEBUG, async |keep| {
        let (_server, me) = connect().await;
        me.call::<_, _, i64>("beside", 7).await.unwrap();
        let (id, _) = keep.calls("beside", "server").remove(0);
        assert_eq!(keep.events("beside")[0].parent, Some(id));
        let calling = me.call::<_, _, i64>("hang", ());
        while keep.calls("hang", "server").is_empty() {
            tokio::task::yield_now().await;
        }
        drop(calling);
        me.close().await;
        // The route has the time that a close may take.
        let (theirs, _) = keep.calls("hang", "server").remove(0);
        while !keep.is_closed(theirs) {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        for kind in ["client", "server"] {
            let (id, call) = keep.calls("hang", kind).remove(0);
            assert_eq!(call.field("error.type"), "cancelled", "{kind}");
            assert!(keep.is_closed(id), "{kind}");
        }
    });
}

#[test]
fn span_of_a_stream_lasts_until_its_last_item() {
    told_at(Level::DEBUG, async |keep| {
        let (_server, me) = connect().await;
        let mut ticks = me.stream::<_, _, u64>("ticks", 3).await.unwrap();
        ticks.next().await.unwrap().unwrap();
        let (ours, _) = keep.calls("ticks", "client").remove(0);
        let (theirs, _) = keep.calls("ticks", "server").remove(0);
        assert!(!keep.is_closed(ours));
        while let Some(tick) = ticks.next().await {
            tick.unwrap();
        }
        drop(ticks);
        assert!(keep.is_closed(ours) && keep.is_closed(theirs));
        let items = keep.events("ticking");
        assert_eq!(items.len(), 3);
        assert!(items.iter().all(|of| of.parent == Some(theirs)));
        for kind in ["client", "server"] {
            let (_, call) = keep.calls("ticks", kind).remove(0);
            assert_eq!(call.field("error.type"), "", "{kind}");
        }
        // One that is given up.
        let mut ticks = me.stream::<_, _, u64>("ticks", 1_000_000).await.unwrap();
        ticks.next().await.unwrap().unwrap();
        drop(ticks);
        me.call::<_, _, i64>("double", 1).await.unwrap();
        for kind in ["client", "server"] {
            let (id, call) = keep.calls("ticks", kind).remove(1);
            assert_eq!(call.field("error.type"), "cancelled", "{kind}");
            assert!(keep.is_closed(id), "{kind}");
        }
    });
}

#[test]
fn connection_has_a_span_in_which_its_routes_run() {
    told_at(Level::DEBUG, async |keep| {
        let (server, me) = connect().await;
        me.send("say", "hi").await.unwrap();
        while keep.events("heard").is_empty() {
            tokio::task::yield_now().await;
        }
        me.close().await;
        while server.handle().connections() > 0 {
            tokio::task::yield_now().await;
        }
        let spans = keep.spans("connection", "highway::connection");
        let of = |handler: &str| {
            let mut found = spans
                .iter()
                .filter(|(_, of)| of.field("handler") == handler);
            found.next().expect("it has one")
        };
        let (here, client) = of("Me");
        let (_, there) = of("Traced");
        assert_eq!(client.field("connection"), me.id().to_string());
        assert_eq!(there.field("name"), "ada");
        for told in [client, there] {
            assert_eq!(told.field("close"), "1000", "{told:?}");
        }
        assert_eq!(keep.events("heard")[0].parent, Some(*here));
        // Messages are told at a level below.
        assert!(keep.events("received").is_empty() && keep.events("sending").is_empty());
    });
}

#[test]
fn messages_and_broadcasts_are_events_at_level_trace() {
    told_at(Level::TRACE, async |keep| {
        let (server, me) = connect().await;
        let _other = server.connect(Me::client()).await.unwrap();
        let _another = server.connect(Me::client()).await.unwrap();
        me.send("say", "hi").await.unwrap();
        while keep.events("heard").len() < 3 {
            tokio::task::yield_now().await;
        }
        me.call::<_, _, i64>("double", 1).await.unwrap();
        let [sending] = &keep.events("sending")[..] else {
            panic!("there is one");
        };
        assert_eq!(
            (
                &*sending.level,
                sending.field("route"),
                sending.field("bytes")
            ),
            ("TRACE", "say", "6")
        );
        assert_eq!(sending.field("connection"), me.id().to_string());
        let [broadcast] = &keep.events("broadcast")[..] else {
            panic!("there is one for all three");
        };
        assert_eq!(broadcast.level, "TRACE");
        assert_eq!(
            (broadcast.field("route"), broadcast.field("receivers")),
            ("said", "3")
        );
        assert_eq!(broadcast.field("bytes"), "18");
        let received = keep.events("received");
        let of = |route: &str| {
            received
                .iter()
                .filter(|of| of.field("route") == route)
                .count()
        };
        assert_eq!((of("say"), of("said")), (1, 3));
        assert!(
            received
                .iter()
                .all(|of| of.field("outcome") == "done" && of.level == "TRACE")
        );
    });
}

#[test]
fn nothing_of_calls_and_messages_is_told_at_level_info() {
    told_at(Level::INFO, async |keep| {
        let (_server, me) = connect().await;
        me.send("say", "hi").await.unwrap();
        me.call::<_, _, i64>("double", 1).await.unwrap();
        me.close().await;
        assert!(keep.spans("call", "highway::call").is_empty());
        assert!(keep.spans("connection", "highway::connection").is_empty());
        assert!(keep.events("received").is_empty());
        // It has its connection all the same where it stands alone.
        me.call::<_, _, i64>("double", 1).await.unwrap_err();
    });
}

#[test]
fn what_a_guard_refuses_does_not_fill_the_log() {
    told_at(Level::DEBUG, async |keep| {
        let (server, me) = connect().await;
        for _ in 0..3 {
            me.send("rare", ()).await.unwrap();
        }
        me.call::<_, _, ()>("rare", ()).await.unwrap_err();
        for (message, count) in [("received", 2), ("called", 1)] {
            let refused = keep.events(message);
            let refused = refused.iter().filter(|of| of.field("outcome") == "refused");
            let levels: Vec<_> = refused.map(|of| &of.level[..]).collect();
            assert_eq!(levels, vec!["DEBUG"; count], "{message}");
        }
        drop(server);
    });
}

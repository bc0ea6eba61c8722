//! The registry is one of the process, so what is in it here is only what these tests put there: handlers in one binary
//! never mix, though their routes have the same names.

use std::{
    io,
    panic::{UnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    time::Duration,
};

use highway::{Connection, Message, Next, Outcome, guard::TimeLimit, route};
use highway_tests::within_deadline;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tracing_subscriber::util::SubscriberInitExt;

type Log = UnboundedSender<&'static str>;

#[highway::server(state = Log)]
struct First;

#[highway::server(state = Log)]
struct Second;

#[highway::client(state = Log)]
struct Client;

#[highway::server]
struct Empty;

#[route("same")]
async fn first(first: &mut First) -> Result<(), highway::Failure> {
    first.state().send("first")?;
    Ok(first.send("same", ()).await?)
}

#[route("same")]
async fn second(second: &mut Second) -> Result<(), highway::Failure> {
    second.state().send("second")?;
    Ok(second.send("same", ()).await?)
}

#[route("only of second", on = Second)]
async fn only_of_second() {}

#[route("same")]
async fn client(client: &mut Client) -> Result<(), highway::Failure> {
    Ok(client.state().send("client")?)
}

/// Connects a client, lets it send to the route that all have, and gives back who heard and what the server has.
async fn heard(
    url: &str,
    log: Log,
    heard: &mut UnboundedReceiver<&'static str>,
) -> ([&'static str; 2], Vec<String>) {
    let client = Client::client().state(log).connect(url).await.unwrap();
    client.send("same", ()).await.unwrap();
    let names = [heard.recv().await.unwrap(), heard.recv().await.unwrap()];
    (names, client.peer_routes())
}

#[test]
fn equally_named_routes_of_several_handlers_do_not_mix() {
    within_deadline(async {
        let (log, mut receiver) = unbounded_channel();
        let first = First::server().state(log.clone());
        let first = first.bind("127.0.0.1:0").await.unwrap();
        let second = Second::server().state(log.clone());
        let second = second.bind("127.0.0.1:0").await.unwrap();
        let (first_url, second_url) = (first.url(), second.url());
        tokio::spawn(first.into_future());
        tokio::spawn(second.into_future());
        let (names, routes) = heard(&first_url, log.clone(), &mut receiver).await;
        assert_eq!(names, ["first", "client"]);
        assert_eq!(routes, ["same"]);
        let (names, routes) = heard(&second_url, log, &mut receiver).await;
        assert_eq!(names, ["second", "client"]);
        assert_eq!(routes, ["only of second", "same"]);
    });
}

/// What is around its routes is misspelt.
#[highway::server]
struct Misspelt;

#[highway::around("admni-*", on = Misspelt)]
static FOR_NOTHING: TimeLimit = TimeLimit::new(Duration::MAX);

#[route("admin-stop", on = Misspelt)]
async fn stop() {}

#[route("say", on = Misspelt)]
async fn say() {}

/// What takes the handler is around a route that takes the connection, by a beginning that the compiler can't compare.
#[highway::client]
struct Mixed;

#[highway::around("a-very-long-beginning-*")]
async fn with_handler(message: &mut Message, mixed: &mut Mixed, next: Next<'_, Mixed>) -> Outcome {
    next.run(message, mixed).await
}

#[route("a-very-long-beginning-of-a-name")]
async fn with_connection(_: Connection<Mixed>) {}

/// Its pipes have what is misspelt.
#[highway::client(pipe = Piped)]
struct Piping;

#[highway::client]
struct Piped;

#[highway::around("nothing-*", on = Piped)]
static NOTHING: TimeLimit = TimeLimit::new(Duration::MAX);

/// What a start panics with.
fn panic_of(start: impl FnOnce() + UnwindSafe) -> String {
    let panic = catch_unwind(start).expect_err("it panics");
    panic.downcast_ref::<String>().expect("it says why").clone()
}

#[test]
fn what_is_around_no_route_is_told_at_the_start() {
    let text = panic_of(|| {
        within_deadline(async {
            drop(Misspelt::server().bind("127.0.0.1:0").await);
        });
    });
    let file = file!();
    assert!(
        text.starts_with(&format!("`FOR_NOTHING` at {file}:")),
        "{text}"
    );
    let why =
        " is around `admni-*`, and `Misspelt` has no such route; its routes are: admin-stop, say";
    assert!(text.ends_with(why), "{text}");
}

#[test]
fn what_is_around_no_route_of_a_pipe_is_told_when_the_client_starts() {
    let text = panic_of(|| {
        within_deadline(async {
            drop(Piping::connect("ws://127.0.0.1:1").await);
        });
    });
    assert!(text.starts_with("`NOTHING` at "), "{text}");
    let why = " is around `nothing-*`, and `Piped` has no such route; its routes are: ";
    assert!(text.ends_with(why), "{text}");
}

#[test]
fn what_takes_the_handler_around_a_route_that_does_not_is_told_at_the_start() {
    let text = panic_of(|| {
        within_deadline(async {
            drop(Mixed::connect("ws://127.0.0.1:1").await);
        });
    });
    let file = file!();
    for part in [
        format!("`with_handler` at {file}:"),
        " takes `&mut Mixed` and is around route `a-very-long-beginning-of-a-name` at ".to_owned(),
        ", which runs concurrently and takes `Connection<Mixed>`: take `Connection<Mixed>` in `with_handler` too".to_owned(),
    ] {
        assert!(text.contains(&part), "{text}");
    }
}

/// What is logged, as text.
#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl io::Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn handler_without_routes_and_hooks_says_so() {
    let text = Text::default();
    let writer = text.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
        .finish();
    // For all threads: one that logs nothing would have the others' lines switched off.
    subscriber.init();
    let url = within_deadline(async {
        drop(Empty::server().bind("127.0.0.1:0").await.unwrap());
        let (log, _) = unbounded_channel();
        let second = Second::server().state(log);
        let second = second.bind("127.0.0.1:0").await.unwrap();
        let url = second.url();
        second.with_graceful_shutdown(async {}).await.unwrap();
        url
    });
    let text = String::from_utf8(text.0.lock().unwrap().clone()).unwrap();
    let warned: Vec<_> = text.lines().filter(|line| line.contains("WARN")).collect();
    assert_eq!(warned.len(), 1, "{text}");
    assert!(warned.iter().all(|line| {
        line.contains("no route and no hook") && line.contains("handler=\"Empty\"")
    }));
    let listening = format!("listening handler=\"Second\" url=\"{url}\" routes=2");
    assert!(text.contains(&listening), "{text}");
    // The others tell where each of their routes stands.
    for route in ["same", "only of second"] {
        let told = format!("route=\"{route}\" at=");
        assert!(
            text.lines()
                .any(|line| line.contains(&told) && line.contains("registry.rs:")),
            "{text}"
        );
    }
}

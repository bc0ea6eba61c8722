//! Recorded sessions, played against handlers that are as they were, and against others.

use std::{cell::Cell, fs, path::Path, sync::Mutex, time::Duration};

use highway::{
    Connection, Failure, Incoming, Message, Next, Outcome, Refusal, Request, Server, StatusCode,
    Stream, Value, on,
    record::{Recording, What},
    route,
    server::RecordTo,
    test::{Replay, ReplayError, replay},
};
use highway_tests::{paused, within_deadline};
use tempfile::TempDir;
use tokio::sync::mpsc;

#[expect(unreachable_pub, reason = "it is a program with a `main`")]
#[path = "../../examples/chat/server.rs"]
mod chat;

use chat::Chat;

thread_local! {
    /// Whether the routes of this test's thread are others than they were.
    static CHANGED: Cell<bool> = const { Cell::new(false) };
}

#[highway::around("say")]
async fn change(
    message: &mut Message,
    chat: &mut Chat,
    next: Next<'_, Chat>,
) -> Result<Outcome, Failure> {
    if CHANGED.get() {
        let text: String = message.decode()?;
        message.set(&text.to_uppercase())?;
    }
    Ok(next.run(message, chat).await)
}

/// Someone in the chat, who tells the test what comes.
#[highway::client(state = mpsc::UnboundedSender<String>)]
struct Guest;

fn tell(guest: &Guest, route: &str) {
    // After the test has seen enough, nothing is looked at.
    let _ = guest.state().send(route.to_owned());
}

#[route("said")]
async fn said(_: Value, guest: &mut Guest) {
    tell(guest, "said");
}

#[route("earlier")]
async fn earlier(_: Value, guest: &mut Guest) {
    tell(guest, "earlier");
}

#[route("joined")]
async fn joined(_: Value, guest: &mut Guest) {
    tell(guest, "joined");
}

#[route("left")]
async fn left(_: Value, guest: &mut Guest) {
    tell(guest, "left");
}

#[route("renamed")]
async fn renamed(_: Value, guest: &mut Guest) {
    tell(guest, "renamed");
}

fn chat_server() -> Server<Chat> {
    Chat::server().state(Mutex::default())
}

type Told = mpsc::UnboundedReceiver<String>;

async fn guest(url: &str) -> (Connection<Guest>, Told) {
    let (tell, mut told) = mpsc::unbounded_channel();
    let guest = Guest::client().state(tell).connect(url).await.unwrap();
    assert_eq!(told.recv().await.as_deref(), Some("earlier"));
    (guest, told)
}

/// The text of a file, once so many connections are over in it.
async fn recorded(file: &Path, over: usize) -> String {
    loop {
        let text = fs::read_to_string(file).unwrap();
        if text.matches("\"over\":true").count() >= over {
            return text;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The lines of a recording with these words, from 1.
fn lines<'a>(text: &'a str, words: &'a str) -> impl Iterator<Item = usize> + 'a {
    let lines = text.lines().zip(1..);
    lines.filter_map(move |(line, number)| line.contains(words).then_some(number))
}

/// Two people in the chat, over real sockets.
async fn chat_session(to: RecordTo, file: &Path) -> String {
    let server = chat_server().record(to).bind("127.0.0.1:0").await.unwrap();
    let url = server.url();
    let handle = server.handle();
    let running = tokio::spawn(server.into_future());
    let (ada, mut told) = guest(&url).await;
    let is_free: bool = ada.call("change-name", "ada").await.unwrap();
    assert!(is_free);
    let (bob, _) = guest(&url).await;
    assert_eq!(told.recv().await.as_deref(), Some("joined"));
    bob.call::<_, _, ()>("say", "hello, ada").await.unwrap();
    assert_eq!(told.recv().await.as_deref(), Some("said"));
    let refused = bob.call::<_, _, ()>("say", "  ").await;
    assert!(refused.is_err());
    bob.send("say", "bye").await.unwrap();
    assert_eq!(told.recv().await.as_deref(), Some("said"));
    let names: Vec<String> = bob.call("who", ()).await.unwrap();
    assert_eq!(names, ["ada", "guest2"]);
    bob.close().await;
    assert_eq!(told.recv().await.as_deref(), Some("left"));
    // It is here when the server stops.
    handle.shutdown();
    ada.closed().await;
    running.await.unwrap().unwrap();
    recorded(file, 2).await
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn recorded_chat_is_replayed() {
    let folder = folder();
    let file = folder.path().join("chat.jsonl");
    let text = within_deadline(chat_session(RecordTo::new(&file), &file));
    let recording = Recording::parse(&text).unwrap();
    assert_eq!(recording.head.handler, "Chat");
    // With its types, and readable.
    let say = r#""client":{"kind":"call","route":"say","id":1,"data":"\"hello, ada\""}"#;
    assert_eq!(lines(&text, say).count(), 1, "{text}");
    let replayed = paused(replay(&file, chat_server())).unwrap();
    // `earlier` twice, `joined`, `said` twice, `left`, three replies, a failure, and bob's close.
    assert_eq!(replayed.compared, 11, "{text}");
    assert_eq!(replayed.left_out, 0);
    // A second time, and in real time.
    let again = within_deadline(replay(&file, chat_server())).unwrap();
    assert_eq!(again, replayed);
}

#[test]
fn replay_shows_the_first_message_that_differs() {
    let folder = folder();
    let file = folder.path().join("chat.jsonl");
    let text = within_deadline(chat_session(RecordTo::new(&file), &file));
    CHANGED.set(true);
    let error = paused(replay(&file, chat_server())).unwrap_err();
    CHANGED.set(false);
    let shown = error.to_string();
    let ReplayError::Differs(difference) = error else {
        panic!("{shown}");
    };
    let line = lines(&text, r#""server":{"kind":"message","route":"said""#).next();
    assert_eq!(difference.line, line, "{shown}");
    let (_, messages) = shown.split_once('\n').unwrap();
    assert_eq!(
        messages,
        r#"  recorded: message to `said` with {"from": "guest2", "text": "hello, ada"}
  replayed: message to `said` with {"from": "guest2", "text": "HELLO, ADA"}"#
    );
}

#[test]
fn what_is_missing_or_more_in_a_replay_is_shown() {
    let folder = folder();
    let file = folder.path().join("chat.jsonl");
    let text = within_deadline(chat_session(RecordTo::new(&file), &file));
    // The recording with something that the server never sends.
    let said = r#""server":{"kind":"message","route":"said""#;
    let number = lines(&text, said).last().unwrap();
    let changed: Vec<_> = text
        .lines()
        .zip(1..)
        .flat_map(|(line, at)| vec![line; if at == number { 2 } else { 1 }])
        .collect();
    fs::write(&file, changed.join("\n") + "\n").unwrap();
    let error = paused(replay(&file, chat_server())).unwrap_err();
    let ReplayError::Differs(difference) = error else {
        panic!("{error}");
    };
    assert_eq!(difference.line, Some(number + 1));
    assert_eq!(difference.recorded.unwrap().route.as_deref(), Some("said"));
    assert_eq!(difference.replayed, None);
    // And without one that it sends last: everything behind is left out too.
    let left = lines(&text, r#""kind":"message","route":"left""#)
        .next()
        .unwrap();
    let kept: Vec<_> = text.lines().take(left - 1).collect();
    fs::write(&file, kept.join("\n") + "\n").unwrap();
    let error = paused(replay(&file, chat_server())).unwrap_err();
    let shown = error.to_string();
    let ReplayError::Differs(difference) = error else {
        panic!("{shown}");
    };
    assert_eq!((difference.line, difference.recorded), (None, None));
    assert!(
        shown.ends_with("  recorded: nothing\n  replayed: message to `left` with \"guest2\""),
        "{shown}"
    );
}

#[test]
fn masked_routes_are_not_in_the_file() {
    let folder = folder();
    let file = folder.path().join("chat.jsonl");
    let to = RecordTo::new(&file).mask(["sa*", "who"]);
    let text = within_deadline(chat_session(to, &file));
    assert!(
        !text.contains("hello") && !text.contains("bye") && !text.contains("guest2\\\"]"),
        "{text}"
    );
    assert!(text.contains("ada"));
    let error = paused(replay(&file, chat_server())).unwrap_err();
    let ReplayError::Masked { line, route } = error else {
        panic!("{error}");
    };
    assert_eq!(Some(line), lines(&text, r#""route":"say""#).next());
    assert_eq!(route, "say");
    // What the server sends may be anything then, but of the same kind: the second text was refused.
    let error = paused(
        Replay::new(&file)
            .fill("say", "something")
            .fill("who", ())
            .run(chat_server()),
    );
    let ReplayError::Differs(difference) = error.unwrap_err() else {
        panic!("it differs");
    };
    assert_eq!(difference.recorded.unwrap().kind, "failure");
    assert_eq!(difference.replayed.unwrap().kind, "reply");
}

#[test]
fn files_that_are_no_whole_recordings_are_refused() {
    let folder = folder();
    let file = folder.path().join("chat.jsonl");
    let text = within_deadline(chat_session(RecordTo::new(&file), &file));
    let play = |text: &str| {
        fs::write(&file, text).unwrap();
        paused(replay(&file, chat_server()))
    };
    let refused = |text: &str| {
        let shown = play(text).unwrap_err().to_string();
        let (_, error) = shown.split_once("chat.jsonl: ").expect(&shown);
        error.to_owned()
    };
    // In the middle of a line: what is there before is played, and nothing is said of what comes after.
    let said = text.find(r#""route":"said""#).unwrap();
    let cut = text.get(..said).unwrap();
    assert!(Recording::parse(cut).unwrap().is_cut_off);
    assert!(play(cut).unwrap().compared > 3);

    let newer = text.replacen("\"version\":1", "\"version\":2", 1);
    assert_eq!(
        refused(&newer),
        "the recording has version 2, and this highway reads 1: use a newer one"
    );
    let number = 7;
    let mut changed: Vec<_> = text.lines().collect();
    changed.insert(number - 1, "{\"at\":1,\"connection\":");
    let garbage = changed.join("\n") + "\n";
    assert!(
        refused(&garbage).starts_with("line 7 of the recording can't be read: "),
        "{}",
        refused(&garbage)
    );
    for garbage in [
        "",
        "\n",
        "hello",
        "{}",
        "{\"highway\":\"description\",\"version\":1}\n",
    ] {
        assert!(refused(garbage).starts_with("no recording: its first line "));
    }
    fs::remove_file(&file).unwrap();
    let missing = paused(replay(&file, chat_server())).unwrap_err();
    assert!(missing.to_string().starts_with("can't read "), "{missing}");

    // What can't be sent again.
    let head = "{\"highway\":\"recording\",\"version\":1}\n";
    let open = "{\"at\":0,\"connection\":1,\"open\":{\"path\":\"/\"}}\n";
    let routes = "{\"at\":0,\"connection\":1,\"server\":{\"kind\":\"routes\",\"routes\":{},\"dialect\":\"0.2\"}}\n\
                  {\"at\":0,\"connection\":1,\"client\":{\"kind\":\"routes\",\"routes\":{\"0\":\"meta\"},\"dialect\":\"0.2\"}}\n";
    for (line, error) in [
        (
            "\"client\":{\"kind\":\"message\",\"route\":\"whisper\",\"data\":\"1\"}",
            "line 5 of the recording is for the route `whisper`, which the server does not have",
        ),
        (
            "\"client\":{\"kind\":\"message\",\"route\":\"say\",\"data\":\"(\"}",
            "line 5 of the recording can't be sent again: its data: ",
        ),
        (
            "\"client\":{\"kind\":\"shout\"}",
            "line 5 of the recording can't be sent again: its `kind` is not known",
        ),
        (
            "\"dropped\":3",
            "line 5 of the recording says that 3 messages are missing: ",
        ),
    ] {
        let connection = if line.starts_with("\"dropped") {
            ""
        } else {
            "\"connection\":1,"
        };
        let text = format!("{head}{open}{routes}{{\"at\":0.5,{connection}{line}}}\n");
        let shown = play(&text).unwrap_err().to_string();
        assert!(shown.starts_with(error), "{shown}");
    }
}

/// Streams, calls both ways, timers, ids of connections, and a client that has to sign in.
#[highway::server]
struct Desk;

#[on(connect)]
async fn sign_in(request: &mut Request<Desk>) -> Result<(), Refusal> {
    match request.headers().get("authorization") {
        Some(_) => Ok(()),
        None => Err(Refusal::new(StatusCode::UNAUTHORIZED, "who are you?")),
    }
}

#[on(ready)]
async fn tick(desk: Connection<Desk>) -> highway::Result {
    for number in 0..3 {
        tokio::time::sleep(Duration::from_millis(40)).await;
        desk.send("tick", (desk.id(), number, f64::NAN)).await?;
    }
    Ok(())
}

#[route("count", on = Desk)]
async fn count(to: u64) -> impl Stream<Item = u64> {
    futures_util::stream::iter(0..to)
}

#[route("sum")]
async fn sum(mut numbers: Incoming<i64>, _: Connection<Desk>) -> highway::Result<i64> {
    let mut sum = 0;
    while let Some(number) = numbers.next().await {
        sum += number?;
    }
    Ok(sum)
}

#[route("ask-back")]
async fn ask_back(question: String, desk: Connection<Desk>) -> highway::Result<bool> {
    desk.call("ask", question).await
}

#[highway::client(state = mpsc::UnboundedSender<()>)]
struct Visitor;

#[route("tick")]
async fn ticked(_: Value, visitor: &mut Visitor) {
    let _ = visitor.state().send(());
}

#[route("ask", on = Visitor)]
async fn ask(question: String) -> bool {
    question == "sure?"
}

#[test]
fn streams_calls_back_timers_and_ids_are_replayed() {
    let folder = folder();
    let file = folder.path().join("desk.jsonl");
    let text = within_deadline(async {
        let server = Desk::server()
            .record(&*file)
            .bind("127.0.0.1:0")
            .await
            .unwrap();
        let url = format!("{}/desk?token=secret", server.url().trim_end_matches('/'));
        tokio::spawn(server.into_future());
        let (tell, mut told) = mpsc::unbounded_channel();
        let visitor = Visitor::client()
            .state(tell)
            .header("authorization", "Bearer secret")
            .connect(&url)
            .await
            .unwrap();
        let mut numbers = visitor.stream::<_, _, u64>("count", 100).await.unwrap();
        let mut sum = 0;
        while let Some(number) = numbers.next().await {
            sum += number.unwrap();
        }
        assert_eq!(sum, 4950);
        let numbers = highway::Outgoing(futures_util::stream::iter(1_i64..=10));
        let sum: i64 = visitor.call("sum", numbers).await.unwrap();
        assert_eq!(sum, 55);
        for question in ["sure?", "really?"] {
            let answer: bool = visitor.call("ask-back", question).await.unwrap();
            assert_eq!(answer, question == "sure?");
        }
        for _ in 0..3 {
            told.recv().await.unwrap();
        }
        visitor.close().await;
        recorded(&file, 1).await
    });
    assert!(!text.contains("secret"));
    assert!(text.contains("\"path\":\"/desk\""));
    let recording = Recording::parse(&text).unwrap();
    assert!(matches!(
        recording.entries.last().unwrap().what,
        What::Over(true)
    ));

    let refused = paused(replay(&file, Desk::server())).unwrap_err();
    assert!(
        matches!(refused, ReplayError::Connect { line: 2, .. }),
        "{refused}"
    );
    for _ in 0..2 {
        let signed_in = Replay::new(&file).prepare(|_, request| {
            let headers = request.headers_mut();
            headers.insert("authorization", "Bearer other".parse().unwrap());
        });
        let replayed = paused(signed_in.run(Desk::server())).unwrap();
        // The items and their end, a sum, two calls back and their replies, the ticks, and the close.
        assert_eq!(replayed.compared, 100 + 1 + 1 + 2 + 2 + 3 + 1);
    }
}

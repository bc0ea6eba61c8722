//! Values on their way between the clients in all languages, over a server in Rust: what arrives is the same value of the same type.

use std::sync::Arc;

use highway::{Connection, Failure, Value, route, unchecked};
use highway_tests::{Node, Outcome, PythonClient, Trial, trials, within_deadline};
use tokio::{
    process::{Child, Command},
    sync::mpsc,
};

use crate::conformance;

pub(crate) fn trials() -> Vec<Trial> {
    trials![values_stay_what_they_are_between_three_languages]
}

/// What the server tells the test.
enum Event {
    Ready(Connection<Hub>),
    /// What a program told: how it ended, and with what.
    Told(String, Value),
}

struct Shared {
    events: mpsc::UnboundedSender<Event>,
    /// Whom what is sent to `other` is for.
    python: std::sync::OnceLock<Connection<Hub>>,
    typescript: std::sync::OnceLock<Connection<Hub>>,
}

/// The server that both programs of the dialogues are connected to.
#[highway::server(state = Arc<Shared>)]
struct Hub;

#[highway::on(ready)]
async fn ready(hub: &mut Hub) {
    let connection = hub.everyone().connections().find(|of| of.id() == hub.id());
    // A test that is over asks for nothing any more.
    let _ = connection.map(|connection| hub.state().events.send(Event::Ready(connection)));
}

#[route("told")]
async fn told((how, what): (String, Value), hub: &mut Hub) {
    let _ = hub.state().events.send(Event::Told(how, what));
}

/// Has the other program give a value back.
#[route("other")]
async fn other(value: Value, hub: Connection<Hub>) -> Result<Value, Failure> {
    let shared = hub.state();
    let (Some(python), Some(typescript)) = (shared.python.get(), shared.typescript.get()) else {
        return Err(Failure::new("the other one is not there yet"));
    };
    let other = if hub.id() == python.id() {
        typescript
    } else {
        python
    };
    Ok(other.call("echo", value).await?)
}

/// Whether both are the same, of the same type: by their texts, by which NaN is NaN and -0.0 is not 0.0, or else with entries in another order,
/// as JavaScript has keys that look like ints in front.
fn same(one: &Value, other: &Value) -> bool {
    format!("{one:?}") == format!("{other:?}") || one == other
}

fn values_stay_what_they_are_between_three_languages() -> Outcome {
    let node = Node::find()?;
    let python = PythonClient::find()?;
    within_deadline(async {
        let (events, mut happened) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            events,
            python: std::sync::OnceLock::new(),
            typescript: std::sync::OnceLock::new(),
        });
        let server = Hub::server().state(Arc::clone(&shared));
        let server = server.bind("127.0.0.1:0").await.expect("a port");
        let url = server.url();
        tokio::spawn(server.into_future());

        let in_typescript = node.script("dialogues.mjs", &[&url, "1"]);
        let _typescript = start(in_typescript);
        let typescript = connected(&mut happened).await;
        let _ = shared.typescript.set(typescript.clone());
        let in_python = Command::from(python.program("dialogues.py", &[&url, "1"]));
        let _python = start(in_python);
        let python = connected(&mut happened).await;
        let _ = shared.python.set(python.clone());

        let values = conformance::values();
        assert!(values.len() > 100);
        let mut changed = Vec::new();
        for (name, value) in values {
            for (language, program) in [("TypeScript", &typescript), ("Python", &python)] {
                // From Rust and back.
                let back: Value = program
                    .call("echo", value.clone())
                    .await
                    .unwrap_or_else(|error| panic!("{name}, {language}: {error}"));
                if !same(&back, &value) {
                    changed.push(format!("{name}: {value:?} from {language} is {back:?}"));
                }
                // Within the tuple of `do` it would be too deep.
                if name == "lists 128 deep" {
                    continue;
                }
                // From this one to the other and back, of which each tells.
                let act = Value::Tuple(vec!["call".into(), "other".into(), value.clone()]);
                let sent = program.send(unchecked("do"), act).await;
                sent.expect("it is connected");
                let Some(Event::Told(how, what)) = happened.recv().await else {
                    panic!("{name}: {language} tells nothing");
                };
                if how != "reply" || !same(&what, &value) {
                    changed.push(format!(
                        "{name}: {value:?} by way of {language} is {how} {what:?}"
                    ));
                }
            }
        }
        assert!(changed.is_empty(), "{}", changed.join("\n"));
    });
    Ok(())
}

fn start(mut program: Command) -> Child {
    program
        .kill_on_drop(true)
        .spawn()
        .expect("it was found before")
}

async fn connected(happened: &mut mpsc::UnboundedReceiver<Event>) -> Connection<Hub> {
    match happened.recv().await {
        Some(Event::Ready(connection)) => connection,
        _ => panic!("no program connects"),
    }
}

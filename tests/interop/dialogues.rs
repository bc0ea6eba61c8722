//! The dialogues that every implementation is held to as a client (`conformance/dialogues.jsonl`), with a server that this test plays.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use highway::{Bytes, Value, payload, wire::Dialect};
use highway_tests::{Node, Outcome, PythonClient, Trial, trials, within_deadline};
use serde::Deserialize;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, accept_async,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use crate::{conformance, program::client::Program};

/// How long the client may take for what comes next.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        our_client_says_what_the_dialogues_say,
        client_in_typescript_says_what_the_dialogues_say,
        client_in_python_says_what_the_dialogues_say,
    ]
}

#[expect(clippy::unnecessary_wraps, reason = "a trial may be unable to run")]
fn our_client_says_what_the_dialogues_say() -> Outcome {
    within_deadline(async {
        let (server, address) = Script::bind().await;
        let program = run_program(format!("ws://{address}"), server.dialogues.len());
        let program = tokio::spawn(program);
        server.play().await;
        program.await.expect("the program ends by itself");
    });
    Ok(())
}

fn client_in_typescript_says_what_the_dialogues_say() -> Outcome {
    let node = Node::find()?;
    within_deadline(async {
        let (server, address) = Script::bind().await;
        let times = server.dialogues.len().to_string();
        let url = format!("ws://{address}");
        let mut program = node.script("dialogues.mjs", &[&url, &times]);
        let mut program = program.spawn().expect("it was found before");
        server.play().await;
        let ended = program.wait().await.expect("it ends by itself");
        assert!(ended.success(), "{ended}");
    });
    Ok(())
}

fn client_in_python_says_what_the_dialogues_say() -> Outcome {
    let python = PythonClient::find()?;
    within_deadline(async {
        let (server, address) = Script::bind().await;
        let times = server.dialogues.len().to_string();
        let url = format!("ws://{address}");
        let program = python.program("dialogues.py", &[&url, &times]);
        let mut program = tokio::process::Command::from(program)
            .kill_on_drop(true)
            .spawn()
            .expect("it was found before");
        server.play().await;
        let ended = program.wait().await.expect("it ends by itself");
        assert!(ended.success(), "{ended}");
    });
    Ok(())
}

/// A line of the file; its README says what the fields mean.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dialogue {
    name: String,
    table: Option<BTreeMap<u16, String>>,
    contract: Option<String>,
    steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    send: Option<String>,
    expect: Option<String>,
    /// The value behind the bytes.
    value: Option<serde_json::Value>,
    /// Some entries of the dict behind the bytes.
    has: Option<serde_json::Value>,
    /// Under which name the table behind the bytes is known from then on.
    table: Option<String>,
    #[serde(default)]
    prefix: bool,
    closed: Option<u16>,
}

fn dialogues() -> Vec<Dialogue> {
    let file = include_str!("../conformance/dialogues.jsonl");
    let lines = file.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect()
}

/// The server that plays the dialogues, one connection for each.
pub(crate) struct Script {
    listener: TcpListener,
    dialogues: Vec<Dialogue>,
}

impl Script {
    pub(crate) async fn bind() -> (Self, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it has an address");
        let dialogues = dialogues();
        let script = Self {
            listener,
            dialogues,
        };
        (script, address)
    }

    /// Plays all dialogues, in a connection each.
    ///
    /// # Panics
    /// When the client says something else, with the name of each such dialogue.
    pub(crate) async fn play(self) {
        let mut wrong = Vec::new();
        for dialogue in &self.dialogues {
            let (stream, _) = self.listener.accept().await.expect("a client");
            let socket = accept_async(stream).await.expect("an upgrade");
            let mut played = Played {
                socket,
                tables: HashMap::new(),
            };
            if let Err(why) = played.play(dialogue).await {
                wrong.push(format!("{}: {why}", dialogue.name));
            }
        }
        assert!(
            wrong.is_empty(),
            "{} of {} dialogues:\n{}",
            wrong.len(),
            self.dialogues.len(),
            wrong.join("\n")
        );
    }
}

struct Played {
    socket: WebSocketStream<TcpStream>,
    /// The ids of the client's routes, by the name of the table and of the route.
    tables: HashMap<String, BTreeMap<String, u16>>,
}

type Judged<T = ()> = Result<T, String>;

impl Played {
    async fn play(&mut self, dialogue: &Dialogue) -> Judged {
        self.exchange(dialogue).await?;
        for step in &dialogue.steps {
            self.step(step).await?;
        }
        if dialogue.steps.iter().any(|step| step.closed.is_some()) {
            return Ok(());
        }
        if dialogue.table.is_none() {
            // It is well, and has said nothing else.
            self.send("01 01 {echo} fefffffe 37").await?;
            let answer = self.next().await?;
            matches(&answer, "01 02 0000 fefffffe 37", false)?;
        }
        let close = CloseFrame {
            code: CloseCode::Normal,
            reason: "".into(),
        };
        let closed = self.socket.close(Some(close)).await;
        closed.map_err(|error| error.to_string())?;
        while self.arrived().await?.is_some() {}
        Ok(())
    }

    /// Both tables, and both contracts.
    async fn exchange(&mut self, dialogue: &Dialogue) -> Judged {
        let extended = [
            (0, "meta"),
            (1, "told"),
            (2, "add"),
            (3, "count"),
            (4, "total"),
            (65535, "highway/1"),
        ];
        let table = dialogue.table.clone().unwrap_or_else(|| {
            extended
                .map(|(id, name)| (id, name.to_owned()))
                .into_iter()
                .collect()
        });
        let is_extended = table.contains_key(&65535);
        let mut message = vec![5, 0, 0, 0];
        message.extend(serde_json::to_vec(&table).expect("a table is JSON"));
        self.say(message).await?;
        let answer = self.next().await?;
        self.keep_table(String::new(), &answer)?;
        if is_extended {
            let contract = self.next().await?;
            if !contract.starts_with(&[5, 14, 0, 0]) {
                return Err(format!("no contract but {}", hex(&contract)));
            }
            match dialogue.contract.as_deref() {
                Some("") => {}
                contract => self.send(contract.unwrap_or("05 0e 00 00 a0")).await?,
            }
        }
        Ok(())
    }

    fn keep_table(&mut self, name: String, message: &[u8]) -> Judged {
        let table = message.strip_prefix(&[5, 0, 0, 0]);
        let table = table.ok_or_else(|| format!("no table but {}", hex(message)))?;
        let table: BTreeMap<u16, String> =
            serde_json::from_slice(table).map_err(|error| error.to_string())?;
        let by_name = table.into_iter().map(|(id, name)| (name, id)).collect();
        self.tables.insert(name, by_name);
        Ok(())
    }

    async fn step(&mut self, step: &Step) -> Judged {
        if let Some(text) = &step.send {
            return self.send(text).await;
        }
        if let Some(code) = step.closed {
            return self.closed(code).await;
        }
        let expected = step.expect.as_deref().ok_or("the step says nothing")?;
        let expected = self.filled_in(expected)?;
        let message = self.next().await?;
        let open =
            step.prefix || step.value.is_some() || step.has.is_some() || step.table.is_some();
        let rest = matches(&message, &expected, open)?;
        if let Some(table) = &step.table {
            let of = message.len() - rest;
            return self.keep_table(
                table.clone(),
                &[&[5, 0, 0, 0], message.get(of..).unwrap_or_default()].concat(),
            );
        }
        let judged = step.value.as_ref().or(step.has.as_ref());
        let Some(judged) = judged else { return Ok(()) };
        let found = self.value_behind(&message, rest)?;
        let wanted = conformance::value(judged);
        let fits = match (&found, &wanted) {
            (Value::Dict(found), Value::Dict(wanted)) if step.has.is_some() => wanted
                .iter()
                .all(|(key, value)| found.get(key.as_str()) == Some(value)),
            _ => found == wanted,
        };
        fits.then_some(())
            .ok_or_else(|| format!("{found:?} in place of {wanted:?}"))
    }

    /// The value in the last bytes of a message.
    fn value_behind(&self, message: &[u8], rest: usize) -> Judged<Value> {
        let extended = self.tables.get("").is_some_and(|table| {
            // What the client announces is what is spoken where this side announces it too.
            table.contains_key("highway/1")
        });
        let payload =
            Bytes::copy_from_slice(message.get(message.len() - rest..).unwrap_or_default());
        // The type of the value is that of the message, or of the one in a pipe.
        let code = match message {
            [7, 12, ..] => 5,
            [code, ..] => *code,
            [] => return Err("an empty message".to_owned()),
        };
        let is_json = payload.first().is_some_and(|first| b"[{".contains(first));
        let dialect = if extended && !is_json {
            Dialect::Extended
        } else {
            Dialect::V02
        };
        let data_type = dialect.data_type(code).ok_or("no type has this code")?;
        payload::decode_value(dialect, data_type, &payload).map_err(|error| error.to_string())
    }

    async fn send(&mut self, text: &str) -> Judged {
        let text = self.filled_in(text)?;
        let bytes = bytes(&text)?;
        self.say(bytes).await
    }

    async fn say(&mut self, message: Vec<u8>) -> Judged {
        let sent = self.socket.send(Message::binary(message)).await;
        sent.map_err(|error| error.to_string())
    }

    async fn next(&mut self) -> Judged<Vec<u8>> {
        match self.arrived().await? {
            Some(Message::Binary(message)) => Ok(message.into()),
            other => Err(format!("no message, but {other:?}")),
        }
    }

    async fn closed(&mut self, code: u16) -> Judged {
        match self.arrived().await? {
            Some(Message::Close(Some(close))) if u16::from(close.code) == code => {
                while self.arrived().await?.is_some() {}
                Ok(())
            }
            other => Err(format!("no close with {code}, but {other:?}")),
        }
    }

    /// What came, other than pings; nothing at the end.
    async fn arrived(&mut self) -> Judged<Option<Message>> {
        loop {
            let arrived = tokio::time::timeout(PATIENCE, self.socket.next()).await;
            match arrived.map_err(|_| format!("nothing in {PATIENCE:?}"))? {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(message)) => return Ok(Some(message)),
                Some(Err(_)) | None => return Ok(None),
            }
        }
    }

    /// The text with the ids of the client's routes.
    fn filled_in(&self, text: &str) -> Judged<String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or("a name has no end")?;
            let (table, route) = name.split_once('.').unwrap_or(("", name));
            let table = self.tables.get(table).ok_or("no such table")?;
            let id = table.get(route);
            let id = id.ok_or_else(|| format!("the client has no route {route}"))?;
            filled.push_str(before);
            filled.push_str(&hex(&id.to_le_bytes()));
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn bytes(text: &str) -> Judged<Vec<u8>> {
    let digits: String = text.split_whitespace().collect();
    (0..digits.len())
        .step_by(2)
        .map(|at| {
            let pair = digits.get(at..at + 2).ok_or("a digit is alone")?;
            u8::from_str_radix(pair, 16).map_err(|_| format!("{pair} is not hexadecimal"))
        })
        .collect()
}

/// Compares a message with the digits that are expected, of which `??` is any byte; returns how many bytes follow where some may.
fn matches(message: &[u8], expected: &str, open: bool) -> Judged<usize> {
    let digits: String = expected.split_whitespace().collect();
    let found = hex(message);
    let differs = || format!("{found} in place of {digits}");
    let fits = digits
        .bytes()
        .zip(found.bytes())
        .all(|(wanted, found)| wanted == b'?' || wanted == found);
    let rest = found.len().checked_sub(digits.len()).ok_or_else(differs)?;
    if fits && (open || rest == 0) {
        Ok(rest / 2)
    } else {
        Err(differs())
    }
}

/// Connects so many times, one after the other; some of them end before they are ready.
async fn run_program(url: String, times: usize) {
    for _ in 0..times {
        if let Ok(me) = Program::connect(&url).await {
            me.closed().await;
        }
    }
}

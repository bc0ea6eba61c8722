//! The TypeScript client: its codec, and what is built of it.

use std::{collections::BTreeMap, env, fs, io::Write, path::Path, process::Command};

use futures_util::{Stream, stream};
use highway::{Bytes, Connection, generate::TypeScript, payload, route, wire::Dialect};
use highway_tests::{
    Browser, HighwayPy, Node, Outcome, Trial, Typescript, trials, within_deadline,
};
use server::{DivisionError, Line};

use crate::{conformance, dialogues, random::Random};

/// The bytes of the client, compressed as servers send it, at most.
const SIZE: usize = 12_310;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        client_in_typescript_has_the_values_of_every_implementation,
        client_in_typescript_decodes_as_ours_does,
        client_in_typescript_is_built_from_its_source,
        client_in_typescript_is_small,
        project_with_tsc_and_vite_uses_the_package,
        client_in_typescript_and_highway_py_exchange_messages,
    ]
}

fn client_in_typescript_has_the_values_of_every_implementation() -> Outcome {
    check_values(&Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/values.jsonl"))
}

/// Lets the client's codec, and cborg, read and write the values of a file.
fn check_values(values: &Path) -> Outcome {
    let node = Node::find()?;
    let tools = Typescript::find()?;
    let codec = tools.bundle("testing.ts")?;
    let cborg = tools.package("cborg/cborg.js");
    let files = [&codec, &cborg, values].map(|path| path.to_str().expect("a path is text"));
    let mut program = node.script("values.mjs", &files).into_std();
    let output = program.output().expect("it was found before");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// So many payloads are read by both.
const PAYLOADS: u64 = 20_000;

fn client_in_typescript_decodes_as_ours_does() -> Outcome {
    // Others in each run; this one's again by the variable.
    let seed = env::var("FUZZ_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| {
        std::time::UNIX_EPOCH
            .elapsed()
            .map_or(1, |time| time.as_secs())
    });
    println!("FUZZ_SEED={seed}");
    let mut random = Random::new(seed);
    let mut rows = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut refused = 0;
    for number in 0..PAYLOADS {
        let value = random.value(4);
        let mut payload = Vec::new();
        let Ok(mut code) = payload::encode(Dialect::Extended, &value, &mut payload) else {
            continue;
        };
        let is_mutated = number % 3 > 0;
        if is_mutated {
            random.mutate(&mut payload);
            if random.below(20) == 0 {
                code = random.below(9);
            }
        }
        let data_type = Dialect::Extended.data_type(code).expect("a code of a type");
        let read =
            payload::decode_value(Dialect::Extended, data_type, &Bytes::from(payload.clone()));
        let hex = dialogues::hex(&payload);
        let mut row = serde_json::json!({ "name": format!("{number} {code} {hex}"), "code": code, "hex": hex });
        if let Ok(read) = read {
            row["value"] = conformance::json(&read);
            // Both write a float as the shortest text, in their own ways.
            row["written"] = (!is_mutated && code != 2).into();
        } else {
            row["refused"] = true.into();
            refused += 1;
        }
        writeln!(rows, "{row}").expect("it is written");
    }
    assert!(refused > PAYLOADS / 10, "{refused}");
    check_values(rows.path())
}

fn client_in_typescript_is_built_from_its_source() -> Outcome {
    let built = Typescript::find()?.build()?;
    let committed = Typescript::dist();
    let names = |folder: &Path| -> Vec<_> {
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| {
            let entry = entry.expect("an entry");
            entry.file_name().into_string().expect("a name is text")
        });
        let mut names: Vec<_> = entries.collect();
        names.sort();
        names
    };
    assert_eq!(names(&built), names(&committed));
    for name in names(&built) {
        let [built, committed] =
            [&built, &committed].map(|folder| fs::read(folder.join(&name)).expect("a file"));
        assert!(
            built == committed,
            "dist/{name} is not what `npm run build` makes in highway/typescript"
        );
    }
    Ok(())
}

fn client_in_typescript_is_small() -> Outcome {
    Node::find()?;
    let script = "process.stdout.write(String(require('zlib').gzipSync(require('fs').readFileSync(process.argv[1]), { level: 9 }).length))";
    let output = Command::new("node")
        .args(["-e", script])
        .arg(Typescript::dist().join("highway.js"))
        .output()
        .expect("it was found before");
    let size: usize = String::from_utf8_lossy(&output.stdout)
        .parse()
        .expect("a number");
    assert!((1..=SIZE).contains(&size), "{size} bytes");
    Ok(())
}

fn client_in_typescript_and_highway_py_exchange_messages() -> Outcome {
    let node = Node::find()?;
    let python = HighwayPy::v0_2()?;
    within_deadline(async {
        let (mut peer, url) = python.server().await;
        let mut program = node.script("highway_py.mjs", &[&url]);
        let output = program.output().await.expect("it was found before");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        // As Python got them.
        for (r#type, shown) in [
            ("int", "7"),
            ("int", "-3"),
            ("int", "1152921504606846976"),
            ("float", "1.5"),
            ("float", "-0.0"),
            ("float", "1.0"),
            ("bool", "True"),
            ("bool", "False"),
            ("str", "''"),
            ("str", "'rowing 🚣'"),
            ("list", "[]"),
            ("list", "[1, 2.0, 'x', None, [True]]"),
            ("dict", "{'1': 2.5, 'a': 1, 'b': [{}]}"),
            ("bytes", r"b'\x00\x01\xff'"),
            ("NoneType", "None"),
            ("list", "[1, 'a']"),
        ] {
            let received = peer.received(0, "echo").await;
            assert_eq!(received, (r#type.to_owned(), shown.to_owned()));
        }
    });
    Ok(())
}

/// What the project's `chat.ts` is written for.
#[highway::protocol]
#[expect(
    unreachable_pub,
    reason = "a protocol's types are public, so that they can be shared"
)]
mod server {
    use std::{collections::BTreeMap, fmt};

    use futures_util::Stream;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Serialize, Deserialize)]
    pub struct Line {
        from: String,
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<u32>,
    }

    /// Why a division failed.
    #[derive(Debug, Serialize, Deserialize)]
    pub struct DivisionError {
        pub(super) by: i32,
    }

    impl fmt::Display for DivisionError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "division by {}", self.by)
        }
    }

    impl std::error::Error for DivisionError {}

    pub async fn say(line: Line);
    pub async fn divide(numbers: (i32, i32)) -> Result<i32, DivisionError>;
    pub async fn count(to: u64) -> impl Stream<Item = u64>;
    pub async fn names() -> BTreeMap<String, u64>;
}

#[highway::protocol]
mod page {
    pub async fn said(line: super::server::Line);
}

#[highway::server(serves = server, peer = page)]
struct Chat;

#[route(server::say)]
async fn say(line: Line, chat: &mut Chat) -> highway::Result {
    chat.send(page::said, line).await
}

#[route(server::divide, on = Chat)]
async fn divide((of, by): (i32, i32)) -> Result<i32, DivisionError> {
    of.checked_div(by).ok_or(DivisionError { by })
}

#[route(server::count)]
async fn count(to: u64, _: Connection<Chat>) -> impl Stream<Item = u64> {
    stream::iter(0..to)
}

#[route(server::names, on = Chat)]
async fn names() -> BTreeMap<String, u64> {
    [("ada".to_owned(), u64::MAX), ("bob".to_owned(), 1)].into()
}

/// What the project makes of all this.
const DONE: &str = r#"[[{"from":"ada","text":"hi","at":null}],3,"45",["ada: 18446744073709551615","bob: 1"],{"by":0}]"#;

fn project_with_tsc_and_vite_uses_the_package() -> Outcome {
    Node::find()?;
    let chat = TypeScript::new().generate(&Chat::describe());
    let chat = chat.expect("it can be described");
    let project = Typescript::find()?.project(&chat)?;
    let browser = Browser::find()?;
    within_deadline(async {
        let server = Chat::server().origins(highway::Origins::Any).strict(true);
        let server = server.bind("127.0.0.1:0").await.expect("a free port");
        let url = server.url();
        tokio::spawn(server.into_future());
        let mut program = tokio::process::Command::new("node");
        let program = program.args(["node.js", &url]).current_dir(&project);
        let output = program.output().await.expect("it was found before");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), DONE);
        assert_eq!(told, "", "nothing is warned of");

        let program = fs::read_to_string(project.join("built/readme.js"));
        let program = program.expect("tsc has made it");
        let program = program.replace("wss://example.org/chat", &url);
        // Node 20 has no WebSocket of its own.
        let program = format!(
            "import WebSocket from \"ws\"; globalThis.WebSocket ??= WebSocket;\n{program}\nchat.close();"
        );
        fs::write(project.join("built/run.js"), program).expect("the project can be written");
        let mut program = tokio::process::Command::new("node");
        let program = program.arg("built/run.js").current_dir(&project);
        let output = program.output().await.expect("it was found before");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        let told = String::from_utf8_lossy(&output.stdout);
        let counted: Vec<_> = (0..10).map(|n| format!("{n}n")).collect();
        let mut lines: Vec<_> = told.lines().filter(|line| *line != "hi").collect();
        assert_eq!(lines, counted);
        lines = told.lines().filter(|line| *line == "hi").collect();
        assert_eq!(lines.len(), 1);

        let site = axum::Router::new().fallback(move |request: axum::extract::Request| {
            let path = request.uri().path().trim_start_matches('/').to_owned();
            let file =
                project
                    .join("dist")
                    .join(if path.is_empty() { "index.html" } else { &path });
            async move {
                let kind = if path.is_empty() {
                    "text/html"
                } else {
                    "text/javascript"
                };
                ([("content-type", kind)], fs::read(file).unwrap_or_default())
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        tokio::spawn(axum::serve(listener, site).into_future());
        let mut page = browser.visit(&format!("http://{address}/?server={url}"));
        page.wait_for(&format!("document.title === {DONE:?}")).await;
    });
    Ok(())
}

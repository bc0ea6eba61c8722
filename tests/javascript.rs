//! The JavaScript client of the wire (`peers/wire_client.js`), in Node and in a browser.

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use highway::Connection;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Child,
    sync::mpsc,
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

use crate::{
    Peer, Unavailable,
    installed::{PEERS, execute, installed, read, target_directory, unusable},
    mounting,
};

/// Node, ready to run the client.
#[derive(Debug)]
pub struct Node {
    /// Where npm's packages are, for a Node without a WebSocket of its own.
    modules: Option<PathBuf>,
}

impl Node {
    /// Finds Node; the first use on a machine may install a WebSocket from npm.
    pub fn find() -> Result<&'static Self, Unavailable> {
        static FOUND: OnceLock<Result<Node, Unavailable>> = OnceLock::new();
        FOUND
            .get_or_init(|| {
                let script = "console.log(process.version, typeof WebSocket)";
                let version = execute(Command::new("node").args(["-e", script]))?;
                let has_own = version.trim_end().ends_with("function");
                let modules = if has_own {
                    None
                } else {
                    Some(modules(&version)?)
                };
                Ok(Node { modules })
            })
            .as_ref()
            .map_err(Unavailable::clone)
    }

    /// Starts the client, which connects wherever [`Peer::connect`] tells it to.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn client(&self) -> Peer {
        let mut command = Command::new("node");
        command.arg("node_client.js").current_dir(PEERS);
        if let Some(modules) = &self.modules {
            command.env("NODE_PATH", modules);
        }
        Peer::start(command)
    }
}

impl Node {
    /// Runs a script of the TypeScript client's tests (`highway/typescript/test`). Behind the arguments it gets the file of a
    /// WebSocket, where Node has none of its own.
    pub fn script(&self, name: &str, arguments: &[&str]) -> tokio::process::Command {
        self.program(&Path::new(TYPESCRIPT).join("test").join(name), arguments)
    }

    /// The folder of the programs that use the CBOR libraries which the documentation names (`peers/cbor`), with those of npm. The first
    /// use on a machine installs them.
    ///
    /// # Errors
    /// When they can't be installed.
    pub fn cbor_libraries(&self) -> Result<PathBuf, Unavailable> {
        static FOUND: OnceLock<Result<PathBuf, Unavailable>> = OnceLock::new();
        FOUND.get_or_init(cbor_libraries).clone()
    }

    /// Runs a program. Behind the arguments it gets the file of a WebSocket, where Node has none of its own.
    pub fn program(&self, file: &Path, arguments: &[&str]) -> tokio::process::Command {
        let mut command = tokio::process::Command::new("node");
        command.arg(file).args(arguments).kill_on_drop(true);
        if let Some(modules) = &self.modules {
            command.arg(modules.join("ws/wrapper.mjs"));
        }
        command
    }
}

impl Node {
    /// Runs a program that imports the TypeScript client, and `ws` where Node has no WebSocket of its own, by their names.
    ///
    /// # Panics
    ///
    /// When its file can't be written.
    pub fn module(&self, program: &str) -> tokio::process::Command {
        static PROGRAMS: AtomicUsize = AtomicUsize::new(0);

        let client = Typescript::dist().join("highway.js");
        let client = client.to_str().expect("a path is text").to_owned();
        let ws = self.modules.as_ref().map(|modules| {
            let file = modules.join("ws/wrapper.mjs");
            file.to_str().expect("a path is text").to_owned()
        });
        let mut program = program.replace("\"highway-ws\"", &format!("{client:?}"));
        program = match ws {
            Some(ws) => program.replace("\"ws\"", &format!("{ws:?}")),
            None => program.replace("import { WebSocket } from \"ws\";", ""),
        };
        let number = PROGRAMS.fetch_add(1, Ordering::Relaxed);
        let folder = target_directory().expect("tests are in a target directory");
        let file = folder.join(format!("program-{}-{number}.mjs", std::process::id()));
        fs::write(&file, program).expect("the target directory can be written");
        let mut command = tokio::process::Command::new("node");
        command.arg(file).kill_on_drop(true);
        command
    }
}

/// Deno or Bun, which run JavaScript and TypeScript as Node does, but are other programs.
#[derive(Debug)]
pub struct ScriptRunner {
    program: PathBuf,
    /// What stands in front of the script.
    arguments: &'static [&'static str],
}

impl ScriptRunner {
    /// Finds Deno; the first use on a machine installs it from npm.
    pub fn deno() -> Result<Self, Unavailable> {
        Self::find("deno", &["run", "--allow-net", "--allow-read"])
    }

    /// Finds Bun; the first use on a machine installs it from npm.
    pub fn bun() -> Result<Self, Unavailable> {
        Self::find("bun", &[])
    }

    fn find(name: &str, arguments: &'static [&'static str]) -> Result<Self, Unavailable> {
        static INSTALLED: OnceLock<Result<PathBuf, Unavailable>> = OnceLock::new();
        let folder = INSTALLED
            .get_or_init(|| {
                let package = Path::new(PEERS).join("runtimes/package.json");
                installed("runtimes/modules", read(&package)?, |folder| {
                    fs::create_dir_all(folder).map_err(|error| unusable(folder, &error))?;
                    fs::copy(&package, folder.join("package.json"))
                        .map_err(|error| unusable(folder, &error))?;
                    npm_install(folder)
                })
            })
            .as_ref()
            .map_err(Unavailable::clone)?;
        let program = folder.join("node_modules/.bin").join(name);
        execute(Command::new(&program).arg("--version"))?;
        Ok(Self { program, arguments })
    }

    /// Runs a script of the TypeScript client's tests (`highway/typescript/test`).
    pub fn script(&self, name: &str, arguments: &[&str]) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(&self.program);
        command
            .args(self.arguments)
            .arg(Path::new(TYPESCRIPT).join("test").join(name))
            .args(arguments)
            .kill_on_drop(true);
        command
    }
}

/// The folder of the TypeScript client.
const TYPESCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../highway/typescript");

/// What the TypeScript client is built with: the compiler and esbuild, of the versions that its package names.
#[derive(Debug)]
pub struct Typescript {
    /// A copy of the client's folder, with the packages.
    folder: PathBuf,
}

impl Typescript {
    /// Finds the tools; the first use on a machine installs them from npm.
    pub fn find() -> Result<&'static Self, Unavailable> {
        static FOUND: OnceLock<Result<Typescript, Unavailable>> = OnceLock::new();
        FOUND
            .get_or_init(|| {
                execute(Command::new("node").arg("--version"))?;
                let source = Path::new(TYPESCRIPT);
                let mut files: Vec<_> = fs::read_dir(source.join("src"))
                    .map_err(|error| unusable(source, &error))?
                    .filter_map(|entry| Some(entry.ok()?.path()))
                    .collect();
                files.sort();
                files.extend(["package.json", "tsconfig.json"].map(|name| source.join(name)));
                let content = files.iter().map(|file| read(file));
                let content = content.collect::<Result<Vec<_>, _>>()?;
                let folder = installed("typescript/client", content, |folder| {
                    fs::create_dir_all(folder.join("src"))
                        .map_err(|error| unusable(folder, &error))?;
                    for file in &files {
                        let name = file.strip_prefix(source).unwrap_or(file);
                        fs::copy(file, folder.join(name))
                            .map_err(|error| unusable(file, &error))?;
                    }
                    npm_install(folder)
                })?;
                Ok(Self { folder })
            })
            .as_ref()
            .map_err(Unavailable::clone)
    }

    /// The folder of what is committed.
    pub fn dist() -> PathBuf {
        Path::new(TYPESCRIPT).join("dist")
    }

    /// Builds the package, and returns the folder of what came of it.
    pub fn build(&self) -> Result<PathBuf, Unavailable> {
        execute(
            Command::new("npm")
                .args(["run", "--silent", "build"])
                .current_dir(&self.folder),
        )?;
        Ok(self.folder.join("dist"))
    }

    /// A project of someone's (`test/project`) that has installed the packed package, with a generated `chat.ts` and the README's program,
    /// and what tsc and Vite have built of it: `built` and `dist`.
    pub fn project(&self, chat: &str) -> Result<PathBuf, Unavailable> {
        let source = Path::new(TYPESCRIPT);
        let project = source.join("test/project");
        let mut files = Vec::new();
        for folder in [&project, &Self::dist()] {
            let entries = fs::read_dir(folder).map_err(|error| unusable(folder, &error))?;
            files.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
        }
        files.sort();
        files.push(source.join("package.json"));
        let content = files.iter().map(|file| read(file));
        let content = content.collect::<Result<Vec<_>, _>>()?;
        let guide = read(&source.join("README.md"))?;
        let program = guide.split("```ts\n").nth(1);
        let program = program.and_then(|rest| rest.split("```").next());
        let program = program.unwrap_or_default();
        installed("typescript/project", (content, chat, program), |folder| {
            fs::create_dir_all(folder).map_err(|error| unusable(folder, &error))?;
            for file in files.iter().filter(|file| file.starts_with(&project)) {
                let name = file.strip_prefix(&project).unwrap_or(file);
                fs::copy(file, folder.join(name)).map_err(|error| unusable(file, &error))?;
            }
            for (name, text) in [("chat.ts", chat), ("readme.ts", program)] {
                fs::write(folder.join(name), text).map_err(|error| unusable(folder, &error))?;
            }
            let run = |program: &str, arguments: &[&str]| {
                execute(Command::new(program).args(arguments).current_dir(folder))
            };
            let packed = run("npm", &["pack", "--silent", TYPESCRIPT])?;
            npm_install(folder)?;
            let options = ["--silent", "--no-audit", "--no-fund", "--no-package-lock"];
            let package = format!("./{}", packed.trim());
            run("npm", &[&["install"], &options[..], &[&package]].concat())?;
            run("npx", &["tsc", "--project", "."])?;
            run(
                "npx",
                &["vite", "build", "--logLevel", "warn", "--target", "es2022"],
            )
        })
    }

    /// What the compiler says, as strict as it can be, of a project with these files. Each project has a folder of its name.
    ///
    /// # Panics
    /// When the compiler does not come to look at them.
    pub fn check(
        &self,
        project: &str,
        files: &[(String, String)],
    ) -> Result<Vec<CompileError>, Unavailable> {
        let folder = Self::written(project, files, false)?;
        let output = self.tsc(&folder)?;
        let mut errors: Vec<CompileError> = Vec::new();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            match CompileError::parse(line) {
                Some(error) => errors.push(error),
                // What stands indented explains the one before.
                None => match errors.last_mut() {
                    Some(error) => error.text.push_str(line),
                    None => panic!("tsc: {line}"),
                },
            }
        }
        Ok(errors)
    }

    /// Makes JavaScript of a project's files, and returns the path of the last.
    ///
    /// # Panics
    /// When the compiler refuses it.
    pub fn compile(
        &self,
        project: &str,
        files: &[(String, String)],
    ) -> Result<PathBuf, Unavailable> {
        let folder = Self::written(project, files, true)?;
        let output = self.tsc(&folder)?;
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}");
        let last = files.last().map(|(name, _)| name.replace(".ts", ".js"));
        Ok(folder.join(last.unwrap_or_default()))
    }

    fn tsc(&self, folder: &Path) -> Result<std::process::Output, Unavailable> {
        Command::new("node")
            .arg(self.folder.join("node_modules/typescript/bin/tsc"))
            .args(["--pretty", "false"])
            .current_dir(folder)
            .output()
            .map_err(|error| Unavailable::new(format!("node: {error}")))
    }

    fn written(
        name: &str,
        files: &[(String, String)],
        emits: bool,
    ) -> Result<PathBuf, Unavailable> {
        let folder = target_directory()?.join(format!("typescript/projects/{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(|error| unusable(&folder, &error))?;
        let config = serde_json::json!({
            "compilerOptions": {
                "target": "es2022",
                "module": "esnext",
                "moduleResolution": "bundler",
                "lib": ["es2022", "dom", "dom.iterable", "dom.asynciterable"],
                "types": [],
                "strict": true,
                "noUncheckedIndexedAccess": true,
                "exactOptionalPropertyTypes": true,
                "noUnusedLocals": true,
                "noUnusedParameters": true,
                "isolatedModules": true,
                "verbatimModuleSyntax": true,
                "noEmit": !emits,
            },
            "files": files.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        });
        let config = ("tsconfig.json".to_owned(), config.to_string());
        for (name, text) in files.iter().chain([&config]) {
            let path = folder.join(name);
            fs::write(&path, text).map_err(|error| unusable(&path, &error))?;
        }
        // The package, as npm installs it.
        let package = folder.join("node_modules/highway-ws");
        let source = Path::new(TYPESCRIPT);
        let entries = fs::read_dir(Self::dist()).map_err(|error| unusable(source, &error))?;
        let mut copied: Vec<_> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        copied.push(source.join("package.json"));
        fs::create_dir_all(package.join("dist")).map_err(|error| unusable(&package, &error))?;
        for path in copied {
            let name = path.strip_prefix(source).unwrap_or(&path);
            fs::copy(&path, package.join(name)).map_err(|error| unusable(&path, &error))?;
        }
        // Its files are modules.
        let package = folder.join("package.json");
        fs::write(&package, "{ \"type\": \"module\" }")
            .map_err(|error| unusable(&package, &error))?;
        Ok(folder)
    }

    /// A file of a package that the client is built or tested with.
    pub fn package(&self, file: &str) -> PathBuf {
        self.folder.join("node_modules").join(file)
    }

    /// Makes one file of a module of the source.
    pub fn bundle(&self, module: &str) -> Result<PathBuf, Unavailable> {
        let bundle = self.folder.join(format!("{module}.mjs"));
        execute(
            Command::new("npx")
                .args(["esbuild", "--bundle", "--format=esm", "--log-level=warning"])
                .arg(format!("src/{module}"))
                .arg(format!("--outfile={}", bundle.display()))
                .current_dir(&self.folder),
        )?;
        Ok(bundle)
    }
}

/// What the TypeScript compiler says of a line.
#[derive(Debug)]
pub struct CompileError {
    /// The file, the line and the code: `program.ts:3 TS2345`.
    pub place: String,
    /// What it says.
    pub text: String,
}

impl CompileError {
    /// Of a line such as `program.ts(3,5): error TS2345: …`.
    fn parse(line: &str) -> Option<Self> {
        let (at, said) = line.split_once("): error ")?;
        let (file, at) = at.split_once('(')?;
        let (number, _) = at.split_once(',')?;
        let (code, text) = said.split_once(": ")?;
        Some(Self {
            place: format!("{file}:{number} {code}"),
            text: text.to_owned(),
        })
    }
}

fn modules(node: &str) -> Result<PathBuf, Unavailable> {
    let package = Path::new(PEERS).join("package.json");
    let folder = installed("node-ws/modules", (node, read(&package)?), |folder| {
        fs::create_dir_all(folder).map_err(|error| unusable(folder, &error))?;
        fs::copy(&package, folder.join("package.json"))
            .map_err(|error| unusable(folder, &error))?;
        npm_install(folder)
    })?;
    Ok(folder.join("node_modules"))
}

fn cbor_libraries() -> Result<PathBuf, Unavailable> {
    let source = Path::new(PEERS).join("cbor");
    let entries = fs::read_dir(&source).map_err(|error| unusable(&source, &error))?;
    let mut files: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    files.sort();
    let content = files.iter().map(|file| read(file));
    let content = content.collect::<Result<Vec<_>, _>>()?;
    installed("cbor/libraries", content, |folder| {
        fs::create_dir_all(folder).map_err(|error| unusable(folder, &error))?;
        for file in &files {
            let name = file.strip_prefix(&source).unwrap_or(file);
            fs::copy(file, folder.join(name)).map_err(|error| unusable(file, &error))?;
        }
        npm_install(folder)
    })
}

/// Installs what a folder's `package.json` names.
pub(crate) fn npm_install(folder: &Path) -> Result<String, Unavailable> {
    let options = ["--silent", "--no-audit", "--no-fund", "--no-package-lock"];
    execute(
        Command::new("npm")
            .arg("install")
            .args(options)
            .current_dir(folder),
    )
}

/// Chromium, which loads a page with the client, without a window.
#[derive(Debug)]
pub struct Browser(());

/// What the page is told over its control connection, and where its events go.
struct Control {
    commands: Mutex<Option<mpsc::UnboundedReceiver<String>>>,
    events: mpsc::UnboundedSender<String>,
}

#[highway::server(state = Control)]
struct Page;

#[highway::on(ready)]
async fn command(page: Connection<Page>) -> highway::Result {
    let commands = &page.state().commands;
    let commands = commands
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    if let Some(mut commands) = commands {
        while let Some(command) = commands.recv().await {
            page.send("obey", command).await?;
        }
    }
    Ok(())
}

#[highway::route("event")]
async fn event(event: String, page: &mut Page) {
    // A test that is over asks for nothing any more.
    let _ = page.state().events.send(event);
}

impl Browser {
    /// Finds the browser: `chromium`, or what `CHROMIUM` in the environment names.
    pub fn find() -> Result<Self, Unavailable> {
        execute(chromium().arg("--version")).map(|_| Self(()))
    }

    /// Starts the browser with the client, which connects wherever [`Peer::connect`] tells it to.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, and without a free port.
    pub fn client(&self) -> Peer {
        let (commands, to_do) = mpsc::unbounded_channel();
        let (happened, events) = mpsc::unbounded_channel();
        let control = Control {
            commands: Mutex::new(Some(to_do)),
            events: happened,
        };
        let listener = TcpListener::bind("127.0.0.1:0").and_then(|listener| {
            listener.set_nonblocking(true)?;
            tokio::net::TcpListener::from_std(listener)
        });
        let server = Page::server()
            .origins(highway::Origins::Any)
            .state(control)
            .listen(listener.expect("a free port"))
            .expect("a valid server");
        let page = format!("file://{PEERS}/page.html#{}", server.url());
        tokio::spawn(server.into_future());
        Peer::start_apart(open(&page).0, commands, events)
    }

    /// Starts the browser with a page of the test's. A certificate of the page is not looked at.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, and when it does not start.
    pub fn visit(&self, url: &str) -> OpenPage {
        let (mut command, profile) = open(url);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut command = tokio::process::Command::from(command);
        let browser = command.kill_on_drop(true).spawn();
        OpenPage {
            _browser: browser.expect("it was found before"),
            port: profile.join("DevToolsActivePort"),
            url: url.to_owned(),
            tools: None,
            asked: 0,
        }
    }
}

/// A page in a browser, which a test has act as a person would.
#[derive(Debug)]
pub struct OpenPage {
    /// Its end is the browser's.
    _browser: Child,
    /// Where the browser says on which port its tools are.
    port: PathBuf,
    url: String,
    tools: Option<Tools>,
    asked: u64,
}

/// A connection to a page's tools.
type Tools = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl OpenPage {
    /// Waits until an expression in JavaScript is true. Where it throws, as it may while a page loads, it is not; so it may act as well, if it
    /// finds what it acts on.
    pub async fn wait_for(&mut self, expression: &str) {
        let guarded =
            format!("(() => {{ try {{ return !!({expression}) }} catch {{ return false }} }})()");
        // The browser tells nobody that a page is there, or has changed.
        let mut look = tokio::time::interval(Duration::from_millis(20));
        loop {
            look.tick().await;
            match self.evaluate(&guarded).await {
                Some(value) if value == true => return,
                Some(_) => {}
                // The page was left for another.
                None => self.tools = None,
            }
        }
    }

    /// What an expression gives; `None` while there is no page, or when it is left meanwhile.
    async fn evaluate(&mut self, expression: &str) -> Option<serde_json::Value> {
        if self.tools.is_none() {
            self.tools = Some(self.connect().await?);
        }
        let tools = self.tools.as_mut()?;
        self.asked += 1;
        let ask = serde_json::json!({
            "id": self.asked,
            "method": "Runtime.evaluate",
            "params": { "expression": expression, "returnByValue": true },
        });
        tools.send(Message::text(ask.to_string())).await.ok()?;
        loop {
            let told = tools.next().await?.ok()?.into_text().ok()?;
            let told: serde_json::Value = serde_json::from_str(&told).ok()?;
            if told["id"] == self.asked {
                return Some(told["result"]["result"]["value"].clone());
            }
        }
    }

    async fn connect(&self) -> Option<Tools> {
        let told = fs::read_to_string(&self.port).ok()?;
        let (port, _) = told.split_once('\n')?;
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).await.ok()?;
        let request = format!(
            "GET /json/list HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = Vec::new();
        // It keeps the connection.
        let body = loop {
            if let Some(body) = body(&answer) {
                break body;
            }
            if stream.read_buf(&mut answer).await.ok()? == 0 {
                return None;
            }
        };
        let pages: Vec<serde_json::Value> = serde_json::from_slice(body).ok()?;
        // The browser has pages of its own, and begins with one.
        let is_ours = |page: &&serde_json::Value| {
            let url = page["url"].as_str();
            url.is_some_and(|url| url.starts_with(&self.url))
        };
        let tools = pages.iter().find(is_ours)?["webSocketDebuggerUrl"].as_str()?;
        let (tools, _) = tokio_tungstenite::connect_async(tools).await.ok()?;
        Some(tools)
    }
}

/// The body of an HTTP answer, once it is whole.
fn body(answer: &[u8]) -> Option<&[u8]> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let (head, body) = answer.split_at(end + 4);
    let head = std::str::from_utf8(head).ok()?;
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    let (_, length) = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?;
    body.get(..length.trim().parse().ok()?)
}

/// The browser with a page, and the folder of its profile. Each has one of its own: of two with the same, the second hands its page to the
/// first, whose end is the page's.
fn open(page: &str) -> (Command, PathBuf) {
    static OPENED: AtomicUsize = AtomicUsize::new(0);

    let number = OPENED.fetch_add(1, Ordering::Relaxed);
    // Tests that run once more, mounted, run beside the others.
    let kind = if mounting::is_mounted() {
        "-mounted"
    } else {
        ""
    };
    let folder = target_directory().expect("a target directory");
    let profile = folder.join(format!("chromium-{number}{kind}"));
    // The one of the last run, whose browser was killed.
    let _ = fs::remove_dir_all(&profile);
    let mut command = chromium();
    command
        // Its sandbox does not work as root or in a container; the page is our own.
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ])
        .args([
            "--no-first-run",
            "--disable-extensions",
            // Of the tests' own pages.
            "--ignore-certificate-errors",
            "--enable-logging=stderr",
        ])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg("--remote-debugging-port=0")
        .arg(page);
    (command, profile)
}

fn chromium() -> Command {
    Command::new(env::var("CHROMIUM").unwrap_or_else(|_| "chromium".into()))
}

//! The published versions of highway.py, installed from `PyPI` into virtual environments.

use std::{
    collections::hash_map::DefaultHasher,
    env, fs,
    hash::{Hash, Hasher},
    io,
    path::{Path, PathBuf},
    process::{self, Command},
    sync::OnceLock,
};

use highway::wire::Dialect;

use crate::{Peer, Unavailable};

const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");

/// A published version of highway.py, ready to run.
#[derive(Debug)]
pub struct HighwayPy {
    interpreter: PathBuf,
    program: &'static str,
    dialect: Dialect,
}

impl HighwayPy {
    /// highway.py 0.1, which speaks the dialect 0.1.
    ///
    /// The first use on a machine installs it, which takes some seconds; later ones find it under
    /// the target directory. `PYTHON` in the environment names the Python, `python3` is the default.
    pub fn v0_1() -> Result<&'static Self, Unavailable> {
        static INSTALLED: OnceLock<Result<HighwayPy, Unavailable>> = OnceLock::new();
        INSTALLED
            .get_or_init(|| Self::install("requirements-0.1.txt", "highway_01.py", Dialect::V01))
            .as_ref()
            .map_err(Unavailable::clone)
    }

    /// highway.py 0.2.2, which speaks the dialect 0.2; the rest as for [`HighwayPy::v0_1`].
    pub fn v0_2() -> Result<&'static Self, Unavailable> {
        static INSTALLED: OnceLock<Result<HighwayPy, Unavailable>> = OnceLock::new();
        INSTALLED
            .get_or_init(|| Self::install("requirements-0.2.txt", "highway_02.py", Dialect::V02))
            .as_ref()
            .map_err(Unavailable::clone)
    }

    fn install(
        requirements: &str,
        program: &'static str,
        dialect: Dialect,
    ) -> Result<Self, Unavailable> {
        Ok(Self {
            interpreter: environment(requirements)?,
            program,
            dialect,
        })
    }

    /// The dialect that it speaks.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Starts its server; gives back the peer and the URL where it listens.
    pub async fn server(&self) -> (Peer, String) {
        let mut peer = self.start("server");
        let port = peer.listening().await;
        (peer, format!("ws://127.0.0.1:{port}"))
    }

    /// Starts a program that connects as a client wherever [`Peer::connect`] tells it to.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn client(&self) -> Peer {
        self.start("client")
    }

    fn start(&self, side: &str) -> Peer {
        let mut command = self.python();
        command.arg(self.program).arg(side);
        Peer::start(command)
    }

    /// The Python of the environment that highway.py is installed in, in the folder of the peer
    /// programs.
    pub fn python(&self) -> Command {
        let mut command = Command::new(&self.interpreter);
        // Nothing is to be written beside the sources.
        command.arg("-B").current_dir(PEERS);
        command
    }
}

/// The interpreter of the virtual environment with these requirements, which is made when it is not
/// there.
fn environment(requirements: &str) -> Result<PathBuf, Unavailable> {
    let python = env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    // What the environment depends on is in its name, so that a change of any of it makes another.
    let identity = execute(
        Command::new(&python).args(["-c", "import sys; print(sys.executable, sys.version)"]),
    )?;
    let requirements = Path::new(PEERS).join(requirements);
    let tools = Path::new(PEERS).join("requirements-build.txt");
    let mut hasher = DefaultHasher::new();
    (&identity, read(&requirements)?, read(&tools)?).hash(&mut hasher);
    let name = requirements.file_stem().unwrap_or_default().display();
    let environments = target_directory()?.join("highway-py");
    let environment = environments.join(format!("{name}-{:016x}", hasher.finish()));
    let interpreter = |environment: &Path| environment.join("bin/python");
    if environment.exists() {
        return Ok(interpreter(&environment));
    }

    // It is made beside its place and moved there when it is whole, so nobody ever finds half of one.
    let unfinished = environments.join(format!("{name}-unfinished-{}", process::id()));
    let pip = |arguments: &[&str], requirements: &Path| {
        execute(
            Command::new(interpreter(&unfinished))
                .args(["-m", "pip", "install", "--quiet"])
                .arg("--disable-pip-version-check")
                .args(arguments)
                .arg("--requirement")
                .arg(requirements),
        )
    };
    let made = execute(
        Command::new(&python)
            .args(["-m", "venv", "--clear"])
            .arg(&unfinished),
    )
    .and_then(|_| pip(&[], &tools))
    .and_then(|_| pip(&["--no-build-isolation"], &requirements));
    let moved = made.and_then(|_| match fs::rename(&unfinished, &environment) {
        // Another test binary was faster, and its environment is as good.
        Err(_) if environment.exists() => Ok(()),
        moved => moved.map_err(|error| unusable(&environment, &error)),
    });
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(|error| unusable(&unfinished, &error))?;
    }
    moved.map(|()| interpreter(&environment))
}

/// Cargo tells tests of its target directory when it compiles them, but not the library that they share.
fn target_directory() -> Result<PathBuf, Unavailable> {
    let binary = env::current_exe().map_err(|error| Unavailable::new(error.to_string()))?;
    // target/debug/deps/binary
    binary
        .ancestors()
        .nth(3)
        .map(Path::to_owned)
        .ok_or_else(|| Unavailable::new(format!("{} is in no target directory", binary.display())))
}

fn read(path: &Path) -> Result<String, Unavailable> {
    fs::read_to_string(path).map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, error: &io::Error) -> Unavailable {
    Unavailable::new(format!("{}: {error}", path.display()))
}

/// Runs a command and gives back what it prints.
fn execute(command: &mut Command) -> Result<String, Unavailable> {
    let output = command
        .output()
        .map_err(|error| Unavailable::new(format!("{command:?} does not start: {error}")))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Unavailable::new(format!(
            "{command:?} failed ({}):\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        )))
    }
}

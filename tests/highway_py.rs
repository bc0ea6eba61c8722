//! The published versions of highway.py, installed from `PyPI` into virtual environments.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use highway::wire::Dialect;

use crate::{
    Peer, Unavailable,
    installed::{PEERS, execute, installed, read},
};

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
            interpreter: python(requirements)?,
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

/// The interpreter of the virtual environment with these requirements, a file among the peer programs, which is made when it is
/// not there.
///
/// # Errors
/// When there is no Python, or what is required can't be installed.
pub fn python(requirements: &str) -> Result<PathBuf, Unavailable> {
    let python = env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let identity = execute(
        Command::new(&python).args(["-c", "import sys; print(sys.executable, sys.version)"]),
    )?;
    let requirements = Path::new(PEERS).join(requirements);
    let tools = Path::new(PEERS).join("requirements-build.txt");
    let name = requirements.file_stem().unwrap_or_default().display();
    let depends_on = (&identity, read(&requirements)?, read(&tools)?);
    let interpreter = |environment: &Path| environment.join("bin/python");
    let environment = installed(&format!("highway-py/{name}"), depends_on, |environment| {
        let pip = |arguments: &[&str], requirements: &Path| {
            execute(
                Command::new(interpreter(environment))
                    .args(["-m", "pip", "install", "--quiet"])
                    .arg("--disable-pip-version-check")
                    .args(arguments)
                    .arg("--requirement")
                    .arg(requirements),
            )
        };
        execute(
            Command::new(&python)
                .args(["-m", "venv", "--clear"])
                .arg(environment),
        )?;
        pip(&[], &tools)?;
        pip(&["--no-build-isolation"], &requirements)
    })?;
    Ok(interpreter(&environment))
}

//! The Python client (`highway/python`), run from its source.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::{Unavailable, highway_py::python};

/// The Python client with what it depends on, ready to run.
#[derive(Debug, Clone)]
pub struct PythonClient {
    interpreter: PathBuf,
}

impl PythonClient {
    /// Installs what the client depends on, with the Python that `PYTHON` names, or `python3`.
    ///
    /// # Errors
    /// When there is no Python, or what is required can't be installed.
    pub fn find() -> Result<Self, Unavailable> {
        static INSTALLED: OnceLock<Result<PathBuf, Unavailable>> = OnceLock::new();
        let interpreter = INSTALLED.get_or_init(|| python("requirements-client.txt"));
        let interpreter = interpreter.clone()?;
        Ok(Self { interpreter })
    }

    /// The folder of the package.
    pub fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../highway/python")
    }

    /// A program of the package's tests, with its arguments.
    pub fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = self.command();
        command
            .arg(Self::folder().join("tests").join(name))
            .args(arguments);
        command
    }

    /// The interpreter, which finds the package's source.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.interpreter);
        command
            .args(["-B", "-u"])
            .env("PYTHONPATH", Self::folder().join("src"))
            .current_dir(Self::folder());
        command
    }
}

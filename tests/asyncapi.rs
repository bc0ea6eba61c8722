//! AsyncAPI's parser and a validator of JSON Schema (`peers/asyncapi`), in Node.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use serde::Deserialize;

use crate::{
    Unavailable,
    installed::{PEERS, execute, installed, read, unusable},
    javascript::npm_install,
};

/// The parser and the validator, ready to run.
#[derive(Debug)]
pub struct AsyncApiTools {
    folder: PathBuf,
}

/// What they say of a document and values.
#[derive(Debug, Deserialize)]
pub struct Checked {
    /// The parser's words, with a `severity`: 0 for an error, 1 for a warning, more for advice.
    pub diagnostics: Vec<serde_json::Value>,
    /// The operations that the parser finds.
    pub operations: Vec<Operation>,
    /// Why the validator refuses each value, if it does.
    pub refused: Vec<Option<String>>,
}

/// An operation, as the parser reads it.
#[derive(Debug, Deserialize)]
pub struct Operation {
    /// Its key.
    pub id: String,
    /// `receive` or `send`.
    pub action: String,
    /// The keys of its messages.
    pub messages: Vec<String>,
    /// Those of its reply.
    pub replies: Vec<String>,
}

impl AsyncApiTools {
    /// Finds them; the first use on a machine installs them from npm.
    pub fn find() -> Result<&'static Self, Unavailable> {
        static FOUND: OnceLock<Result<AsyncApiTools, Unavailable>> = OnceLock::new();
        FOUND
            .get_or_init(|| {
                execute(Command::new("node").arg("--version"))?;
                let source = Path::new(PEERS).join("asyncapi");
                let files = ["package.json", "check.mjs"].map(|name| source.join(name));
                let content = files.iter().map(|file| read(file));
                let content = content.collect::<Result<Vec<_>, _>>()?;
                let folder = installed("asyncapi/tools", content, |folder| {
                    fs::create_dir_all(folder).map_err(|error| unusable(folder, &error))?;
                    for file in &files {
                        let name = file.strip_prefix(&source).unwrap_or(file);
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

    /// Checks a document, and values for the payloads of its messages.
    ///
    /// # Panics
    /// When the program fails: then the document has a schema that is none.
    pub fn check(
        &self,
        document: &str,
        values: &[(&str, serde_json::Value)],
    ) -> Result<Checked, Unavailable> {
        let values: Vec<_> = values
            .iter()
            .map(|(message, value)| serde_json::json!({ "message": message, "value": value }))
            .collect();
        let input = serde_json::json!({ "text": document, "values": values }).to_string();
        let mut process = Command::new("node")
            .arg("check.mjs")
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| unusable(&self.folder, &error))?;
        let mut stdin = process.stdin.take().expect("it is piped");
        // It reads everything before it prints anything.
        stdin.write_all(input.as_bytes()).expect("it is read");
        drop(stdin);
        let output = process.wait_with_output().expect("it runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(serde_json::from_slice(&output.stdout).expect("it prints what was checked"))
    }
}

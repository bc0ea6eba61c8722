//! uWebSockets: its sources come as a package of Cargo's, a C and a C++ compiler make the server of them.

use std::fs;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::run;

/// The package with the sources.
const PACKAGE: &str = "libuwebsockets-sys";

/// Without TLS and compression, optimised across files.
const OPTIONS: [&str; 5] = [
    "-O3",
    "-flto=auto",
    "-DNDEBUG",
    "-DLIBUS_NO_SSL",
    "-DUWS_NO_ZLIB",
];

/// What `cargo metadata` tells.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
}

/// Compiles the server in `sources` into `folder`. What can't be had is told and left out.
pub(super) fn compile(sources: &Path, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let manifest = folder.join("Cargo.toml");
    fs::copy(sources.join("Cargo.toml"), &manifest)?;
    fs::write(folder.join("empty.rs"), "")?;
    let Some(library) = fetch(&manifest)? else {
        return Ok(());
    };
    let sockets = library.join("uSockets/src");
    let mut files = Vec::new();
    for part in ["", "crypto", "eventing"] {
        for entry in fs::read_dir(sockets.join(part))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "c") {
                files.push(path);
            }
        }
    }
    let objects: Vec<_> = files
        .iter()
        .filter_map(|file| Some(folder.join(file.with_extension("o").file_name()?)))
        .collect();
    let mut c = Command::new("cc");
    c.current_dir(folder).args(OPTIONS).arg("-std=c11");
    c.arg("-I").arg(&sockets).arg("-c").args(&files);
    if !run(c) {
        return Ok(());
    }
    let mut cpp = Command::new("c++");
    cpp.current_dir(folder).args(OPTIONS).arg("-std=c++20");
    cpp.arg("-I").arg(library.join("src"));
    cpp.arg("-I").arg(&sockets);
    cpp.arg(sources.join("server.cpp")).args(&objects);
    cpp.args(["-o", "server"]);
    run(cpp);
    Ok(())
}

/// Has Cargo fetch the sources, and says where they are.
fn fetch(manifest: &Path) -> Result<Option<PathBuf>> {
    let mut command = Command::new("cargo");
    command
        .args(["metadata", "--format-version", "1", "--filter-platform"])
        .arg(format!("{}-unknown-linux-gnu", std::env::consts::ARCH))
        .arg("--manifest-path")
        .arg(manifest);
    let output = match command.stderr(Stdio::inherit()).output() {
        Ok(output) if output.status.success() => output.stdout,
        Ok(output) => {
            eprintln!("`cargo metadata` failed: {}", output.status);
            return Ok(None);
        }
        Err(error) => {
            eprintln!("`cargo` can't be run: {error}");
            return Ok(None);
        }
    };
    let metadata: Metadata = serde_json::from_slice(&output)?;
    let package = metadata
        .packages
        .iter()
        .find(|package| package.name == PACKAGE)
        .and_then(|package| package.manifest_path.parent());
    package
        .map(|folder| Some(folder.join("uWebSockets")))
        .ok_or_else(|| Error::other(format!("Cargo knows no package `{PACKAGE}`")))
}

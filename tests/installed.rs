//! What tests install once and then find under the target directory.

use std::{
    collections::hash_map::DefaultHasher,
    env, fs,
    hash::{Hash, Hasher},
    io,
    path::{Path, PathBuf},
    process::{self, Command},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::Unavailable;

/// The folder of the peer programs and what they require.
pub(crate) const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");

/// The folder of this name, which `make` fills when it is not there.
///
/// What the content depends on is in the folder's name too, so that a change of any of it makes another.
pub(crate) fn installed<T>(
    name: &str,
    depends_on: impl Hash,
    make: impl FnOnce(&Path) -> Result<T, Unavailable>,
) -> Result<PathBuf, Unavailable> {
    static MADE: AtomicU64 = AtomicU64::new(0);

    let mut hasher = DefaultHasher::new();
    depends_on.hash(&mut hasher);
    let target = target_directory()?;
    let folder = target.join(format!("{name}-{:016x}", hasher.finish()));
    if folder.exists() {
        return Ok(folder);
    }
    // It is made beside its place and moved there when it is whole, so nobody ever finds half of one.
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let unfinished = target.join(format!("{name}-unfinished-{}-{number}", process::id()));
    let moved = make(&unfinished).and_then(|_| match fs::rename(&unfinished, &folder) {
        // Another test was faster, and its folder is as good.
        Err(_) if folder.exists() => Ok(()),
        moved => moved.map_err(|error| unusable(&folder, &error)),
    });
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(|error| unusable(&unfinished, &error))?;
    }
    moved.map(|()| folder)
}

/// Cargo tells tests of its target directory when it compiles them, but not the library that they share.
pub(crate) fn target_directory() -> Result<PathBuf, Unavailable> {
    let binary = env::current_exe().map_err(|error| Unavailable::new(error.to_string()))?;
    // target/debug/deps/binary
    binary
        .ancestors()
        .nth(3)
        .map(Path::to_owned)
        .ok_or_else(|| Unavailable::new(format!("{} is in no target directory", binary.display())))
}

pub(crate) fn read(path: &Path) -> Result<String, Unavailable> {
    fs::read_to_string(path).map_err(|error| unusable(path, &error))
}

pub(crate) fn unusable(path: &Path, error: &io::Error) -> Unavailable {
    Unavailable::new(format!("{}: {error}", path.display()))
}

/// Runs a command and gives back what it prints.
pub(crate) fn execute(command: &mut Command) -> Result<String, Unavailable> {
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

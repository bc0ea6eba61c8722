//! The command `highway`, built where the test was.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::Unavailable;

/// Builds the command, once.
///
/// # Errors
/// When cargo does not start.
///
/// # Panics
/// When the command does not build.
pub fn highway_command() -> Result<&'static Path, Unavailable> {
    static BUILT: OnceLock<Result<PathBuf, Unavailable>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let test = std::env::current_exe().expect("a test knows where it is");
        let folder = test.ancestors().nth(2).expect("it is in `deps`");
        let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--quiet", "--package", "highway"])
            .args(["--features", "cli", "--bin", "highway", "--target-dir"])
            .arg(folder.parent().expect("the profile is in the target"))
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
            .status()
            .map_err(|error| Unavailable::new(format!("cargo does not start: {error}")))?;
        assert!(built.success(), "the command does not build");
        Ok(folder.join("highway"))
    });
    built.as_deref().map_err(Unavailable::clone)
}

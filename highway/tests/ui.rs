//! What the compiler says about each mistake that a user of the macros can make.
//!
//! `TRYBUILD=overwrite cargo test -p highway --test ui` writes the expected output anew; read it as its user would.

use std::{env, fs, process::Command};

use libtest_mimic::{Arguments, Trial};

/// The expected output is this compiler's; others put some things differently.
const TOOLCHAIN: &str = "rustc 1.95.";

fn main() {
    let toolchain = toolchain();
    // Where the compiler is chosen, another one is a mistake.
    let wanted = toolchain.starts_with(TOOLCHAIN) || env::var("CI").is_ok_and(|ci| ci == "true");
    let trial = Trial::test("mistakes_are_reported_where_they_are", move || {
        if !toolchain.starts_with(TOOLCHAIN) {
            return Err(format!(
                "the output was written with {TOOLCHAIN}x, and this is {toolchain}"
            )
            .into());
        }
        // Without programs that have to run, trybuild checks all at once.
        let cases = trybuild::TestCases::new();
        for folder in [
            "route", "server", "client", "on", "around", "protocol", "send", "call",
        ] {
            cases.compile_fail(format!("tests/ui/{folder}/*.rs"));
        }
        Ok(())
    });
    let programs = Trial::test("each_program_that_compiles_is_a_target", || {
        let manifest = include_str!("../Cargo.toml");
        for program in fs::read_dir("tests/ui/pass")? {
            let path = format!("tests/ui/pass/{}", program?.file_name().display());
            if !manifest.contains(&format!("path = \"{path}\"\n")) {
                return Err(format!("{path} is no test in Cargo.toml").into());
            }
        }
        Ok(())
    });
    let trials = vec![trial.with_ignored_flag(!wanted), programs];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// The compiler that cargo uses, as it calls itself.
fn toolchain() -> String {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(compiler).arg("--version").output();
    output.map_or_else(
        |error| format!("no compiler ({error})"),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

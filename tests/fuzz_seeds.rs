//! The seeds of all fuzz targets, replayed: what fuzzing has found ways to is looked at with every run of the tests.

#[expect(unreachable_pub, reason = "to the fuzz targets it is a crate")]
#[path = "../highway/fuzz/src/lib.rs"]
mod fuzz;

use std::{collections::BTreeSet, fs, panic, path::PathBuf};

fn seeds() -> PathBuf {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../highway/fuzz/seeds").into()
}

fn check(target: &str) {
    let (_, run) = fuzz::TARGETS
        .into_iter()
        .find(|(name, _)| *name == target)
        .expect("it is a target");
    let mut count = 0;
    for seed in fs::read_dir(seeds().join(target)).expect("each target has seeds") {
        let path = seed.expect("a folder can be read").path();
        let data = fs::read(&path).expect("a seed can be read");
        let result = panic::catch_unwind(|| run(&data));
        assert!(result.is_ok(), "{}", path.display());
        count += 1;
    }
    assert!(count > 0, "{target} has no seeds");
}

#[test]
fn client_survives_its_seeds() {
    check("client");
}

#[test]
fn frames_survive_their_seeds() {
    check("frames");
}

#[test]
fn header_survives_its_seeds() {
    check("header");
}

#[test]
fn message_survives_its_seeds() {
    check("message");
}

#[test]
fn server_survives_its_seeds() {
    check("server");
}

#[test]
fn session_survives_its_seeds() {
    check("session");
}

#[test]
fn table_survives_its_seeds() {
    check("table");
}

#[test]
fn each_target_has_seeds_and_a_program() {
    let targets = BTreeSet::from(fuzz::TARGETS.map(|(name, _)| name.to_owned()));
    let names = |folder: PathBuf| -> BTreeSet<String> {
        fs::read_dir(folder)
            .expect("the folder is there")
            .map(|entry| entry.expect("a folder can be read").path())
            .map(|path| path.file_stem().expect("it has a name").to_owned())
            .map(|name| name.into_string().expect("names are text"))
            .collect()
    };
    assert_eq!(names(seeds()), targets);
    assert_eq!(names(seeds().join("../fuzz_targets")), targets);
}

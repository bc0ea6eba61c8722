//! The README: its programs compile, and the commands that it tells exist.

/// The programs, as `build.rs` wrote them: those that it names by their files find each other as modules.
#[allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::duplicate_mod,
    clippy::pedantic,
    reason = "they are programs for people to read, whose `main` nobody calls here"
)]
mod programs {
    include!(concat!(env!("OUT_DIR"), "/readme_programs.rs"));

    pub(super) const COUNT: usize = PROGRAMS;
}

const README: &str = include_str!("../README.md");

#[test]
fn every_block_of_rust_is_compiled() {
    let blocks = README
        .lines()
        .filter(|line| line.starts_with("```rust"))
        .count();
    assert!(blocks > 0);
    assert_eq!(programs::COUNT, blocks);
}

#[test]
fn every_example_that_is_told_exists() {
    let manifest = include_str!("../examples/Cargo.toml");
    let mut told: Vec<&str> = README
        .split("--example ")
        .skip(1)
        .map(|rest| {
            let end = rest.find(|char: char| !char.is_alphanumeric() && char != '_');
            rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
        })
        .collect();
    for name in &told {
        assert!(
            manifest.contains(&format!("name = \"{name}\"\n")),
            "there is no example `{name}`"
        );
    }
    told.sort_unstable();
    told.dedup();
    let examples = manifest.matches("[[example]]").count();
    assert_eq!(told.len(), examples, "the README tells {told:?}");
}

#[test]
fn every_limit_has_its_default_and_is_told() {
    // `Limits { message_bytes: 1048576, … }`
    let limits = format!("{:?}", highway::Limits::default());
    let (_, fields) = limits.split_once("{ ").unwrap();
    for field in fields.trim_end_matches(" }").split(", ") {
        let (name, _) = field.split_once(": ").unwrap();
        // No limit, and there with the feature `__testing` only.
        if name == "raw_echo" {
            continue;
        }
        assert!(
            README.contains(&format!("`{name}`")),
            "`{name}` is not told"
        );
    }
}

#[test]
fn every_close_of_highway_is_told() {
    use highway::Close;

    for close in [
        Close::INVALID_ROUTES,
        Close::CONVERT_FAILED,
        Close::INTERNAL_ERROR,
        Close::MALFORMED_HEADER,
        Close::NO_SUCH_ROUTE,
        Close::INVALID_STATE,
    ] {
        let told = format!("| {} `{}` |", close.code(), close.reason());
        assert!(README.contains(&told), "{told} is not told");
    }
}

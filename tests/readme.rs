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
const LIMITS: &str = include_str!("../highway/src/docs/limits.md");
const ERRORS: &str = include_str!("../highway/src/docs/errors.md");

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
fn every_link_into_the_project_leads_to_a_file() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let links: Vec<&str> = README
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|link| !link.contains("://"))
        .collect();
    assert!(links.iter().any(|link| link.starts_with("highway/")));
    for link in links {
        match link.strip_prefix('#') {
            None => assert!(root.join(link).is_file(), "there is no {link}"),
            Some(anchor) => {
                let heading = |line: &str| {
                    let title = line.strip_prefix("## ")?;
                    Some(title.to_lowercase().replace(' ', "-"))
                };
                let found = README.lines().filter_map(heading).any(|one| one == anchor);
                assert!(found, "there is no section {anchor}");
            }
        }
    }
}

#[test]
fn every_example_exists_and_is_named() {
    let manifest = include_str!("../examples/Cargo.toml");
    let examples: Vec<&str> = manifest
        .split("[[example]]\nname = \"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(!examples.is_empty());
    for name in README.split("--example ").skip(1) {
        let end = name.find(|char: char| !char.is_alphanumeric() && char != '_');
        let name = name.get(..end.unwrap_or(name.len())).unwrap_or_default();
        assert!(
            name.is_empty() || examples.contains(&name),
            "there is no example `{name}`"
        );
    }
    for name in examples {
        assert!(
            README.contains(&format!("`{name}`")),
            "the README does not name `{name}`"
        );
    }
}

#[test]
fn every_limit_is_documented_with_its_default() {
    // `ServerLimits { connection: Limits { message_bytes: 1048576, … }, connections: 10000, … }`
    let limits = format!("{:?}", highway::ServerLimits::default());
    let (_, fields) = limits.split_once("{ connection: Limits { ").unwrap();
    let (of_connections, of_servers) = fields.split_once(" }, ").unwrap();
    let of_servers = of_servers.trim_end_matches(" }").split(", ");
    for field in of_connections.split(", ").chain(of_servers) {
        let (name, _) = field.split_once(": ").unwrap();
        // No limit, and there with the feature `__testing` only.
        if name == "raw_echo" {
            continue;
        }
        assert!(
            LIMITS.contains(&format!("`{name}`")),
            "`{name}` is not documented"
        );
    }
}

#[test]
fn every_close_of_highway_is_documented() {
    use highway::Close;

    for close in [
        Close::INVALID_ROUTES,
        Close::CONVERT_FAILED,
        Close::INTERNAL_ERROR,
        Close::MALFORMED_HEADER,
        Close::NO_SUCH_ROUTE,
        Close::INVALID_STATE,
    ] {
        let row = format!("| {} `{}` |", close.code(), close.reason());
        assert!(ERRORS.contains(&row), "{row} is not documented");
    }
}

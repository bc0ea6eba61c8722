//! Writes each Rust program of the README into a file of its own, for `readme.rs` to compile.

use std::{env, fmt::Write, fs, path::Path};

fn main() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    println!("cargo::rerun-if-changed={readme}");
    println!("cargo::rerun-if-changed=build.rs");
    let readme = fs::read_to_string(readme).expect("there is a README");
    let out = env::var("OUT_DIR").expect("cargo says where to write");
    let out = Path::new(&out);
    let mut modules = String::new();
    let mut count = 0;
    for (number, block) in blocks(&readme).enumerate() {
        // Its first line may name the file that others look for it in.
        let named = block.lines().next().and_then(|line| {
            let name = line.strip_prefix("// ")?;
            name.strip_suffix(".rs")
        });
        let name = named.map_or_else(|| format!("program_{number}"), ToOwned::to_owned);
        let file = out.join(format!("{name}.rs"));
        fs::write(&file, block).expect("the folder is there to write to");
        let file = file.to_str().expect("cargo's folders have names of text");
        writeln!(modules, "#[path = {file:?}]\nmod {name};").expect("a text takes it");
        count += 1;
    }
    writeln!(modules, "const PROGRAMS: usize = {count};").expect("a text takes it");
    fs::write(out.join("readme_programs.rs"), modules).expect("the folder is there to write to");
}

/// The blocks of Rust, without their fences.
fn blocks(readme: &str) -> impl Iterator<Item = &str> {
    readme.split("\n```rust\n").skip(1).map(|rest| {
        let (block, _) = rest.split_once("\n```\n").expect("each block has an end");
        block
    })
}

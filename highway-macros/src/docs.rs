//! Documentation, as the text that rustdoc makes of it.

use syn::{Attribute, Expr, ExprLit, Lit};

/// The text of an item's doc comments. What a macro such as `include_str!` would make of them is not known here.
pub(crate) fn of(attributes: &[Attribute]) -> String {
    let parts = attributes.iter().filter_map(|attribute| {
        let meta = attribute.meta.require_name_value().ok()?;
        let Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) = &meta.value
        else {
            return None;
        };
        meta.path.is_ident("doc").then(|| text.value())
    });
    let lines = parts.flat_map(|part| {
        if part.contains('\n') {
            block(&part)
        } else {
            vec![part]
        }
    });
    let lines = unindented(&lines.collect::<Vec<_>>());
    lines.join("\n").trim_matches('\n').to_owned()
}

/// The lines of a comment `/** … */`, indented by a blank, as those behind `///` are.
fn block(text: &str) -> Vec<String> {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().trim();
    let rest: Vec<_> = lines.map(str::to_owned).collect();
    let starred = |line: &str| line.trim_start().strip_prefix('*').map(str::to_owned);
    // The last line may be what stands in front of `*/`.
    let stars: Option<Vec<_>> = rest
        .iter()
        .map(|line| starred(line).or_else(|| line.trim().is_empty().then(String::new)))
        .collect();
    let rest = unindented(&stars.unwrap_or(rest));
    let lines = [first.to_owned()].into_iter().chain(rest);
    lines.map(|line| format!(" {line}")).collect()
}

/// Takes away what all lines are indented by, and the blanks behind them.
fn unindented(lines: &[String]) -> Vec<String> {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let written = lines.iter().filter(|line| !line.trim().is_empty());
    let common = written.map(|line| indent(line)).min().unwrap_or_default();
    let lines = lines
        .iter()
        .map(|line| line.get(common..).unwrap_or("").trim_end());
    lines.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use syn::{ItemFn, parse_str};

    use super::*;

    #[track_caller]
    fn check(comment: &str, expected: &str) {
        let function: ItemFn = parse_str(&format!("{comment}\nfn say() {{}}")).expect("a function");
        assert_eq!(of(&function.attrs), expected);
    }

    #[test]
    fn docs_are_those_of_rustdoc() {
        check("", "");
        check("/// Says.", "Says.");
        check("///Says.\n///  - more", "Says.\n  - more");
        check(
            "/// Says.\n///\n///     code\n/// é  \n#[allow(unused)]\n/// More.",
            "Says.\n\n    code\né\nMore.",
        );
        check(
            "#[doc = \"Says.\"]\n#[doc = include_str!(\"x.md\")]",
            "Says.",
        );
        check("/** Says. */", "Says.");
        check("/**\n * Says.\n *\n *   code\n */", "Says.\n\n  code");
        check(
            "/** Says.\n\n    More.\n      code\n */",
            "Says.\n\nMore.\n  code",
        );
        check("/** Says.\n * a list */\n/// More.", "Says.\na list\nMore.");
    }
}

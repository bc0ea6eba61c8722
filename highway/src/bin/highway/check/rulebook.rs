//! The rules, as the chapter on the wire names them.

/// The chapter, in which a table has the rules.
const CHAPTER: &str = include_str!("../../../docs/wire.md");

/// The heading of the table's section.
const HEADING: &str = "\n## The rules by name\n";

/// A rule of the chapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    /// Its name, which stays.
    pub(super) name: &'static str,
    /// The section that it is of.
    pub(super) section: &'static str,
    /// What it says.
    pub(super) sentence: &'static str,
}

/// All rules, in the order of the chapter.
pub(super) fn rules() -> impl Iterator<Item = Rule> {
    let section = CHAPTER.split_once(HEADING);
    let section = section.map_or("", |(_, behind)| behind);
    let section = section
        .split_once("\n## ")
        .map_or(section, |(section, _)| section);
    section.lines().filter_map(rule)
}

/// The rule in a line of the table: `` | `name` | [section](#anchor) | sentence | ``.
fn rule(line: &'static str) -> Option<Rule> {
    let row = line.strip_prefix("| `")?.strip_suffix(" |")?;
    let (name, row) = row.split_once("` | [")?;
    let (section, row) = row.split_once("](#")?;
    let (_, sentence) = row.split_once(") | ")?;
    Some(Rule {
        name,
        section,
        sentence,
    })
}

/// The rule of a name.
pub(super) fn find(name: &str) -> Option<Rule> {
    rules().find(|rule| rule.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::check::rules;

    #[test]
    fn each_rule_of_the_chapter_has_one_check_and_each_check_a_rule() {
        let named: Vec<_> = rules().map(|rule| rule.name).collect();
        let checked: Vec<_> = rules::all().map(|check| check.rule).collect();
        let of = |names: &[&'static str]| names.iter().copied().collect::<BTreeSet<_>>();
        assert_eq!(of(&named), of(&checked));
        assert_eq!(named.len(), of(&named).len(), "a rule is named twice");
        assert_eq!(checked.len(), of(&checked).len(), "a rule is checked twice");
        assert!(named.len() > 100, "{}", named.len());
    }

    #[test]
    fn sections_are_those_of_the_chapter() {
        for rule in rules() {
            let heading = format!("\n## {}\n", rule.section);
            assert!(CHAPTER.contains(&heading), "{rule:?}");
            let anchor = rule
                .section
                .to_lowercase()
                .replace(' ', "-")
                .replace('/', "");
            let link = format!("| `{}` | [{}](#{anchor}) |", rule.name, rule.section);
            assert!(CHAPTER.contains(&link), "{link}");
        }
    }
}

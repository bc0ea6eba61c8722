//! Implementations whose faults are known, and will stay.

/// An implementation that breaks rules.
#[derive(Debug)]
pub(super) struct Implementation {
    pub(super) name: &'static str,
    /// The rules that it breaks, and what it does.
    faults: &'static [(&'static str, &'static str)],
}

/// highway.py 0.2.0 to 0.2.2, by the last of which these were found.
const HIGHWAY_PY: Implementation = Implementation {
    name: "highway.py 0.2",
    faults: &[
        ("close.3001-on-text", "it closes with 1011"),
        (
            "close.1000-on-invalid-map",
            "it closes with 1011, or takes the map",
        ),
        ("close.3003-on-early-message", "it waits for a map forever"),
        (
            "meta.of-the-connection",
            "the map of the connection that sent one last counts for all",
        ),
        (
            "value.read-int",
            "it refuses an int with an exponent, which highway.js writes",
        ),
        ("value.float", "it writes `nan`, `inf` and `-inf`"),
        ("value.refuse-str", "it closes with 1011"),
        ("value.refuse-int", "it closes with 1011"),
        (
            "value.refuse-float",
            "it closes with 1011, and reads 1e400 as an infinity",
        ),
        ("value.refuse-bool", "it closes with 1011"),
        (
            "value.refuse-long-int",
            "it closes with 1011, or reads it on an old Python",
        ),
        (
            "json.floats",
            "it rounds floats in collections to 10 decimals",
        ),
        ("json.large-int", "it closes with 1011"),
        ("json.surrogate", "it leaves the surrogate out"),
        (
            "json.refuse",
            "it closes with 1011, and reads 1e400 as an infinity",
        ),
        ("close.3001-on-unknown-type-code", "it closes with 1011"),
        ("close.1003-on-invalid-data", "it closes with 1011"),
    ],
};

impl Implementation {
    /// The implementation that calls itself so in HTTP.
    pub(super) fn of(software: Option<&str>, extended: bool) -> Option<&'static Self> {
        // Its version of websockets, which no other peer has used for years.
        let is_highway_py = software?.contains("websockets/3.") && !extended;
        is_highway_py.then_some(&HIGHWAY_PY)
    }

    /// What it does in place of keeping a rule.
    pub(super) fn fault(&self, rule: &str) -> Option<&'static str> {
        let mut faults = self.faults.iter();
        faults.find_map(|(broken, what)| (*broken == rule).then_some(*what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::rulebook;

    #[test]
    fn faults_are_of_rules() {
        for (rule, _) in HIGHWAY_PY.faults {
            assert!(rulebook::find(rule).is_some(), "{rule}");
        }
    }
}

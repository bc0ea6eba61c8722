//! The tables, in Markdown.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

use crate::measure::Sample;
use crate::peer::Peer;
use crate::scenario::{Mode, Scenario};
use crate::series::{Cell, Plan};

/// Above this part of a core the generator may be what limits.
const BUSY_GENERATOR: f64 = 0.97;

const MIB: f64 = 1024.0 * 1024.0;

/// All tables of a series.
pub(crate) struct Report<'a> {
    /// What was run.
    pub(crate) plan: &'a Plan,
    /// What it gave.
    pub(crate) cells: &'a [Cell],
}

impl Report<'_> {
    fn cell(&self, peer: Peer, scenario: &Scenario) -> Option<&Cell> {
        self.cells
            .iter()
            .find(|cell| cell.peer == peer && cell.scenario.name == scenario.name)
    }

    /// The median over the rounds of one figure.
    fn median(
        &self,
        peer: Peer,
        scenario: &Scenario,
        figure: impl Fn(&Sample) -> Option<f64>,
    ) -> Option<f64> {
        let samples = &self.cell(peer, scenario)?.samples;
        median(samples.iter().flatten().filter_map(figure).collect())
    }

    /// The median of the ratios to another peer, each taken inside one round.
    fn ratio(&self, peer: Peer, anchor: Peer, scenario: &Scenario) -> Option<f64> {
        let samples = &self.cell(peer, scenario)?.samples;
        let anchors = &self.cell(anchor, scenario)?.samples;
        let pairs = samples.iter().zip(anchors);
        let figure = match scenario.mode {
            Mode::Idle => |sample: &Sample| sample.resident_each,
            Mode::Fairness => |sample: &Sample| Some(sample.p99),
            _ => |sample: &Sample| Some(sample.rate),
        };
        median(
            pairs
                .filter_map(|(sample, anchor)| {
                    Some(figure(sample.as_ref().ok()?)? / figure(anchor.as_ref().ok()?)?)
                })
                .collect(),
        )
    }

    fn table(
        &self,
        to: &mut Formatter<'_>,
        title: &str,
        scenarios: &[Scenario],
        text: impl Fn(Peer, &Scenario) -> Option<String>,
    ) -> fmt::Result {
        if scenarios.is_empty() {
            return Ok(());
        }
        writeln!(to, "\n### {title}\n")?;
        let names = scenarios.iter().map(|scenario| scenario.name.to_owned());
        row(to, "peer", names)?;
        row(to, "---", scenarios.iter().map(|_| "---:".to_owned()))?;
        for peer in &self.plan.peers {
            let cells = scenarios
                .iter()
                .map(|scenario| text(*peer, scenario).unwrap_or_else(|| "-".into()));
            row(to, &peer.name(), cells)?;
        }
        Ok(())
    }

    /// A row of what highway is to reach, if it is to reach anything.
    fn aims(
        to: &mut Formatter<'_>,
        title: &str,
        scenarios: &[Scenario],
        aim: impl Fn(&Scenario) -> Option<f64>,
    ) -> fmt::Result {
        if scenarios.iter().all(|scenario| aim(scenario).is_none()) {
            return Ok(());
        }
        let text = |aim: Option<f64>| aim.map_or_else(|| "-".to_owned(), |aim| format!("{aim:.2}"));
        row(
            to,
            title,
            scenarios.iter().map(|scenario| text(aim(scenario))),
        )
    }

    fn ratios(
        &self,
        to: &mut Formatter<'_>,
        rated: &[Scenario],
        by_hand: &[Scenario],
    ) -> fmt::Result {
        let ratio = |anchor| {
            move |peer, scenario: &Scenario| {
                Some(format!("{:.2}", self.ratio(peer, anchor, scenario)?))
            }
        };
        self.table(
            to,
            "Rate, as ratio to raw-simple",
            rated,
            ratio(Peer::RawSimple),
        )?;
        Self::aims(to, "*bar for highway*", rated, |scenario| scenario.bar)?;
        Self::aims(to, "*goal for highway*", rated, |scenario| scenario.goal)?;
        self.table(
            to,
            "Rate, as ratio to raw-tuned: to the same done by hand",
            by_hand,
            ratio(Peer::RawTuned),
        )?;
        Self::aims(to, "*bar for highway*", by_hand, |scenario| {
            scenario.by_hand
        })
    }

    fn notes(&self, to: &mut Formatter<'_>) -> fmt::Result {
        let samples = || {
            self.cells
                .iter()
                .flat_map(|cell| cell.samples.iter().flatten())
        };
        let disturbed = samples()
            .filter(|sample| sample.others > self.plan.tolerance)
            .count();
        writeln!(
            to,
            "\n{} rounds of {} s after {} s of warm-up, {} runs; in {disturbed} of them others used \
             more than {} cores.",
            self.plan.rounds,
            self.plan.conditions.seconds,
            self.plan.conditions.warm_up,
            self.cells
                .iter()
                .map(|cell| cell.samples.len())
                .sum::<usize>(),
            self.plan.tolerance,
        )?;
        let saturated: BTreeSet<_> = self
            .cells
            .iter()
            .filter(|cell| !matches!(cell.scenario.mode, Mode::Fairness))
            .filter(|cell| {
                let share = self.median(cell.peer, &cell.scenario, |sample| Some(sample.generator));
                share.is_some_and(|share| share > BUSY_GENERATOR)
            })
            .map(|cell| format!("{} in {}", cell.peer.name(), cell.scenario.name))
            .collect();
        if !saturated.is_empty() {
            let saturated: Vec<_> = saturated.into_iter().collect();
            writeln!(
                to,
                "\nThe generator was busy for more than {BUSY_GENERATOR} of its core, so the server may \
                 be faster than shown (CPU seconds are right): {}.",
                saturated.join(", ")
            )?;
        }
        let failures: BTreeSet<_> = self
            .cells
            .iter()
            .flat_map(|cell| cell.samples.iter().map(move |sample| (cell, sample)))
            .filter_map(|(cell, sample)| {
                let error = sample.as_ref().err()?;
                Some(format!(
                    "- {} in {}: {error}",
                    cell.peer.name(),
                    cell.scenario.name
                ))
            })
            .collect();
        if !failures.is_empty() {
            writeln!(to, "\nRuns that failed:\n")?;
            failures
                .iter()
                .try_for_each(|failure| writeln!(to, "{failure}"))?;
        }
        Ok(())
    }
}

impl Display for Report<'_> {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        let of = |wanted: fn(&Scenario) -> bool| -> Vec<Scenario> {
            let scenarios = self.plan.scenarios.iter();
            scenarios
                .filter(|scenario| wanted(scenario))
                .copied()
                .collect()
        };
        let rated = of(|scenario| !matches!(scenario.mode, Mode::Idle | Mode::Fairness));
        let (idle, fair) = (
            of(|scenario| scenario.mode == Mode::Idle),
            of(|scenario| scenario.mode == Mode::Fairness),
        );
        let (by_hand, pipes) = (
            of(|scenario| scenario.by_hand.is_some()),
            of(|scenario| scenario.mode == Mode::Pipes),
        );
        let mut timed = rated.clone();
        timed.retain(|scenario| scenario.mode.has_latency());
        let with = |figure: fn(&Sample) -> f64, text: fn(f64) -> String| {
            move |peer, scenario: &Scenario| {
                self.median(peer, scenario, |sample| Some(figure(sample)))
                    .map(text)
            }
        };

        self.ratios(to, &rated, &by_hand)?;
        self.table(
            to,
            "Messages a second (items: items; relay: pieces; storm: connections)",
            &rated,
            with(|s| s.rate, thousands),
        )?;
        self.table(
            to,
            "Bytes through pipes, MiB a second",
            &pipes,
            |peer, scenario| {
                let pieces = self.median(peer, scenario, |sample| Some(sample.rate))?;
                let size = u32::try_from(scenario.size).ok()?;
                Some(format!("{:.0}", pieces * f64::from(size) / MIB))
            },
        )?;
        self.table(to, "Latency in µs, p50 / p99", &timed, |peer, scenario| {
            let p50 = self.median(peer, scenario, |sample| Some(sample.p50))?;
            let p99 = self.median(peer, scenario, |sample| Some(sample.p99))?;
            Some(format!("{p50:.0} / {p99:.0}"))
        })?;
        self.table(
            to,
            "CPU seconds of the server for a million messages",
            &rated,
            with(|s| s.cpu, |cpu| format!("{cpu:.2}")),
        )?;
        let mebibytes = |bytes| format!("{:.1}", bytes / MIB);
        self.table(
            to,
            "Memory of the server, RSS in MiB",
            &rated,
            with(|s| s.resident, mebibytes),
        )?;
        self.table(
            to,
            "Bytes on the wire for a message, to / from the server",
            &rated,
            |peer, scenario| {
                let up = self.median(peer, scenario, |sample| Some(sample.bytes_up))?;
                let down = self.median(peer, scenario, |sample| Some(sample.bytes_down))?;
                Some(format!("{} / {}", bytes(up), bytes(down)))
            },
        )?;
        self.table(
            to,
            "Memory of an idle connection, bytes of RSS (ratio); highway: bar 10 k, goal 6 k",
            &idle,
            |peer, scenario| {
                let bytes = self.median(peer, scenario, |sample| sample.resident_each)?;
                Some(format!(
                    "{} ({:.2})",
                    thousands(bytes),
                    self.ratio(peer, Peer::RawSimple, scenario)?
                ))
            },
        )?;
        self.table(
            to,
            "15 quiet connections beside a busy one: p50 / p99 in µs (ratio of p99), rate of all",
            &fair,
            |peer, scenario| {
                let p50 = self.median(peer, scenario, |sample| Some(sample.p50))?;
                let p99 = self.median(peer, scenario, |sample| Some(sample.p99))?;
                let rate = thousands(self.median(peer, scenario, |sample| Some(sample.rate))?);
                Some(format!(
                    "{p50:.0} / {p99:.0} ({:.2}), {rate}/s",
                    self.ratio(peer, Peer::RawSimple, scenario)?
                ))
            },
        )?;
        self.notes(to)
    }
}

fn row(to: &mut Formatter<'_>, first: &str, rest: impl Iterator<Item = String>) -> fmt::Result {
    write!(to, "| {first} |")?;
    rest.into_iter()
        .try_for_each(|cell| write!(to, " {cell} |"))?;
    writeln!(to)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        length if length % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

/// Bytes of a message: a tenth matters only where one serves many receivers.
fn bytes(count: f64) -> String {
    if count < 10.0 {
        format!("{count:.1}")
    } else {
        thousands(count)
    }
}

/// A count to three or four digits: `1.25 M`, `185 k`, `940`.
fn thousands(count: f64) -> String {
    match count {
        1e6.. => format!("{:.2} M", count / 1e6),
        1e5.. => format!("{:.0} k", count / 1e3),
        1e3.. => format!("{:.1} k", count / 1e3),
        _ => format!("{count:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_is_between_the_middle_two() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn counts_are_shortened() {
        assert_eq!(thousands(940.0), "940");
        assert_eq!(thousands(42_749.0), "42.7 k");
        assert_eq!(thousands(185_400.0), "185 k");
        assert_eq!(thousands(2_430_000.0), "2.43 M");
    }
}

//! The tables, in Markdown.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

use crate::chart::{Bar, Kind, Panel};
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
        let figure = figure(scenario);
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

    /// The scenarios in which more is better: ratios to raw-tuned, and to another build where there is one.
    fn speed(&self, to: &mut Formatter<'_>, scenarios: &[Scenario]) -> fmt::Result {
        if scenarios.is_empty() {
            return Ok(());
        }
        writeln!(
            to,
            "\n### Rate (with TLS: for CPU of the server), as ratio to raw-tuned\n"
        )?;
        let has_before = self.plan.conditions.before.is_some();
        let others = || {
            let peers = self.plan.peers.iter().copied();
            peers.filter(|peer| ![Peer::Highway, Peer::RawTuned].contains(peer))
        };
        let mut names = vec!["highway".to_owned(), "bar".to_owned(), "goal".to_owned()];
        names.extend(has_before.then(|| "highway / before".to_owned()));
        names.extend(others().map(Peer::name));
        row(to, "scenario", names.iter().cloned())?;
        row(to, "---", names.iter().map(|_| "---:".to_owned()))?;
        for scenario in scenarios {
            let ratio = |peer, anchor| self.ratio(peer, anchor, scenario);
            let text = |peer| {
                ratio(peer, Peer::RawTuned).map_or_else(
                    || peer.lacks(scenario).unwrap_or("-").to_owned(),
                    |ratio| format!("{ratio:.2}"),
                )
            };
            let misses = ratio(Peer::Highway, Peer::RawTuned)
                .zip(scenario.bar)
                .is_some_and(|(ratio, bar)| ratio < bar);
            let mut cells = vec![verdict(text(Peer::Highway), misses)];
            cells.extend([scenario.bar, scenario.goal].map(aim));
            cells.extend(has_before.then(|| {
                ratio(Peer::Highway, Peer::Before)
                    .map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"))
            }));
            cells.extend(others().map(text));
            row(to, scenario.name, cells.into_iter())?;
        }
        Ok(())
    }

    /// The scenarios in which less is better: what it is, and its ratio to another build.
    fn costs(&self, to: &mut Formatter<'_>, scenarios: &[Scenario]) -> fmt::Result {
        if scenarios.is_empty() {
            return Ok(());
        }
        writeln!(
            to,
            "\n### Costs: instructions of the server for a message (instr16), bytes of RSS for a connection (idle)\n"
        )?;
        let names = ["highway / before", "bar", "goal"].map(str::to_owned);
        let peers = self.plan.peers.iter().map(|peer| peer.name());
        let names: Vec<_> = names.into_iter().chain(peers).collect();
        row(to, "scenario", names.iter().cloned())?;
        row(to, "---", names.iter().map(|_| "---:".to_owned()))?;
        for scenario in scenarios {
            let ratio = self.ratio(Peer::Highway, Peer::Before, scenario);
            let misses = ratio
                .zip(scenario.bar)
                .is_some_and(|(ratio, bar)| ratio > bar);
            let ratio = ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
            let mut cells = vec![verdict(ratio, misses)];
            cells.extend([scenario.bar, scenario.goal].map(aim));
            cells.extend(self.plan.peers.iter().map(|peer| {
                self.median(*peer, scenario, figure(scenario))
                    .map_or_else(|| peer.lacks(scenario).unwrap_or("-").to_owned(), thousands)
            }));
            row(to, scenario.name, cells.into_iter())?;
        }
        Ok(())
    }

    /// What a picture shows: ratios, and for costs what they are.
    pub(crate) fn panels(&self) -> Vec<Panel> {
        let scenarios = self.plan.scenarios.iter();
        scenarios
            .filter(|scenario| scenario.mode != Mode::Fairness)
            .map(|scenario| Panel {
                title: if scenario.is_cost() {
                    format!("{} (less is better)", scenario.name)
                } else {
                    scenario.name.to_owned()
                },
                subtitle: scenario.to_string(),
                bars: self
                    .plan
                    .peers
                    .iter()
                    .map(|peer| self.bar(*peer, scenario))
                    .collect(),
            })
            .collect()
    }

    fn bar(&self, peer: Peer, scenario: &Scenario) -> Bar {
        let value = if scenario.is_cost() {
            self.median(peer, scenario, figure(scenario))
        } else {
            self.ratio(peer, Peer::RawTuned, scenario)
        };
        let lacks = || peer.lacks(scenario).unwrap_or("none").to_owned();
        Bar {
            name: peer.name(),
            kind: match peer {
                Peer::Highway | Peer::HighwayAxum | Peer::HighwayBytes => Kind::Highway,
                Peer::Before | Peer::BeforeBytes => Kind::Before,
                _ => Kind::Other,
            },
            value,
            text: value.map_or_else(lacks, |value| {
                if scenario.is_cost() {
                    thousands(value)
                } else {
                    format!("{value:.2}")
                }
            }),
        }
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
        let rated = of(|scenario| !scenario.is_cost() && scenario.mode != Mode::Fairness);
        let costs = of(Scenario::is_cost);
        let fair = of(|scenario| scenario.mode == Mode::Fairness);
        let pipes = of(|scenario| scenario.mode == Mode::Pipes);
        let mut timed = rated.clone();
        timed.retain(|scenario| scenario.mode.has_latency());
        let with = |figure: fn(&Sample) -> f64, text: fn(f64) -> String| {
            move |peer, scenario: &Scenario| {
                self.median(peer, scenario, |sample| Some(figure(sample)))
                    .map(text)
            }
        };

        self.speed(to, &rated)?;
        self.costs(to, &costs)?;
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
            "15 quiet connections beside a busy one: p50 / p99 in µs (ratio of p99), rate of all",
            &fair,
            |peer, scenario| {
                let p50 = self.median(peer, scenario, |sample| Some(sample.p50))?;
                let p99 = self.median(peer, scenario, |sample| Some(sample.p99))?;
                let rate = thousands(self.median(peer, scenario, |sample| Some(sample.rate))?);
                Some(format!(
                    "{p50:.0} / {p99:.0} ({:.2}), {rate}/s",
                    self.ratio(peer, Peer::RawTuned, scenario)?
                ))
            },
        )?;
        self.notes(to)
    }
}

/// What a scenario is about.
fn figure(scenario: &Scenario) -> fn(&Sample) -> Option<f64> {
    match scenario.mode {
        Mode::Idle => |sample| sample.resident_each,
        Mode::Instructions => |sample| sample.instructions,
        Mode::Fairness => |sample| Some(sample.p99),
        // The generator encrypts as much as the server, so it may be what limits the rate.
        _ if scenario.tls => |sample| Some(1.0 / sample.cpu),
        _ => |sample| Some(sample.rate),
    }
}

fn aim(aim: Option<f64>) -> String {
    aim.map_or_else(String::new, |aim| format!("{aim:.2}"))
}

/// A figure of highway's, marked when it misses its bar.
fn verdict(figure: String, misses: bool) -> String {
    if misses {
        format!("**{figure}** (misses)")
    } else {
        figure
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

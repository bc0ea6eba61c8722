//! Many runs: every peer in turn, round after round, so that what disturbs the machine for a while
//! disturbs them all, and a ratio is taken between neighbours.

use std::fs::File;
use std::io::{Result, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use highway_bench::process;
use serde_json::json;

use crate::measure::{self, Conditions, Sample};
use crate::peer::Peer;
use crate::scenario::{Mode, Scenario};
use crate::tls;

/// What to compare, and how thoroughly.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) peers: Vec<Peer>,
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) rounds: usize,
    pub(crate) conditions: Conditions,
    /// A run in which others used more than this many cores is repeated once.
    pub(crate) tolerance: f64,
    /// How long to wait for a quiet machine before a run.
    pub(crate) patience: Duration,
    /// Where every sample goes as a line of JSON.
    pub(crate) samples: Option<PathBuf>,
}

/// The runs of one peer in one scenario.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) peer: Peer,
    pub(crate) scenario: Scenario,
    /// In the order of the rounds; `Err` says why there is none.
    pub(crate) samples: Vec<std::result::Result<Sample, String>>,
}

/// Runs all of it, telling on standard error how it goes.
pub(crate) fn run(plan: &Plan) -> Result<Vec<Cell>> {
    process::raise_descriptor_limit()?;
    process::pin(plan.conditions.generator_core)?;
    let mut file = plan.samples.as_ref().map(File::create).transpose()?;
    let certificate = tls::make_certificate()?;
    let mut cells = Vec::new();
    for scenario in &plan.scenarios {
        let first = cells.len();
        let able = plan
            .peers
            .iter()
            .filter(|peer| peer.lacks(scenario).is_none())
            .filter(|peer| !scenario.tls || plan.conditions.knows_tls(**peer));
        cells.extend(able.map(|peer| Cell {
            peer: *peer,
            scenario: *scenario,
            samples: Vec::new(),
        }));
        let rounds = match scenario.mode {
            // They are the same in each.
            Mode::Instructions => 1,
            _ => plan.rounds,
        };
        for round in 1..=rounds {
            for cell in &mut cells[first..] {
                let outcome = settled(plan, cell.peer, scenario, certificate.path());
                let name = cell.peer.name();
                match &outcome {
                    Ok(sample) => eprintln!(
                        "{:>10} {round}/{rounds} {name:<15} {:>12.0}/s  p99 {:>9.1} us  {:>8.3} CPU s/M  \
                         generator {:.2}  others {:.2}",
                        scenario.name,
                        sample.rate,
                        sample.p99,
                        sample.cpu,
                        sample.generator,
                        sample.others,
                    ),
                    Err(error) => {
                        eprintln!("{:>10} {round}/{rounds} {name:<15} {error}", scenario.name);
                    }
                }
                if let Some(file) = &mut file {
                    let (sample, error) = (outcome.as_ref().ok(), outcome.as_ref().err());
                    let line = json!({
                        "scenario": scenario.name, "round": round, "peer": name,
                        "sample": sample, "error": error,
                    });
                    writeln!(file, "{line}")?;
                }
                cell.samples.push(outcome);
            }
        }
    }
    Ok(cells)
}

/// A run on a machine as quiet as can be had; of two disturbed ones the less disturbed.
fn settled(
    plan: &Plan,
    peer: Peer,
    scenario: &Scenario,
    certificate: &Path,
) -> std::result::Result<Sample, String> {
    let attempt = || {
        process::wait_for_quiet(plan.tolerance, plan.patience)?;
        measure::run(peer, scenario, &plan.conditions, certificate)
    };
    let first = attempt().map_err(|error| error.to_string())?;
    // Instructions are not fewer on a quiet machine.
    if first.others <= plan.tolerance || first.instructions.is_some() {
        return Ok(first);
    }
    let second = attempt().map_err(|error| error.to_string())?;
    Ok(if second.others < first.others {
        second
    } else {
        first
    })
}

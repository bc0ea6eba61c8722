//! `highway bench`

mod histogram;
mod load;

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use highway::Value;
use indicatif::ProgressStyle;

use self::{
    histogram::Summary,
    load::{Kind, Load, Pace},
};
use crate::{
    connect::{ServerArguments, seconds},
    data::DataArguments,
    failure::Failure,
    first::FirstArguments,
    listener::serve,
    output::{DIM, Output},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: ServerArguments,
    /// The route
    #[arg(value_name = "ROUTE", add = crate::completion::routes())]
    route: String,
    #[command(flatten)]
    data: DataArguments,
    #[command(flatten)]
    first: FirstArguments,
    /// What to measure
    #[arg(long, value_enum, default_value = "call")]
    kind: Kind,
    /// The route of this side to which the server answers a message: then their round trip is measured, in order
    #[arg(long, value_name = "ROUTE")]
    answer: Option<String>,
    /// The most that is begun in a second, over all connections, or `unlimited`
    #[arg(long, default_value = "1000", value_name = "COUNT", value_parser = pace)]
    rate: Pace,
    /// The connections
    #[arg(long, short = 'c', default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    connections: u32,
    /// What each connection has in flight at most
    #[arg(long, short = 'f', default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    in_flight: u32,
    /// The seconds that it goes on
    #[arg(long, short = 'd', value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    duration: Duration,
}

/// The connections that are made at a time.
const AT_A_TIME: usize = 32;

impl Arguments {
    pub(crate) async fn run(self, output: &Output) -> Result<(), Failure> {
        if self.data.is_stream() {
            return Err(Failure::usage(
                "`bench` sends one value each time, not --items",
            ));
        }
        if self.answer.is_some() && self.kind != Kind::Message {
            return Err(Failure::usage(
                "--answer is for `--kind message`: a call has its reply",
            ));
        }
        let expected = self.server.expected_routes().await?;
        serve(self.answer.clone().into_iter().collect(), expected);
        let data = self.data.value().await?;
        let connecting = output.progress(u64::from(self.connections), connecting_style());
        let one = || async {
            let (connection, received) = self.server.connect_listening(Value::None).await?;
            self.first.over(&connection).await?;
            connecting.inc(1);
            Ok::<_, Failure>((connection, received))
        };
        let connections = stream::iter(0..self.connections)
            .map(|_| one())
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        connecting.finish_and_clear();
        let load = Load {
            route: self.route,
            data,
            kind: self.kind,
            answered: self.answer.is_some(),
            pace: self.rate,
            in_flight: self.in_flight,
            duration: self.duration,
        };
        let millis = u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX);
        let progress = output.progress(millis, style());
        let summary = load.run(connections, &progress).await?;
        progress.finish_and_clear();
        if output.is_json() {
            output.line(&summary.json())?;
        } else {
            output.line(&summary.shown())?;
            if let (Pace::PerSecond(rate), true) = (self.rate, summary.kept_pace(self.rate)) {
                output.line(&format!(
                    "{DIM}the server kept up with {rate} a second: --rate unlimited finds out how fast it is{DIM:#}"
                ))?;
            }
        }
        summary.verdict()
    }
}

fn pace(text: &str) -> Result<Pace, String> {
    if text == "unlimited" {
        return Ok(Pace::Unlimited);
    }
    match text.replace('_', "").parse() {
        Ok(rate) if rate > 0 => Ok(Pace::PerSecond(rate)),
        _ => Err("a number from 1 on, or `unlimited`".to_owned()),
    }
}

fn connecting_style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} connecting {pos}/{len}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} {elapsed} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Summary {
    /// Whether as much was done as the pace asks for.
    fn kept_pace(&self, pace: Pace) -> bool {
        match pace {
            Pace::PerSecond(rate) => self.per_second() >= f64::from(rate) * 0.95,
            Pace::Unlimited => false,
        }
    }
}

//! The command `highway`: talks to servers of any language from a terminal.

mod check;
mod commands;
mod completion;
mod connect;
mod data;
mod description;
mod failure;
mod first;
mod listener;
mod output;
mod tls;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::CompleteEnv;
use tokio::runtime::Builder;

use self::{
    commands::{bench, call, describe, generate, listen, pipe, record, routes, send, stream},
    failure::Failure,
    output::{Output, OutputArguments},
};

/// Talks to highway servers: sends, calls, streams, listens, measures.
#[derive(Debug, Parser)]
#[command(
    name = "highway",
    version,
    after_help = "Exit codes: 0 answered, 1 refused, 2 wrong usage, 3 no connection, 4 timed out, 130 interrupted."
)]
struct Arguments {
    #[command(flatten)]
    output: OutputArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the routes of a server
    Routes(routes::Arguments),
    /// Send a message
    Send(send::Arguments),
    /// Call a route and print its reply
    Call(call::Arguments),
    /// Open a stream and print its items
    Stream(stream::Arguments),
    /// Serve routes and print the messages that the server sends to them
    Listen(listen::Arguments),
    /// Do one of these with another client, over the server
    Pipe(pipe::Arguments),
    /// Measure how fast a server answers
    Bench(bench::Arguments),
    /// Stand between clients and a server, and record what goes over their connections
    Record(record::Arguments),
    /// Hold a server or a client, in any language, to the rules of the wire
    Check(check::Arguments),
    /// Print the description of a server's routes as JSON
    Describe(describe::Arguments),
    /// Generate a client of a server, or a document of its interface
    Generate(generate::Arguments),
    /// Print what makes a shell complete commands, and the routes of the server on the line
    Completions(completion::Arguments),
}

impl Command {
    async fn run(self, output: &Output) -> Result<(), Failure> {
        match self {
            Self::Routes(arguments) => arguments.run(output).await,
            Self::Send(arguments) => arguments.run(output).await,
            Self::Call(arguments) => arguments.run(output).await,
            Self::Stream(arguments) => arguments.run(output).await,
            Self::Listen(arguments) => arguments.run(output).await,
            Self::Pipe(arguments) => arguments.run(output).await,
            Self::Bench(arguments) => arguments.run(output).await,
            Self::Record(arguments) => arguments.run(output).await,
            Self::Check(arguments) => arguments.run(output).await,
            Self::Describe(arguments) => arguments.run(output).await,
            Self::Generate(arguments) => arguments.run().await,
            Self::Completions(arguments) => arguments.run(output),
        }
    }
}

fn main() -> ExitCode {
    CompleteEnv::with_factory(Arguments::command).complete();
    let arguments = Arguments::parse();
    let output = Output::new(&arguments.output);
    let ended = match Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let command = arguments.command;
            let ended = runtime.block_on(async {
                match &command {
                    // These have something to say or to write when they are ended.
                    Command::Bench(_) | Command::Record(_) => Box::pin(command.run(&output)).await,
                    _ => Box::pin(interruptible(command.run(&output))).await,
                }
            });
            // A read of the terminal that nobody waits for would keep the program.
            runtime.shutdown_background();
            ended
        }
        Err(error) => Err(Failure::refused(format!("no runtime: {error}"))),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report();
            failure.exit_code()
        }
    }
}

/// Ends with what the command comes to, or when the user presses Ctrl-C.
async fn interruptible(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::select! {
        ended = command => ended,
        Ok(()) = tokio::signal::ctrl_c() => Err(Failure::Interrupted),
    }
}

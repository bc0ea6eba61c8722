//! Arguments, logs, signals, an exit code.

use std::{
    error::Error as StdError,
    io::{self, IsTerminal, Write, stdout},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::{CommandFactory, FromArgMatches, Parser};
use tracing_subscriber::EnvFilter;

use super::generate::GenerateArguments;
use crate::{
    client::{Client, Reconnect, shown_url},
    handler::{Handler, NoState, describe},
    inspector::Inspector,
    limits::ServerLimits,
    route::{ClientSide, ServerSide},
    server::{ForwardedHeader, Origins, RecordTo, Server},
    shown::Shown,
    wire::CloseCode,
};

/// Where a generated server listens unless it is told otherwise: highway.py's examples use this port.
const DEFAULT_BIND: &str = "127.0.0.1:1337";

/// Arguments of a generated server.
#[derive(Debug, Parser)]
struct ServerArguments {
    /// The address to listen on
    #[arg(
        long,
        env = "HIGHWAY_BIND",
        value_name = "ADDRESS:PORT",
        default_value = DEFAULT_BIND
    )]
    bind: String,
    /// The certificate (PEM, with its chain) to serve wss:// with
    #[cfg(feature = "tls")]
    #[arg(
        long,
        env = "HIGHWAY_TLS_CERT",
        value_name = "FILE",
        requires = "tls_key"
    )]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM)
    #[cfg(feature = "tls")]
    #[arg(
        long,
        env = "HIGHWAY_TLS_KEY",
        value_name = "FILE",
        requires = "tls_cert"
    )]
    tls_key: Option<PathBuf>,
    /// Speak the wire protocol of highway.py 0.1 too
    #[arg(long, env = "HIGHWAY_DIALECT_01")]
    dialect_01: bool,
    /// The pages that may connect with a browser, such as `https://chat.example`, or `any` [default: those of the same host
    /// and port]
    #[arg(
        long,
        env = "HIGHWAY_ORIGINS",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    origins: Vec<String>,
    /// The most connections at a time
    #[arg(
        long,
        env = "HIGHWAY_CONNECTIONS",
        value_name = "COUNT",
        allow_negative_numbers = true,
        default_value_t = ServerLimits::default().connections
    )]
    connections: usize,
    /// The most connections of one address at a time [default: no limit]
    #[arg(
        long,
        env = "HIGHWAY_CONNECTIONS_PER_ADDRESS",
        value_name = "COUNT",
        allow_negative_numbers = true
    )]
    connections_per_address: Option<usize>,
    /// The addresses and networks of proxies trusted to report the clients' addresses
    #[arg(
        long,
        env = "HIGHWAY_TRUST_FORWARDED",
        value_name = "NETWORK",
        value_delimiter = ','
    )]
    trust_forwarded: Vec<String>,
    /// The header in which they report it
    #[arg(
        long,
        env = "HIGHWAY_FORWARDED_HEADER",
        value_enum,
        default_value_t = HeaderArgument::XForwardedFor,
        requires = "trust_forwarded"
    )]
    forwarded_header: HeaderArgument,
    /// The path of the health check for load balancers
    #[arg(
        long,
        env = "HIGHWAY_HEALTH_PATH",
        default_value = "/healthz",
        value_name = "PATH"
    )]
    health_path: String,
    /// The path of the metrics for Prometheus, such as `/metrics` [default: none]
    #[arg(long, env = "HIGHWAY_METRICS_PATH", value_name = "PATH")]
    metrics_path: Option<String>,
    /// The path of the client for browsers, such as `/highway.js` [default: none]
    #[arg(long, env = "HIGHWAY_JAVASCRIPT", value_name = "PATH")]
    javascript: Option<String>,
    /// Serve the description of the routes at `/highway.json` to everyone [default: in debug builds, to this machine]
    #[arg(long, env = "HIGHWAY_SERVE_DESCRIPTION")]
    serve_description: bool,
    /// Serve the inspector at `/inspect`, a page that shows what the server does and calls routes: to this machine, or to
    /// whoever has the token
    #[arg(long, env = "HIGHWAY_INSPECT")]
    inspect: bool,
    /// The token that lets browsers of other machines see the inspector, with at least 16 characters
    #[arg(
        long,
        env = "HIGHWAY_INSPECT_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true,
        requires = "inspect"
    )]
    inspect_token: Option<String>,
    /// Record what goes over the connections into this file, which is emptied if it is there
    #[arg(long, env = "HIGHWAY_RECORD", value_name = "FILE")]
    record: Option<PathBuf>,
    /// Leave out what these routes carry, such as `sign-in` or `card-*`
    #[arg(
        long,
        env = "HIGHWAY_RECORD_MASK",
        value_name = "ROUTE",
        value_delimiter = ',',
        requires = "record"
    )]
    record_mask: Vec<String>,
    /// The seconds that connections and running routes have to end when the server stops
    #[arg(
        long,
        env = "HIGHWAY_SHUTDOWN_TIMEOUT",
        value_name = "SECONDS",
        allow_negative_numbers = true,
        default_value_t = ServerLimits::default().shutdown_timeout.as_secs()
    )]
    shutdown_timeout: u64,
    #[command(flatten)]
    common: CommonArguments,
}

/// See [`ForwardedHeader`].
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum HeaderArgument {
    XForwardedFor,
    Forwarded,
}

/// Arguments of a generated client.
#[derive(Debug, Parser)]
struct ClientArguments {
    /// The server to connect to
    #[arg(long, env = "HIGHWAY_URL", value_name = "URL")]
    url: Option<String>,
    /// A file of certificates (PEM) to trust instead of the usual ones
    #[cfg(feature = "tls")]
    #[arg(long, env = "HIGHWAY_TLS_CA", value_name = "FILE")]
    tls_ca: Option<PathBuf>,
    /// Trust the certificates that the system trusts
    #[cfg(feature = "tls-native-roots")]
    #[arg(long, env = "HIGHWAY_TLS_NATIVE_ROOTS", conflicts_with = "tls_ca")]
    tls_native_roots: bool,
    /// Wait for the server, and connect again when the connection is lost
    #[arg(long, env = "HIGHWAY_RECONNECT")]
    reconnect: bool,
    #[command(flatten)]
    common: CommonArguments,
}

#[derive(Debug, clap::Args)]
struct CommonArguments {
    /// What to log: a level, or tracing's directives such as `info,highway=debug`
    #[arg(
        long,
        env = "HIGHWAY_LOG",
        default_value = "info",
        value_name = "FILTER"
    )]
    log: String,
    #[command(flatten)]
    generate: GenerateArguments,
}

impl CommonArguments {
    /// Prints what was asked for instead of running, if anything was.
    fn print<H: Handler>(&self) -> Option<Result<(), Box<dyn StdError>>> {
        self.generate.run(&describe::<H>)
    }

    /// Logs to stderr; a program that has set up its own logging keeps it.
    fn start_logging(&self) -> Result<(), Box<dyn StdError>> {
        let filter = EnvFilter::try_new(&self.log)
            .map_err(|error| format!("can't log `{}` (--log, HIGHWAY_LOG): {error}", self.log))?;
        let _ = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(io::stderr)
            .with_ansi(io::stderr().is_terminal())
            .try_init();
        Ok(())
    }
}

/// Parses a program's arguments under the handler's name. `default` is the value that the handler's attribute gives to the argument
/// `name`.
fn parse<A: CommandFactory + FromArgMatches, H: Handler>(
    name: &str,
    default: Option<&'static str>,
) -> Result<A, clap::Error> {
    let mut command = A::command().about(format!("The highway program of `{}`", H::NAME));
    if let Some(default) = default {
        command = command.mut_arg(name, |argument| argument.default_value(default));
    }
    A::from_arg_matches(&command.try_get_matches()?)
}

/// What `main` is under `#[highway::server(main)]`; `bind` is the attribute's address.
pub fn server<H: Handler<Side = ServerSide, State: Default>>(
    bind: Option<&'static str>,
) -> ExitCode {
    match parse::<ServerArguments, H>("bind", bind) {
        Ok(arguments) => match arguments.common.print::<H>() {
            Some(printed) => exit(printed),
            None => exit(run_server::<H>(arguments)),
        },
        Err(error) => error.exit(),
    }
}

/// What `main` is under `#[highway::client(main)]`; `url` is the attribute's.
pub fn client<H: Handler<Side = ClientSide, State: Default>>(
    url: Option<&'static str>,
) -> ExitCode {
    match parse::<ClientArguments, H>("url", url) {
        Ok(arguments) => match arguments.common.print::<H>() {
            Some(printed) => exit(printed),
            None => exit(run_client::<H>(&arguments)),
        },
        Err(error) => error.exit(),
    }
}

fn exit(result: Result<(), Box<dyn StdError>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", Shown::error(error));
            ExitCode::FAILURE
        }
    }
}

fn run_server<H: Handler<Side = ServerSide, State: Default>>(
    arguments: ServerArguments,
) -> Result<(), Box<dyn StdError>> {
    arguments.common.start_logging()?;
    let bind = arguments.bind.clone();
    let inspect = arguments
        .inspect
        .then_some(arguments.inspect_token.is_some());
    #[cfg(feature = "tls")]
    let tls = match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(certificate), Some(key)) => {
            Some(crate::server::ServerTls::from_files(certificate, key)?)
        }
        _ => None,
    };
    let server = configure(Server::<H, NoState>::new(), arguments).state(H::State::default());
    #[cfg(feature = "tls")]
    let server = match &tls {
        Some(tls) => server.tls(tls.clone()),
        None => server,
    };
    tokio::runtime::Runtime::new()?.block_on(async {
        let stop = signals()?;
        #[cfg(all(feature = "tls", unix))]
        if let Some(tls) = tls {
            reload_on_hangup(tls)?;
        }
        let server = server.bind(bind).await?;
        // A server serves on when nobody reads what it prints.
        let _ = introduce::<H>(&mut stdout(), &server.url(), inspect);
        server.serve_until(stop).await;
        Ok(())
    })
}

fn configure<H: Handler<Side = ServerSide>>(
    server: Server<H, NoState>,
    arguments: ServerArguments,
) -> Server<H, NoState> {
    let mut server = server
        .dialect_01(arguments.dialect_01)
        .trust_forwarded(arguments.trust_forwarded)
        .forwarded_header(match arguments.forwarded_header {
            HeaderArgument::XForwardedFor => ForwardedHeader::XForwardedFor,
            HeaderArgument::Forwarded => ForwardedHeader::Forwarded,
        })
        .health_path(arguments.health_path.as_str())
        .metrics_path(arguments.metrics_path.as_deref())
        .javascript(arguments.javascript.as_deref())
        .limits(|limits| {
            limits.connections = arguments.connections;
            limits.connections_per_address = arguments.connections_per_address;
            limits.shutdown_timeout = Duration::from_secs(arguments.shutdown_timeout);
            raise_descriptor_limit(limits);
        });
    if arguments.inspect {
        let inspector = Inspector::new();
        server = server.inspector(match arguments.inspect_token {
            Some(token) => inspector.token(token),
            None => inspector,
        });
    }
    if let Some(file) = arguments.record {
        server = server.record(RecordTo::new(file).mask(arguments.record_mask));
    }
    if arguments.serve_description {
        server = server.describe(true);
    }
    if arguments.origins == ["any"] {
        server = server.origins(Origins::Any);
    } else if !arguments.origins.is_empty() {
        server = server.origins(Origins::list(arguments.origins));
    }
    server
}

/// Many systems start programs with a limit of 1,024 descriptors, which they may raise themselves.
fn raise_descriptor_limit(limits: &ServerLimits) {
    #[cfg(not(unix))]
    let _ = limits;
    #[cfg(unix)]
    {
        /// What the program needs for other things.
        const REST: u64 = 256;

        let connections = limits.connections.saturating_add(limits.pending_upgrades);
        let wanted = u64::try_from(connections)
            .unwrap_or(u64::MAX)
            .saturating_add(REST);
        if let Err(error) = rlimit::increase_nofile_limit(wanted) {
            tracing::warn!(%error, "the limit of descriptors can't be raised");
        }
    }
}

/// Takes up a renewed certificate at each SIGHUP.
#[cfg(all(feature = "tls", unix))]
fn reload_on_hangup(tls: crate::server::ServerTls) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            match tls.reload() {
                Ok(()) => tracing::info!("the certificate was read again"),
                Err(error) => tracing::error!(%error, "the old certificate stays"),
            }
        }
    });
    Ok(())
}

fn run_client<H: Handler<Side = ClientSide, State: Default>>(
    arguments: &ClientArguments,
) -> Result<(), Box<dyn StdError>> {
    arguments.common.start_logging()?;
    let url = arguments.url.as_deref().ok_or(
        "there is no server to connect to: give --url, or say `url = \"…\"` in the attribute",
    )?;
    let client = Client::<H, NoState>::new().state(H::State::default());
    #[cfg(feature = "tls")]
    let client = match &arguments.tls_ca {
        Some(file) => client.tls(crate::client::ClientTls::from_ca_file(file)?),
        None => client,
    };
    #[cfg(feature = "tls-native-roots")]
    let client = if arguments.tls_native_roots {
        client.tls(crate::client::ClientTls::from_native_roots()?)
    } else {
        client
    };
    let client = if arguments.reconnect {
        client.reconnect(Reconnect::default().wait_for_server(true))
    } else {
        client
    };
    if H::registry().is_empty() {
        tracing::warn!(
            handler = H::NAME,
            "the handler has no route and no hook; are their modules part of this binary?"
        );
    }
    tokio::runtime::Runtime::new()?.block_on(async {
        let mut stop = std::pin::pin!(signals()?);
        let (connection, mut task) = tokio::select! {
            started = client.start(url) => started?,
            () = &mut stop => return Ok(()),
        };
        tracing::info!(url = %shown_url(url), "connected");
        let close = tokio::select! {
            close = &mut task => close?,
            () = stop => {
                connection.close_with(CloseCode::GOING_AWAY, "").await?;
                return task.await.map(drop).map_err(Into::into);
            }
        };
        match close.code() {
            CloseCode::NORMAL | CloseCode::GOING_AWAY | CloseCode::NO_CODE => {
                tracing::info!(%close, "the connection is closed");
                Ok(())
            }
            _ => Err(format!("the connection was closed with {close}").into()),
        }
    })
}

/// Prints where the server listens, where its inspector is, if it has one (which may need a token), and its routes.
fn introduce<H: Handler>(
    output: &mut impl Write,
    url: &str,
    inspect: Option<bool>,
) -> io::Result<()> {
    writeln!(output, "`{}` listens on {url}", H::NAME)?;
    if let Some(has_token) = inspect {
        let url = url.replacen("ws", "http", 1);
        let token = if has_token { "?token=…" } else { "" };
        writeln!(output, "the inspector is at {url}/inspect{token}")?;
    }
    for (route, id) in H::registry().routes().iter().zip(1..) {
        writeln!(output, "{id:>6}  {:<24} {}", route.name, route.location)?;
    }
    Ok(())
}

/// Done at the first SIGINT or SIGTERM; at a second one the process ends as it would without highway.
fn signals() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            tracing::info!("stopping");
            tokio::spawn(async move {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                eprintln!("asked to stop twice");
                std::process::exit(1);
            });
        })
    }
    #[cfg(not(unix))]
    {
        Ok(async {
            // Without a way to hear of Ctrl-C there is nothing to wait for.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

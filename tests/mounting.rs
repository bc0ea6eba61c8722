//! A server inside axum's, for tests that run against both.

use std::{env, io, net::SocketAddr, process::Command};

use axum::Router;
use highway::{Handler, route::ServerSide, server::Service};
use tokio::net::TcpListener;

/// Set in a test process whose servers are to be mounted.
const MOUNTED: &str = "HIGHWAY_TESTS_MOUNTED";

/// Whether this process's servers are to be mounted.
pub fn is_mounted() -> bool {
    env::var_os(MOUNTED).is_some()
}

/// Serves inside axum, at every path, until the server has shut down.
pub async fn serve<H: Handler<Side = ServerSide>>(
    listener: TcpListener,
    service: Service<H>,
) -> io::Result<()> {
    let ended = service.handle().ended();
    let app = Router::new().fallback_service(service);
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app)
        .with_graceful_shutdown(ended)
        .await
}

/// Runs tests of this process's program once more, with its servers mounted.
///
/// # Panics
///
/// When one of them fails, or none is run.
pub fn run_mounted(tests: &[&str], skipped: &[&str]) {
    let program = env::current_exe().expect("a test knows its program");
    let mut command = Command::new(program);
    command.env(MOUNTED, "").args(tests);
    for test in skipped {
        command.args(["--skip", test]);
    }
    let output = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{errors}");
    assert!(!said.contains(" 0 passed"), "{said}");
    println!("{said}");
}

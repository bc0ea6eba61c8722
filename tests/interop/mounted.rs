//! A browser with the page of the example `axum`, over both versions of HTTP.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Router, extract::State, response::Html, routing::get};
use highway::{on, route, server::Service};
use highway_tests::{Browser, Outcome, Trial, mounting, trials, within_deadline};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::Command,
};
use tokio_rustls::{TlsAcceptor, rustls};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        peers_find_a_mounted_server_the_same,
        page_of_the_app_chats,
        page_chats_over_http2,
    ]
}

/// All but Tcl's, which leaves when hyper writes `Connection: Upgrade, close` (see `findings/hyper_upgrade_close.sh`).
#[expect(clippy::unnecessary_wraps, reason = "a trial gives an outcome")]
fn peers_find_a_mounted_server_the_same() -> Outcome {
    if mounting::is_mounted() {
        return Ok(());
    }
    for tests in [
        "and_our_server",
        "client_never_hangs",
        "client_connects_and_stays",
        "is_closed_as_the_design_says",
    ] {
        mounting::run_mounted(&[tests], &["tcl_client"]);
    }
    Ok(())
}

fn page_of_the_app_chats() -> Outcome {
    let browser = Browser::find()?;
    let example = example("axum");
    within_deadline(async {
        let (_app, url) = run_example(&example, &["--bind", "127.0.0.1:0"]).await;
        let mut page = browser.visit(&url);
        // Only a page that is through knows that nobody is logged in.
        page.wait_for(
            "document.readyState === 'complete' && document.getElementById('chat').hidden \
             && (document.querySelector('[name=name]').value = 'ann', document.getElementById('login').requestSubmit(), true)",
        )
        .await;
        chat(&mut page, "ann").await;
        page.wait_for("document.getElementById('people').textContent === 'Here: ann'")
            .await;
    });
    Ok(())
}

/// Runs an example that prints its URL as the last word of its first line.
pub(crate) async fn run_example(
    example: &Path,
    arguments: &[&str],
) -> (tokio::process::Child, String) {
    let mut app = Command::new(example)
        .args(arguments)
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the example was built");
    let output = app.stdout.take().expect("it is piped");
    let line = BufReader::new(output).lines().next_line().await;
    let line = line.expect("it is text").expect("it says where it listens");
    let url = line.split(' ').next_back().unwrap_or_default();
    (app, url.to_owned())
}

/// Says something, and waits until it is there.
async fn chat(page: &mut highway_tests::OpenPage, name: &str) {
    page.wait_for(
        "document.getElementById('chat').hidden === false \
         && (document.getElementById('text').value = 'hello', document.getElementById('chat').requestSubmit(), true)",
    )
    .await;
    let said = format!("document.getElementById('lines').textContent.includes('{name}: hello')");
    page.wait_for(&said).await;
}

/// Builds an example, where this test was built.
pub(crate) fn example(name: &str) -> std::path::PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    let folder = test.ancestors().nth(2).expect("it is in `deps`");
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let built = std::process::Command::new(cargo)
        .args(["build", "--quiet", "--package", "highway-examples"])
        .args(["--example", name, "--target-dir"])
        .arg(folder.parent().expect("the profile is in the target"))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the example can't be built");
    folder.join("examples").join(name)
}

/// A chat for the page, which tells over what it was asked for.
#[highway::server(state = Versions)]
struct Chat;

/// The versions of HTTP in which connections were asked for.
type Versions = Arc<Mutex<Vec<http::Version>>>;

#[on(connect)]
async fn asked(request: &mut highway::Request<Chat>) -> Result<(), highway::Refusal> {
    let version = request.extensions_mut().get::<http::Version>().copied();
    let mut versions = request
        .state()
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    versions.extend(version);
    Ok(())
}

#[route("say")]
async fn say(text: String, chat: &mut Chat) -> highway::Result {
    chat.everyone().send("said", ("somebody", text)).await
}

async fn note_version(
    mut request: axum::extract::Request,
    next: axum::middleware::Next,
) -> axum::response::Response {
    let version = request.version();
    request.extensions_mut().insert(version);
    next.run(request).await
}

async fn page(State(_): State<Service<Chat>>) -> Html<&'static str> {
    Html(include_str!("../../examples/axum/page.html"))
}

fn page_chats_over_http2() -> Outcome {
    let browser = Browser::find()?;
    within_deadline(async {
        let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
        let certificate = certificate.expect("the name is one");
        let key = certificate.signing_key.serialize_der().try_into();
        let mut config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.cert.der().clone()],
                key.expect("it is a key"),
            )
            .expect("they belong together");
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));

        let versions = Versions::default();
        let chat = Chat::server().state(Arc::clone(&versions)).service();
        let chat = chat.expect("its options are valid");
        let app = Router::new()
            .route("/", get(page))
            .route("/people", get(|| async { "[]" }))
            .route_service("/chat", chat.clone())
            .layer(axum::middleware::from_fn(note_version))
            .with_state(chat);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, app) = (acceptor.clone(), app.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let mut builder = auto::Builder::new(TokioExecutor::new());
                    builder.http2().enable_connect_protocol();
                    // Its end says nothing that the page does not show.
                    let _ = builder
                        .serve_connection_with_upgrades(
                            TokioIo::new(stream),
                            TowerToHyperService::new(app),
                        )
                        .await;
                });
            }
        });

        let mut page = browser.visit(&format!("https://localhost:{port}/"));
        chat_and_reload(&mut page).await;
        let versions = versions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        assert_eq!(versions, [http::Version::HTTP_2; 2]);
    });
    Ok(())
}

async fn chat_and_reload(page: &mut highway_tests::OpenPage) {
    chat(page, "somebody").await;
    page.wait_for("location.reload(), true").await;
    page.wait_for("document.getElementById('lines').children.length === 0")
        .await;
    chat(page, "somebody").await;
}

//! Signing in: by cookie, by a token in a header, in a subprotocol or in the first call, and what comes of a refusal.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use highway::{
    CallError, Close, CloseCode, ConnectError, Connection, Error, Failure, Refusal, Request,
    StatusCode,
    client::{Attempt, Reconnect},
    connection::{Reason, Status},
    route,
};
use highway_tests::{
    websocket::{header, request},
    within_deadline,
};

use crate::{
    contract::caught,
    support::{RawPeer, start},
};

#[highway::server]
struct Door {
    user: String,
}

#[derive(Clone)]
struct User(String);

/// Whom a token is of.
fn user_of(token: &str) -> Result<User, Refusal> {
    match token {
        "expired" => Err(Refusal::new(StatusCode::UNAUTHORIZED, "it has expired")),
        "banned" => Err(Refusal::new(StatusCode::FORBIDDEN, "go away")),
        user => Ok(User(user.to_owned())),
    }
}

#[highway::on(connect)]
async fn who(request: &mut Request<Door>) -> Result<(), Refusal> {
    let text = |name: &str| {
        let value = request.headers().get(name);
        value.and_then(|value| value.to_str().ok().map(str::to_owned))
    };
    let by_cookie = text("cookie").and_then(|cookies| {
        let mut cookies = cookies.split("; ");
        cookies.find_map(|cookie| cookie.strip_prefix("session=").map(str::to_owned))
    });
    let authorization = text("authorization").unwrap_or_default();
    let by_header = authorization.strip_prefix("Bearer ").map(str::to_owned);
    // "ada:secret"
    let by_name = (authorization == "Basic YWRhOnNlY3JldA==").then(|| "ada".to_owned());
    let mut offered = request.subprotocols();
    let by_subprotocol = offered.find_map(|name| name.strip_prefix("token.").map(str::to_owned));
    drop(offered);
    if by_subprotocol.is_some() {
        request.choose_subprotocol("door")?;
    }
    let token = by_cookie.or(by_header).or(by_name).or(by_subprotocol);
    if let Some(token) = token {
        let user = user_of(&token)?;
        request.extensions_mut().insert(user);
    }
    Ok(())
}

#[highway::on(open)]
async fn open(door: &mut Door) {
    if let Some(User(user)) = door.extension().cloned() {
        door.user = user;
    }
}

#[route("login")]
async fn login(token: String, door: &mut Door) -> Result<(), Failure> {
    match user_of(&token) {
        Ok(User(user)) => door.user = user,
        Err(refusal) => return Err(Failure::new(refusal.message()).with_code("token")),
    }
    Ok(())
}

#[route("whoami")]
async fn whoami(door: &mut Door) -> Result<String, Failure> {
    if door.user.is_empty() {
        return Err(Failure::new("sign in first").with_code("sign-in"));
    }
    Ok(door.user.clone())
}

#[route("leave")]
async fn leave(code: u16, door: Connection<Door>) -> highway::Result {
    door.close_with(CloseCode::from(code), "as asked").await
}

#[highway::client]
struct Guest;

/// Signs in with its first call.
#[highway::client(state = Tokens)]
struct Member;

/// The tokens that are given one after the other, the last one again and again.
#[derive(Clone)]
struct Tokens(Arc<Mutex<Vec<&'static str>>>);

impl Tokens {
    fn new(tokens: &[&'static str]) -> Self {
        Self(Arc::new(Mutex::new(tokens.iter().rev().copied().collect())))
    }

    fn next(&self) -> &'static str {
        let mut tokens = self.0.lock().unwrap();
        let last = *tokens.last().unwrap();
        if tokens.len() > 1 {
            tokens.pop();
        }
        last
    }
}

#[highway::on(ready)]
async fn sign_in(me: &mut Member) -> Result<(), Failure> {
    match me.state().next() {
        "signed out" => Err(Failure::new("signed out").with_code("out")),
        "not yet" => Err(Failure::new("not yet").with_retry(true)),
        "panic" => panic!("as asked"),
        token => Ok(me.call("login", token).await?),
    }
}

#[route("question", on = Member)]
async fn answer() {}

fn soon() -> Reconnect {
    Reconnect::default()
        .first_delay(Duration::from_millis(10))
        .max_delay(Duration::from_millis(20))
}

async fn name<H: highway::Handler<Peer = highway::route::Undeclared>>(
    me: &Connection<H>,
) -> String {
    me.call("whoami", ()).await.unwrap()
}

#[test]
fn cookie_header_and_name_in_the_url_sign_in() {
    within_deadline(async {
        let server = start(Door::server()).await;
        let cookie = Guest::client().header("cookie", "a=b; session=ada");
        assert_eq!(
            name(&cookie.connect(&server.url).await.unwrap()).await,
            "ada"
        );
        let bearer = Guest::client().header("authorization", "Bearer bob");
        assert_eq!(
            name(&bearer.connect(&server.url).await.unwrap()).await,
            "bob"
        );
        let url = server.url.replace("ws://", "ws://ada:secret@");
        assert_eq!(name(&Guest::connect(&url).await.unwrap()).await, "ada");
        let bearer = Guest::client().header("authorization", "Bearer bob");
        assert_eq!(name(&bearer.connect(&url).await.unwrap()).await, "bob");
        let refused = Guest::client().header("authorization", "Bearer expired");
        let refused = refused.connect(&url).await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!(
                "can't connect to {}: the server answered 401 Unauthorized: it has expired",
                server.url.replace("ws://", "ws://ada:***@")
            )
        );
        let nobody = Guest::connect(&server.url).await.unwrap();
        assert_eq!(nobody.subprotocol(), None);
        let refused: Result<String, Error> = nobody.call("whoami", ()).await;
        assert!(
            matches!(&refused, Err(Error::Call { source: CallError::Refused { failure }, .. }) if failure.code() == Some("sign-in")),
            "{refused:?}"
        );
    });
}

#[test]
fn token_in_a_subprotocol_signs_in_and_the_choice_is_told() {
    within_deadline(async {
        let server = start(Door::server()).await;
        let guest = Guest::client().subprotocol("door").subprotocol("token.ada");
        let me = guest.connect(&server.url).await.unwrap();
        assert_eq!(me.subprotocol().as_deref(), Some("door"));
        assert_eq!(name(&me).await, "ada");

        // As browsers write them, on one line.
        let mut peer = RawPeer::tcp(server.address).await;
        let offer = "Sec-WebSocket-Protocol: door, token.bob\r\n";
        peer.bytes(request(server.address, offer).as_bytes()).await;
        let head = peer.head().await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert_eq!(header(&head, "sec-websocket-protocol"), Some("door"));

        let other = Guest::client().subprotocol("token.ada");
        let refused = other.connect(&server.url).await.unwrap_err().to_string();
        assert!(
            refused.ends_with("400 Bad Request: the subprotocol `door` has to be offered"),
            "{refused}"
        );
        for bad in ["", "a b", "a,b", "\u{e9}", "a\r\nb"] {
            let refused = Guest::client().subprotocol(bad).connect(&server.url).await;
            assert!(
                matches!(
                    &refused,
                    Err(Error::Connect {
                        source: ConnectError::Url(_),
                        ..
                    })
                ),
                "{refused:?}"
            );
        }
        // Without a choice there is none.
        let unheard = Guest::client().subprotocol("other");
        assert_eq!(
            unheard.connect(&server.url).await.unwrap().subprotocol(),
            None
        );
    });
}

#[test]
fn client_that_signs_in_with_its_first_call_is_signed_in_when_connect_is_done() {
    within_deadline(async {
        let server = start(Door::server()).await;
        for reconnects in [false, true] {
            let client = |tokens: &[&'static str]| {
                let client = Member::client().state(Tokens::new(tokens));
                if reconnects {
                    client.reconnect(soon().wait_for_server(true))
                } else {
                    client
                }
            };
            let me = client(&["ada"]).connect(&server.url).await.unwrap();
            assert_eq!(name(&me).await, "ada");
            me.close().await;

            // The failures are typed, and final.
            let refused = client(&["expired"]).connect(&server.url).await;
            let Err(Error::Connect {
                source: ConnectError::Ready { failure },
                ..
            }) = refused
            else {
                panic!("{refused:?}");
            };
            let error = failure.source().and_then(|error| error.downcast_ref());
            let Some(Error::Call {
                route,
                source: CallError::Refused { failure },
            }) = error
            else {
                panic!("{failure:?}");
            };
            assert_eq!((route.as_str(), failure.code()), ("login", Some("token")));
            for (token, said) in [("signed out", "signed out (out)"), ("panic", "as asked")] {
                let refused = client(&[token]).connect(&server.url).await.unwrap_err();
                assert_eq!(
                    refused.to_string(),
                    format!("can't connect to {}: on(ready) failed: {said}", server.url)
                );
            }
        }
        // One that may pass is tried again.
        let patient = Member::client().state(Tokens::new(&["not yet", "not yet", "bob"]));
        let patient = patient.reconnect(soon().wait_for_server(true));
        assert_eq!(
            name(&patient.connect(&server.url).await.unwrap()).await,
            "bob"
        );
    });
}

#[test]
fn sign_in_that_fails_later_ends_a_client_with_the_reason() {
    within_deadline(async {
        let server = start(Door::server()).await;
        let tokens = Tokens::new(&["ada", "not yet", "bob", "expired"]);
        let me = Member::client().state(tokens).reconnect(soon());
        let me = me.connect(&server.url).await.unwrap();
        assert!(me.reason().is_none());
        let mut changes = me.status_changes();
        me.send("leave", 1012).await.unwrap();
        while !matches!(changes.next().await.unwrap(), Status::Connected) {}
        // The attempt in between has failed.
        assert_eq!(name(&me).await, "bob");
        me.send("leave", 1012).await.unwrap();
        let close = me.closed().await;
        assert_eq!(close.code(), CloseCode::ABNORMAL);
        assert!(close.reason().contains("on(ready) failed"), "{close}");
        let Some(Reason::Failed(error)) = me.reason() else {
            panic!("{:?}", me.reason());
        };
        assert!(matches!(&*error, ConnectError::Ready { .. }), "{error:?}");
    });
}

#[test]
fn headers_are_fresh_for_each_attempt_and_a_401_is_tried_once_more() {
    within_deadline(async {
        let server = start(Door::server()).await;
        let client = |tokens: &[&'static str], asked: &Arc<Mutex<Vec<String>>>| {
            let (tokens, asked) = (Tokens::new(tokens), Arc::clone(asked));
            Guest::client().prepare(move |attempt: Attempt| {
                let why = attempt.why().map(ToString::to_string);
                let text = format!("{} {}", attempt.number(), why.unwrap_or_default());
                asked.lock().unwrap().push(text);
                let tokens = tokens.clone();
                async move {
                    tokio::task::yield_now().await;
                    match tokens.next() {
                        "gone" => Err(Failure::new("no token").with_retry(false)),
                        "none" => Err(Failure::new("no token")),
                        "panic" => panic!("as asked"),
                        token => Ok(attempt.header("authorization", format!("Bearer {token}"))),
                    }
                }
            })
        };
        let asked = Arc::default();
        let tokens = ["none", "ada", "expired", "bob", "expired", "expired", "eve"];
        let me = client(&tokens, &asked).reconnect(soon().wait_for_server(true));
        let me = me.connect(&server.url).await.unwrap();
        assert_eq!(name(&me).await, "ada");
        let mut changes = me.status_changes();
        me.send("leave", 1012).await.unwrap();
        while !matches!(changes.next().await.unwrap(), Status::Connected) {}
        assert_eq!(name(&me).await, "bob");
        me.send("leave", 1012).await.unwrap();
        let close = me.closed().await;
        assert_eq!(
            close,
            Close::new(
                CloseCode::ABNORMAL,
                "can't reconnect: the server answered 401 Unauthorized: it has expired"
            )
        );
        let Some(Reason::Failed(error)) = me.reason() else {
            panic!("{:?}", me.reason());
        };
        assert!(
            matches!(&*error, ConnectError::Refused { status, .. } if *status == StatusCode::UNAUTHORIZED)
        );
        let away = "the connection was closed with 1012 as asked";
        let expired = "the server answered 401 Unauthorized: it has expired";
        assert_eq!(
            *asked.lock().unwrap(),
            [
                "0 ".to_owned(),
                "1 the attempt can't be prepared: no token".to_owned(),
                format!("2 {away}"),
                format!("3 {expired}"),
                format!("4 {away}"),
                format!("5 {expired}"),
            ]
        );

        // A client of one connection has one attempt.
        let refused = client(&["expired", "ada"], &asked)
            .connect(&server.url)
            .await;
        assert!(
            matches!(
                &refused,
                Err(Error::Connect {
                    source: ConnectError::Refused { .. },
                    ..
                })
            ),
            "{refused:?}"
        );
        for token in ["gone", "panic"] {
            let client = client(&[token], &asked);
            let refused = client.reconnect(soon()).connect(&server.url).await;
            assert!(
                matches!(
                    &refused,
                    Err(Error::Connect {
                        source: ConnectError::Prepare { .. },
                        ..
                    })
                ),
                "{refused:?}"
            );
        }
        let gone = client(&["gone"], &asked).reconnect(soon().wait_for_server(true));
        let refused = gone.connect(&server.url).await.unwrap_err().to_string();
        assert!(
            refused.ends_with("the attempt can't be prepared: no token"),
            "{refused}"
        );
    });
}

#[test]
fn program_decides_which_refusals_are_final() {
    within_deadline(async {
        let server = start(Door::server()).await;
        let banned = || Guest::client().header("authorization", "Bearer banned");
        let final_one = banned().reconnect(soon().wait_for_server(true));
        let refused = final_one.connect(&server.url).await;
        assert!(
            matches!(
                &refused,
                Err(Error::Connect { source: ConnectError::Refused { status, .. }, .. })
                    if *status == StatusCode::FORBIDDEN
            ),
            "{refused:?}"
        );
        let asked = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&asked);
        let chosen = soon().wait_for_server(true).retry_if(move |why| {
            let Reason::Failed(error) = why else {
                return false;
            };
            matches!(&**error, ConnectError::Refused { status, .. } if *status == StatusCode::FORBIDDEN)
                && count.fetch_add(1, Ordering::SeqCst) < 2
        });
        let refused = banned().reconnect(chosen).connect(&server.url).await;
        assert!(refused.is_err());
        assert_eq!(asked.load(Ordering::SeqCst), 3);
    });
}

#[test]
fn server_that_closes_while_its_client_signs_in_is_what_connect_tells() {
    #[highway::server]
    struct Strict;

    #[highway::on(ready)]
    async fn turn_away(strict: Connection<Strict>) -> highway::Result {
        strict.close_with(4001, "not you").await
    }

    #[route("login", on = Strict)]
    async fn never() {
        std::future::pending::<()>().await;
    }

    within_deadline(async {
        let server = start(Strict::server()).await;
        let member = || Member::client().state(Tokens::new(&["ada"]));
        let plain = member().connect(&server.url).await;
        let lasting = member().reconnect(soon().wait_for_server(true));
        for refused in [plain, lasting.connect(&server.url).await] {
            let Err(Error::Connect {
                source: ConnectError::Closed(close),
                ..
            }) = refused
            else {
                panic!("{refused:?}");
            };
            assert_eq!(close, Close::new(4001, "not you"));
        }
    });
}

#[test]
fn client_that_is_told_to_stop_while_it_signs_in_stops() {
    #[highway::server]
    struct Slow;

    #[route("login")]
    async fn never(_: Connection<Slow>) {
        std::future::pending::<()>().await;
    }

    within_deadline(async {
        let server = Slow::server().bind("127.0.0.1:0").await.unwrap();
        let (url, handle) = (server.url(), server.handle());
        let running = tokio::spawn(server.into_future());
        for reconnects in [false, true] {
            let client = Member::client().state(Tokens::new(&["ada"]));
            let client = if reconnects {
                client.reconnect(soon())
            } else {
                client
            };
            let connecting = tokio::spawn({
                let url = url.clone();
                async move { client.connect(&url).await.map(drop) }
            });
            while handle.open_calls() == 0 {
                tokio::task::yield_now().await;
            }
            connecting.abort();
            while handle.connections() > 0 {
                tokio::task::yield_now().await;
            }
        }
        running.abort();
    });
}

#[test]
fn hooks_that_wait_for_each_other_are_told_of() {
    #[highway::server]
    struct Asks;

    #[highway::on(ready)]
    async fn ask(asks: &mut Asks) -> highway::Result {
        asks.call("question", ()).await
    }

    #[route("login")]
    async fn let_in(token: String, _: &mut Asks) {
        drop(token);
    }

    caught(false, async |warnings| {
        let server = start(Asks::server()).await;
        let client = Member::client().state(Tokens::new(&["ada"]));
        let client = client.limits(|limits| limits.call_timeout = Duration::from_secs(3));
        let refused = client.connect(&server.url).await;
        let Err(Error::Connect {
            source: ConnectError::Ready { failure },
            ..
        }) = refused
        else {
            panic!("{refused:?}");
        };
        let error = failure.source().and_then(|error| error.downcast_ref());
        assert!(
            matches!(
                error,
                Some(Error::Call {
                    source: CallError::TimedOut { .. },
                    ..
                })
            ),
            "{failure}"
        );
        let of_client = "while the peer's call of `question` waits for `on(ready)` to end";
        let of_server = "while the peer's call of `login` waits for `on(ready)` to end";
        let said = warnings.of(&[of_client, of_server]);
        assert_eq!((said[of_client], said[of_server]), (1, 1));
    });
}

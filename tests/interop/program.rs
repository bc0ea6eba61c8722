//! The program that dialogues and the conformance kit are with, as the README of `conformance/` describes it: as a client, and as a
//! server.

use highway::{CallError, Error};

/// What the program sends a stream to, which only a declared route takes.
#[highway::protocol]
pub(crate) mod peer {
    pub async fn total(numbers: highway::Incoming<i64>) -> i64;
}

/// The routes of the struct `Program` where it stands.
macro_rules! routes {
    () => {
        use futures_util::{Stream, stream};
        use highway::{Connection, Failure, Incoming, Value, route, unchecked};

        use super::{kind, peer as server};

        #[route("echo")]
        async fn echo(data: Value, _: Connection<Program>) -> Value {
            data
        }

        #[route("refuse")]
        async fn refuse(data: Value, _: Connection<Program>) -> Result<(), Failure> {
            Err(Failure::new("no").with_code("refused here").with_data(data))
        }

        #[route("count")]
        async fn count(to: u64, _: Connection<Program>) -> impl Stream<Item = u64> {
            stream::iter(0..to)
        }

        #[route("sum")]
        async fn sum(mut numbers: Incoming<i64>, _: Connection<Program>) -> highway::Result<i64> {
            let mut sum = 0;
            while let Some(number) = numbers.next().await {
                sum += number?;
            }
            Ok(sum)
        }

        #[route("hold")]
        async fn hold(numbers: Incoming<i64>, _: Connection<Program>) -> Result<(), Failure> {
            let _held = numbers;
            std::future::pending().await
        }

        #[route("wait")]
        async fn wait(_: Connection<Program>) -> Result<(), Failure> {
            std::future::pending().await
        }

        #[route("never")]
        async fn never(_: Connection<Program>) -> impl Stream<Item = u64> {
            stream::pending()
        }

        #[route("do")]
        async fn act(
            (action, route, data): (String, String, Value),
            me: Connection<Program>,
        ) -> highway::Result {
            let ended = match action.as_str() {
                "send" => return me.send(unchecked(&route), data).await,
                "call" => match me.call::<_, _, Value>(unchecked(&route), data).await {
                    Ok(reply) => return me.send(unchecked("told"), ("reply", reply)).await,
                    Err(error) => Err(error),
                },
                "sum" => {
                    let numbers = data.as_slice().unwrap_or_default().iter();
                    let numbers: Vec<i64> = numbers.filter_map(Value::as_i64).collect();
                    match me.call(server::total, stream::iter(numbers)).await {
                        Ok(reply) => return me.send(unchecked("told"), ("reply", reply)).await,
                        Err(error) => Err(error),
                    }
                }
                _ => read(&me, &action, &route, data).await,
            };
            match ended {
                Ok(()) => Ok(()),
                Err(error) => {
                    let code = error.code().unwrap_or_default().to_owned();
                    me.send(unchecked("told"), ("failure", kind(&error), code))
                        .await
                }
            }
        }

        async fn read(
            me: &Connection<Program>,
            action: &str,
            route: &str,
            data: Value,
        ) -> highway::Result {
            let mut items = me.stream::<_, _, Value>(unchecked(route), data).await?;
            if action == "first" {
                let first = items.next().await.transpose()?;
                drop(items);
                return me.send(unchecked("told"), ("item", first)).await;
            }
            while let Some(item) = items.next().await {
                me.send(unchecked("told"), ("item", item?)).await?;
            }
            me.send(unchecked("told"), ("end",)).await
        }
    };
}

pub(crate) mod client {
    /// The program as a client.
    #[highway::client(peer = super::peer, pipe = Friend)]
    pub(crate) struct Program;

    /// What it is in pipes.
    #[highway::client]
    pub(crate) struct Friend;

    #[route("echo", on = Friend)]
    async fn echo_in_a_pipe(data: Value) -> Value {
        data
    }

    routes!();
}

pub(crate) mod server {
    use highway::connection::ConnectionId;

    /// The program as a server.
    #[highway::server(peer = super::peer)]
    pub(crate) struct Program;

    #[route("number")]
    async fn number(program: &mut Program) -> ConnectionId {
        program.id()
    }

    /// Lets any client reach any other.
    #[highway::on(pipe)]
    async fn may_reach(_: Connection<Program>, _: &mut Program) -> Result<(), Failure> {
        Ok(())
    }

    routes!();
}

fn kind(error: &Error) -> &'static str {
    match error {
        Error::Call { source, .. } => match source {
            CallError::Refused { .. } => "refused",
            CallError::DataNotConverted { .. } => "convert",
            CallError::WrongShape { .. } => "shape",
            CallError::RouteBroken { .. } => "internal",
            CallError::Busy => "busy",
            CallError::Cancelled => "cancelled",
            CallError::ReplyNotConverted(_) => "reply",
            CallError::Unsupported => "unsupported",
            _ => "other",
        },
        _ => "other",
    }
}

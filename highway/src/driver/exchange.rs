//! The meta exchange: which routes and types both sides tell, whether they agree, and what is to be sent for that. Without a
//! socket and without a clock.

use std::sync::Arc;

use super::closing::too_large;
use crate::{
    contract::{Contract, Mismatch, Told},
    proto::session::{Event, Peer, Session},
    wire::{Close, CloseCode, Header},
};

/// One side of the meta exchange, and what every later message is read with.
#[derive(Debug)]
pub(super) struct Exchange {
    session: Session,
    /// What is held against what the peer tells.
    contract: &'static Contract,
    /// Whether a peer that differs is refused.
    strict: bool,
    /// Whether both sides read the traceparents of calls and streams.
    is_traced: bool,
    /// The most that the peer's contract may have, in bytes.
    max_contract: usize,
}

/// What there is to do about a message of the exchange.
#[derive(Debug)]
pub(super) struct Reaction {
    /// To be sent before anything else.
    pub(super) send: Vec<Vec<u8>>,
    pub(super) verdict: Verdict,
}

/// What came of a message of the exchange.
#[derive(Debug)]
pub(super) enum Verdict {
    /// More has to come.
    Waits,
    /// Both sides know each other: messages may go. The mismatches do not stand in the way.
    Agreed(Peer, Arc<[Mismatch]>),
    /// The peer has told its contract later than was waited for: these are to be reported.
    Differs(Arc<[Mismatch]>),
    /// The peer has other routes from now on.
    Replaced(Peer),
    /// The peer is refused, for these where it does not agree with the contract.
    Refused(Close, Option<Arc<[Mismatch]>>),
}

impl Reaction {
    fn refused(close: Close) -> Self {
        Self {
            send: Vec::new(),
            verdict: Verdict::Refused(close, None),
        }
    }
}

impl Exchange {
    /// The exchange of a side with a contract, which takes so many bytes of the peer's. A `strict` side refuses a peer that differs.
    pub(super) fn new(
        session: Session,
        contract: &'static Contract,
        strict: bool,
        max_contract: usize,
    ) -> Self {
        Self {
            session,
            contract,
            strict,
            is_traced: false,
            max_contract,
        }
    }

    /// The first message, if this side has it.
    pub(super) fn open(&self) -> Option<Vec<u8>> {
        self.session.open()
    }

    /// The table for a peer that was silent for a while, where there is one.
    pub(super) fn fall_back(&self) -> Option<Vec<u8>> {
        self.session.fall_back()
    }

    /// Takes a binary message.
    ///
    /// # Errors
    /// The connection has to be closed as the error says.
    #[inline]
    pub(super) fn receive(&mut self, message: &[u8]) -> Result<Event, Close> {
        self.session.receive(message)
    }

    /// Whether both sides speak the extension.
    pub(super) fn is_extended(&self) -> bool {
        self.session.is_extended()
    }

    /// Whether both sides read the traceparents of calls and streams, as far as is known.
    pub(super) fn is_traced(&self) -> bool {
        self.is_traced
    }

    /// Whether this is to be logged as a warning.
    pub(super) fn is_news(&self, mismatch: &Mismatch) -> bool {
        self.contract.is_news(mismatch)
    }

    /// The peer has told its routes for the first time: this side's table and contract go to it, if they are to.
    #[cold]
    pub(super) fn routes_told(
        &self,
        answer: Option<Vec<u8>>,
        contract: Option<Vec<u8>>,
    ) -> Reaction {
        Reaction {
            send: answer.into_iter().chain(contract).collect(),
            verdict: if self.awaits_contract() {
                Verdict::Waits
            } else {
                self.verdict(Arc::default())
            },
        }
    }

    /// The peer has told its routes again.
    #[cold]
    pub(super) fn routes_replaced(&self, answer: Option<Vec<u8>>) -> Reaction {
        Reaction {
            send: answer.into_iter().collect(),
            verdict: match self.session.peer() {
                Some(peer) => Verdict::Replaced(peer.clone()),
                None => Verdict::Waits,
            },
        }
    }

    /// The peer has told its contract, and `answer` is this side's, if it is to be sent.
    #[cold]
    pub(super) fn contract_told(&mut self, message: &[u8], answer: Option<Vec<u8>>) -> Reaction {
        let payload = message.get(Header::LEN..).unwrap_or_default();
        if payload.len() > self.max_contract {
            let what = format_args!("contract of {} bytes", payload.len());
            return Reaction::refused(too_large(self.session.role(), what, self.max_contract));
        }
        let Told {
            mismatches,
            reads_traceparents,
        } = match self.contract.compare(payload) {
            Ok(told) => told,
            Err(error) => {
                tracing::debug!(%error, "refusing the peer's contract");
                return Reaction::refused(Close::CONVERT_FAILED);
            }
        };
        self.is_traced = reads_traceparents && self.session.reads_traceparents();
        if !self.awaits_contract() {
            return Reaction {
                send: Vec::new(),
                verdict: Verdict::Differs(mismatches),
            };
        }
        let verdict = self.verdict(mismatches);
        let is_refused = matches!(verdict, Verdict::Refused(..));
        Reaction {
            send: answer.filter(|_| !is_refused).into_iter().collect(),
            verdict,
        }
    }

    /// Whether nothing is done before the peer has told its contract: a server's comes in answer to it, and a client needs it
    /// where it declares what the server has, and for its first call to have a traceparent.
    fn awaits_contract(&self) -> bool {
        let needs =
            self.strict || self.contract.expects_peer() || self.session.reads_traceparents();
        self.session.is_extended() && (self.session.role().is_server() || needs)
    }

    /// Whether to go on with a peer whose routes, and types if it tells them, are known.
    fn verdict(&self, mut mismatches: Arc<[Mismatch]>) -> Verdict {
        let Some(peer) = self.session.peer() else {
            return Verdict::Waits;
        };
        let missing = self.contract.missing(|name| peer.table.id(name).is_some());
        if !missing.is_empty() {
            let is_missing = |of: &Mismatch| missing.iter().any(|one| one.route() == of.route());
            let others = mismatches.iter().filter(|of| !is_missing(of)).cloned();
            mismatches = missing.iter().cloned().chain(others).collect();
        }
        match mismatches.first() {
            Some(first) if self.strict => {
                let close = Close::new(CloseCode::CONTRACT, first.for_peer().to_string());
                Verdict::Refused(close, Some(mismatches))
            }
            _ => Verdict::Agreed(peer.clone(), mismatches),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        contract::RouteTypes,
        proto::{Role, handshake::LocalTable, session::SessionConfig},
        route::{Protocol, Undeclared, protocol::Declaration},
        wire::Dialect,
    };

    /// A protocol with the route `add`.
    struct Adds;

    impl Protocol for Adds {
        const NAME: &'static str = "adds";
        const ROUTES: &'static [Declaration] = &[];

        fn types() -> &'static [RouteTypes] {
            const UNKNOWN: crate::contract::Types = crate::contract::Types::NOTHING;
            &[RouteTypes {
                name: "add",
                data: UNKNOWN,
                reply: UNKNOWN,
                failure: UNKNOWN,
            }]
        }
    }

    fn contract<S: Protocol, P: Protocol>(names: &[&'static str]) -> &'static Contract {
        Box::leak(Box::new(Contract::new::<S, P>(names.iter().copied())))
    }

    fn exchange(
        role: Role,
        routes: &[&'static str],
        contract: &'static Contract,
        extension: bool,
        strict: bool,
    ) -> Exchange {
        let config = SessionConfig {
            dialect_01: true,
            extension,
            ..SessionConfig::default()
        };
        let local = LocalTable::new(routes.iter().copied()).with_contract(contract.payload());
        let local = Arc::new(local);
        let session = Session::new(role, local, config);
        Exchange::new(session, contract, strict, 1024)
    }

    fn server(routes: &[&'static str]) -> Exchange {
        let contract = contract::<Undeclared, Undeclared>(routes);
        exchange(Role::Server, routes, contract, true, false)
    }

    /// A client that declares that its server has the route `add`.
    fn client(extension: bool, strict: bool) -> Exchange {
        let contract = contract::<Undeclared, Adds>(&[]);
        exchange(Role::Client, &[], contract, extension, strict)
    }

    /// Takes a message of the exchange as a connection does.
    fn take(exchange: &mut Exchange, message: &[u8]) -> Reaction {
        match exchange.receive(message) {
            Ok(Event::Ready { answer, contract }) => exchange.routes_told(answer, contract),
            Ok(Event::Contract { answer }) => exchange.contract_told(message, answer),
            Ok(Event::Replaced { answer }) => exchange.routes_replaced(answer),
            other => panic!("{other:?}"),
        }
    }

    /// What both sides come to in the end, the server's first.
    fn run(server: &mut Exchange, client: &mut Exchange) -> [Verdict; 2] {
        let mut verdicts = [Verdict::Waits, Verdict::Waits];
        let mut to_client = Vec::from_iter(server.open());
        while !to_client.is_empty() {
            let mut to_server = Vec::new();
            for message in to_client.drain(..) {
                let told = take(client, &message);
                to_server.extend(told.send);
                verdicts[1] = told.verdict;
            }
            for message in to_server {
                let told = take(server, &message);
                to_client.extend(told.send);
                verdicts[0] = told.verdict;
            }
        }
        verdicts
    }

    #[test]
    fn sides_agree_on_the_dialect_that_both_speak() {
        for (extension, dialect) in [(true, Dialect::Extended), (false, Dialect::V02)] {
            let (mut server, mut client) = (server(&["add"]), client(extension, false));
            for verdict in run(&mut server, &mut client) {
                let Verdict::Agreed(peer, mismatches) = verdict else {
                    panic!("{verdict:?}");
                };
                assert_eq!((peer.dialect, mismatches.len()), (dialect, 0));
            }
            assert_eq!(server.is_extended(), extension);
        }
    }

    #[test]
    fn missing_route_is_told_and_refused_by_strict_sides_only() {
        for (extension, strict) in [(true, true), (true, false), (false, true), (false, false)] {
            let mut client = client(extension, strict);
            let [_, verdict] = run(&mut server(&["other"]), &mut client);
            let mismatches = match verdict {
                Verdict::Refused(close, mismatches) if strict => {
                    assert_eq!(close.code(), CloseCode::CONTRACT);
                    mismatches.expect("it says why")
                }
                Verdict::Agreed(_, mismatches) if !strict => mismatches,
                other => panic!("{other:?}"),
            };
            let routes: Vec<_> = mismatches.iter().map(Mismatch::route).collect();
            assert_eq!(routes, ["add"]);
        }
    }

    #[test]
    fn refused_peer_is_sent_no_contract() {
        let contract = contract::<Undeclared, Adds>(&[]);
        let mut server = exchange(Role::Server, &[], contract, true, true);
        let mut client = client(true, false);
        let table = server.open().expect("a server speaks first");
        let answers = take(&mut client, &table).send;
        let told: Vec<_> = answers.iter().map(|one| take(&mut server, one)).collect();
        let [routes, contract] = &*told else {
            panic!("{told:?}");
        };
        assert!(matches!(routes.verdict, Verdict::Waits));
        assert!(matches!(contract.verdict, Verdict::Refused(..)) && contract.send.is_empty());
    }

    #[test]
    fn contract_over_its_limit_and_one_that_is_no_contract_are_refused() {
        for (contract, code) in [
            (vec![0; Header::LEN + 1025], CloseCode::TOO_LARGE),
            (b"\x05\x0f\0\0\xff".to_vec(), CloseCode::CONVERT_FAILED),
        ] {
            let told = client(true, false).contract_told(&contract, None);
            let Verdict::Refused(close, None) = told.verdict else {
                panic!("{told:?}");
            };
            assert_eq!(close.code(), code);
        }
    }

    #[test]
    fn silent_peer_is_spoken_to_in_dialect_01_until_it_has_told_its_routes() {
        let (mut server, mut client) = (server(&["add"]), client(true, false));
        assert!(server.fall_back().is_some() && client.fall_back().is_none());
        run(&mut server, &mut client);
        assert!(server.fall_back().is_none());
    }

    #[test]
    fn routes_that_are_told_again_replace_the_others() {
        let (mut server, mut client) = (server(&["add"]), client(true, false));
        run(&mut server, &mut client);
        let table = LocalTable::new(["more"]).message(Dialect::V02, crate::wire::RouteId::META);
        let told = take(&mut server, &table);
        let Verdict::Replaced(peer) = told.verdict else {
            panic!("{told:?}");
        };
        assert_eq!(peer.table.names(), ["more"]);
    }
}

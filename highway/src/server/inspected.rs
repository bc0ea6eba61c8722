//! The inspector of a server: a page beside it, whose connections are of a server of their own.

use std::{net::SocketAddr, sync::Arc};

use http::{Request, Uri};

use super::{
    Config, Origins, Server, Shared,
    ends::Ends,
    http::{Answer, JAVASCRIPT},
};
use crate::{
    error::{Error, Result},
    handler::{Handler, NoState, describe_with},
    hub::Members,
    inspector::{Gate, Inspected, Inspector, PAGES, Page},
    limits::Limits,
    metrics::Meter,
    route::ServerSide,
    tap::Tap,
};

/// The file below the page to which the page connects.
const SOCKET: &str = "ws";

impl<H: Handler<Side = ServerSide>, S> Server<H, S> {
    /// Serves the [inspector](crate#the-inspector), a page that shows what the server does and calls routes (default: none): at `/inspect`,
    /// for browsers on the same machine, unless it is told otherwise.
    ///
    /// A path or a token that is not one is an error of [`bind`](Server::bind).
    ///
    /// ```
    /// use highway::Inspector;
    ///
    /// # #[highway::server]
    /// # struct Chat;
    /// let server = Chat::server().inspector(Inspector::new());
    /// ```
    pub fn inspector(mut self, inspector: Inspector) -> Self {
        self.config.inspector = Some(inspector);
        self
    }
}

impl<H: Handler> Shared<H> {
    /// The server of the inspector's pages, where a request is for it.
    pub(super) fn pages(&self, uri: &Uri) -> Option<&Arc<Shared<Page>>> {
        self.beside.as_ref()?.pages(uri.path())
    }
}

/// The inspector of a server.
pub(super) struct Beside {
    gate: Gate,
    /// The server of the pages.
    pub(super) pages: Arc<Shared<Page>>,
}

impl Beside {
    /// The inspector of a server that begins, and what the server's messages pass then; `None` without one.
    ///
    /// # Errors
    /// When its options are not valid.
    pub(super) fn begin<H: Handler>(
        config: &Config,
        members: &Arc<Members>,
        meter: &Arc<Meter>,
        limits: &Arc<Limits>,
        ends: &Ends,
    ) -> Result<Option<(Self, Arc<Tap>)>> {
        let Some(inspector) = &config.inspector else {
            return Ok(None);
        };
        inspector
            .validate()
            .map_err(|message| Error::InvalidOption {
                name: "inspector",
                message,
            })?;
        #[cfg(feature = "tls")]
        let secure = config.tls.is_some();
        #[cfg(not(feature = "tls"))]
        let secure = false;
        let gate = inspector.gate(secure);
        let inspected = Inspected::new(
            inspector,
            gate.clone(),
            Arc::clone(members),
            Arc::clone(meter),
            Arc::clone(limits),
            |limits| describe_with::<H>(limits).to_json(),
        );
        let tap = inspected.tap();
        let mut server = Server::<Page, NoState>::new().origins(Origins::Same);
        server.config.mounted = config.mounted;
        server.config.proxies = config.proxies.clone();
        let server = server
            .limits(|limits| limits.connections = PAGES)
            .state(inspected);
        let pages = server.share_until(None, ends.clone())?;
        Ok(Some((Self { gate, pages }, tap)))
    }

    /// The server of the pages, where a request is for it.
    pub(super) fn pages(&self, path: &str) -> Option<&Arc<Shared<Page>>> {
        (self.gate.file(path)? == SOCKET).then_some(&self.pages)
    }

    /// The answer to a request for one of the inspector's files.
    pub(super) fn answer(
        &self,
        request: &Request<()>,
        peer_addr: Option<SocketAddr>,
    ) -> Option<Answer> {
        let file = self.gate.file(request.uri().path())?;
        let asset = self.gate.answer(file, request, peer_addr, JAVASCRIPT);
        Some(Answer::of_asset(asset))
    }
}

//! What a client's request says besides the URL, fixed or anew for each attempt.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use crate::{connection::Reason, error::ConnectError, panics::Contained, route::Failure};

/// The headers and subprotocols of a request.
#[derive(Debug, Clone, Default)]
pub(super) struct Offer {
    pub(super) headers: Vec<(String, String)>,
    pub(super) subprotocols: Vec<String>,
}

/// One attempt of a client to connect, which the function given to [`Client::prepare`](super::Client::prepare) completes.
///
/// Its headers and subprotocols are sent in addition to those of the builder; a header replaces one of the same name.
pub struct Attempt {
    number: u32,
    why: Option<Reason>,
    offer: Offer,
}

impl fmt::Debug for Attempt {
    /// Without the headers, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("number", &self.number)
            .field("why", &self.why)
            .finish_non_exhaustive()
    }
}

impl Attempt {
    pub(super) fn new(number: u32, why: Option<Reason>, offer: &Offer) -> Self {
        Self {
            number,
            why,
            offer: offer.clone(),
        }
    }

    pub(super) fn into_offer(self) -> Offer {
        self.offer
    }

    /// The number of attempts before it since a connection lasted: 0 for the first of a client, then the number of its
    /// [`ReconnectAttempt`](crate::connection::ReconnectAttempt).
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Why the connection or the attempt before it ended, such as an answer 401 for a token that has expired; `None` for the
    /// first of a client.
    pub fn why(&self) -> Option<&Reason> {
        self.why.as_ref()
    }

    /// Adds a header to the HTTP request, in place of one of the same name.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.offer.headers.push((name.into(), value.into()));
        self
    }

    /// Offers a subprotocol, as [`Client::subprotocol`](super::Client::subprotocol) does.
    pub fn subprotocol(mut self, name: impl Into<String>) -> Self {
        self.offer.subprotocols.push(name.into());
        self
    }
}

type Preparing = Pin<Box<dyn Future<Output = Result<Attempt, Failure>> + Send>>;

/// The function that completes each attempt.
#[derive(Clone)]
pub(super) struct Prepare(Arc<dyn Fn(Attempt) -> Preparing + Send + Sync>);

impl Prepare {
    pub(super) fn new<F>(prepare: impl Fn(Attempt) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Attempt, Failure>> + Send + 'static,
    {
        Self(Arc::new(move |attempt| Box::pin(prepare(attempt))))
    }

    pub(super) async fn complete(&self, attempt: Attempt) -> Result<Attempt, ConnectError> {
        // Called in the future, as the call is the program's as well.
        let completed = Box::pin(async { (self.0)(attempt).await });
        let failure = match Contained::new(completed).await {
            Ok(Ok(attempt)) => return Ok(attempt),
            Ok(Err(failure)) => failure,
            Err(panic) => Failure::new(panic.into_text()),
        };
        Err(ConnectError::Prepare { failure })
    }
}

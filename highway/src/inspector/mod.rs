//! The inspector: a page that shows what a server does while it runs.
//!
//! [The chapter](crate#the-inspector) says what is on it. [`Server::inspector`](crate::Server::inspector) serves it, and `--inspect` of a generated
//! `main`. The page is a client of highway: its server is the handler in `handler.rs`, which looks at the connections of the
//! other server through `Inspected`. What is on the page is made in `model.rs`; which messages it sees, and how many at most, is
//! decided in `sample.rs`, and who may see it in `gate.rs`. The files that a browser loads are in `page/`.

mod assets;
mod decoded;
mod gate;
mod handler;
mod model;
mod sample;

use std::{fmt, sync::Arc};

pub(crate) use assets::Asset;
pub(crate) use gate::Gate;
pub(crate) use handler::Page;

use crate::{
    error::Result, hub::Members, limits::Limits, link::Link, metrics::Meter, shown::Shown,
    tap::Tap, wire::ConnectionId,
};
use sample::Sampler;

/// The pages that may be open at a time.
pub(crate) const PAGES: usize = 16;

/// The fewest characters of a token.
const TOKEN: usize = 16;

/// How the inspector is served: see [`Server::inspector`](crate::Server::inspector).
///
/// ```
/// use highway::Inspector;
///
/// # #[highway::server]
/// # struct Chat;
/// # fn example(token: String) {
/// // On this machine only:
/// let server = Chat::server().inspector(Inspector::new());
/// // For whoever has the token, from everywhere: https://chat.example/admin/inspect?token=…
/// let inspector = Inspector::new().path("/admin/inspect").token(token);
/// let server = Chat::server().inspector(inspector);
/// # }
/// ```
#[derive(Clone, Default)]
#[must_use = "it is given to a server: `.inspector(…)`"]
pub struct Inspector {
    path: Option<String>,
    token: Option<String>,
    server_path: Option<String>,
}

impl fmt::Debug for Inspector {
    /// The token is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspector")
            .field("path", &self.page_path())
            .field("has_token", &self.token.is_some())
            .finish_non_exhaustive()
    }
}

impl Inspector {
    /// The inspector at `/inspect`, for browsers on the same machine.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the path of the page (default: `/inspect`). What the page loads is below it.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Lets in whoever has this token, from any address, and nobody else. It is a secret of at least 16 characters, each a letter, a
    /// digit or one of `-._~`. A browser gets in with `?token=…` behind the page's path, and keeps it as a cookie; other programs
    /// send it as `authorization: Bearer …`.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Sets the path at which the page connects to the server, as a client of its own that calls the server's routes (default: `/`). A
    /// server inside another one is at the path where it is mounted.
    pub fn server_path(mut self, path: impl Into<String>) -> Self {
        self.server_path = Some(path.into());
        self
    }

    pub(crate) fn page_path(&self) -> &str {
        self.path.as_deref().unwrap_or("/inspect")
    }

    /// Whether it can be served so.
    ///
    /// # Errors
    /// What is wrong.
    pub(crate) fn validate(&self) -> Result<(), String> {
        for path in [Some(self.page_path()), self.server_path.as_deref()] {
            let path = path.unwrap_or("/");
            if !path.starts_with('/') || path.contains(['?', '#', '"', '<', '>', '&', ' ']) {
                let shown = Shown::new(path);
                return Err(format!(
                    "`{shown}` is not a path: it begins with `/`, and has no `?`, `#` and nothing that HTML has a meaning for"
                ));
            }
        }
        if self.page_path().ends_with('/') {
            return Err(
                "the inspector's path has a name at its end, such as `/inspect`".to_owned(),
            );
        }
        let is_allowed = |char: char| char.is_ascii_alphanumeric() || "-._~".contains(char);
        if let Some(token) = &self.token
            && (token.len() < TOKEN || !token.chars().all(is_allowed))
        {
            return Err(format!(
                "the inspector's token has at least {TOKEN} characters, each a letter, a digit or one of `-._~`"
            ));
        }
        Ok(())
    }

    /// Who may see it; `secure` is whether the server is reached over TLS.
    pub(crate) fn gate(&self, secure: bool) -> Gate {
        Gate::new(self.page_path().to_owned(), self.token.clone(), secure)
    }
}

/// What the inspector looks at: a server that runs.
pub(crate) struct Inspected {
    members: Arc<Members>,
    meter: Arc<Meter>,
    limits: Arc<Limits>,
    sampler: Arc<Sampler>,
    tap: Arc<Tap>,
    gate: Gate,
    server_path: String,
    /// Its description, in JSON.
    describe: fn(&Limits) -> String,
}

impl fmt::Debug for Inspected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspected").finish_non_exhaustive()
    }
}

impl Inspected {
    pub(crate) fn new(
        inspector: &Inspector,
        gate: Gate,
        members: Arc<Members>,
        meter: Arc<Meter>,
        limits: Arc<Limits>,
        describe: fn(&Limits) -> String,
    ) -> Self {
        let sampler = Arc::new(Sampler::new(Arc::clone(&meter)));
        let watch: Arc<dyn crate::tap::Watch> = sampler.clone();
        let path = inspector.server_path.clone();
        Self {
            members,
            meter,
            limits,
            tap: Arc::new(Tap::new(watch)),
            sampler,
            gate,
            server_path: path.unwrap_or_else(|| "/".to_owned()),
            describe,
        }
    }

    /// What the server's messages pass.
    pub(crate) fn tap(&self) -> Arc<Tap> {
        Arc::clone(&self.tap)
    }

    /// The connection with a number.
    ///
    /// # Errors
    /// When there is none.
    fn link(&self, id: u64) -> Result<Arc<Link>> {
        self.members.get(ConnectionId(id))
    }
}

//! AsyncAPI.

mod document;
mod schema;

use super::{GenerateError, view::View};
use crate::description::{Description, Role};

/// Generates a document in [AsyncAPI](https://www.asyncapi.com) 3.1.0, as JSON: what one side of a connection receives and sends.
///
/// ```
/// # #[cfg(feature = "net")] {
/// use highway::{description::Role, generate::AsyncApi};
///
/// #[highway::protocol]
/// mod server {
///     /// Adds.
///     pub async fn add(numbers: (i32, f64)) -> f64;
/// }
///
/// #[highway::server(serves = server)]
/// struct Calculator;
/// # #[highway::route(server::add, on = Calculator)]
/// # async fn add((a, b): (i32, f64)) -> f64 { f64::from(a) + b }
///
/// let of_server = AsyncApi::new().generate(&Calculator::describe())?;
/// assert!(of_server.contains(r#""action": "receive""#));
/// let of_its_clients = AsyncApi::new().side(Role::Client).generate(&Calculator::describe())?;
/// assert!(of_its_clients.contains(r#""action": "send""#));
/// # }
/// # Ok::<(), highway::generate::GenerateError>(())
/// ```
#[derive(Debug, Clone)]
pub struct AsyncApi {
    side: Option<Role>,
    version: String,
    url: Option<String>,
    strict: bool,
}

impl Default for AsyncApi {
    fn default() -> Self {
        Self {
            side: None,
            version: "1.0.0".to_owned(),
            url: None,
            strict: false,
        }
    }
}

impl AsyncApi {
    /// A generator with the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The side whose document it is (default: the one that is described).
    pub fn side(mut self, side: Role) -> Self {
        self.side = Some(side);
        self
    }

    /// The version of the interface, `info.version` in the document (default: `1.0.0`).
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Where the server is, such as `wss://chat.example/rooms` (default: the document names no server).
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Whether to refuse a description in which a type is not known (default: no: anything fits it).
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// The document, with a line break at the end. The same description always gives the same.
    ///
    /// # Errors
    /// When the description contradicts itself, when the [`url`](Self::url) is none of a WebSocket, and with [`strict`](Self::strict) when
    /// a type is not known.
    pub fn generate(&self, description: &Description) -> Result<String, GenerateError> {
        let view = View::new(description, self.strict)?;
        let url = self.url.as_deref().map(document::server).transpose()?;
        let side = self.side.unwrap_or(description.role);
        let document = document::Document::new(&view, description, side, &self.version, url);
        // Its keys are texts, so that nothing in it can't be written.
        let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
        text.push('\n');
        Ok(text)
    }
}

/// A name as a key of the document's components, which may have letters, digits, `.`, `-` and `_` in them.
fn key(name: &str) -> String {
    let allowed = |char: char| char.is_ascii_alphanumeric() || "._-".contains(char);
    let key: String = name
        .chars()
        .map(|char| if allowed(char) { char } else { '_' })
        .collect();
    if key.is_empty() { "_".to_owned() } else { key }
}

//! What stands in the parentheses, and the struct.

use proc_macro2::TokenStream;
use syn::{
    Error, Fields, Ident, ItemStruct, LitStr, Path, Type,
    parse::{ParseStream, Parser},
};

use crate::{
    diagnostics::Errors,
    item,
    options::{self, Slot},
};

/// The side of the connection that an attribute is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Server,
    Client,
}

impl Side {
    /// The attribute's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }

    /// The option for the address.
    fn address(self) -> &'static str {
        match self {
            Self::Server => "bind",
            Self::Client => "url",
        }
    }

    /// The options, as an error lists them.
    fn options(self) -> &'static [options::Form] {
        match self {
            Self::Server => &[
                "main",
                "bind = \"127.0.0.1:1337\"",
                "serves = server",
                "peer = client",
                "state = Db",
                "crate = highway",
            ],
            Self::Client => &[
                "main",
                "url = \"ws://127.0.0.1:1337\"",
                "serves = client",
                "peer = server",
                "pipe = Friend",
                "state = Db",
                "crate = highway",
            ],
        }
    }
}

/// What the attribute says.
pub(crate) struct Arguments {
    pub(crate) side: Side,
    pub(crate) main: Slot<Ident>,
    /// Its option, to underline it, and its value.
    pub(crate) address: Slot<(Ident, LitStr)>,
    pub(crate) serves: Slot<Path>,
    pub(crate) peer: Slot<Path>,
    pub(crate) pipe: Slot<Type>,
    pub(crate) state: Slot<Type>,
    pub(crate) root: Slot<Path>,
}

/// Accepts options in any order.
pub(crate) fn arguments(side: Side, tokens: TokenStream, errors: &mut Errors) -> Arguments {
    let mut arguments = Arguments {
        side,
        main: None,
        address: None,
        serves: None,
        peer: None,
        pipe: None,
        state: None,
        root: None,
    };
    let parsed = (|input: ParseStream<'_>| {
        options::parse(input, side.options(), errors, |name, input| {
            match name.to_string().as_str() {
                "main" => arguments.main = Some(name.clone()),
                "serves" => arguments.serves = Some(input.call(Path::parse_mod_style)?),
                "peer" => arguments.peer = Some(input.call(Path::parse_mod_style)?),
                "pipe" => arguments.pipe = Some(input.parse()?),
                "state" => arguments.state = Some(input.parse()?),
                "crate" => arguments.root = Some(input.call(Path::parse_mod_style)?),
                _ => arguments.address = Some((name.clone(), input.parse()?)),
            }
            Ok(())
        });
        Ok(())
    })
    .parse2(tokens);
    errors.take(parsed);
    if let (Some((option, _)), None) = (&arguments.address, &arguments.main) {
        let verb = match side {
            Side::Server => "server().bind",
            Side::Client => "connect",
        };
        errors.at(
            option,
            format!(
                "option `{}` is for the generated `main`: add `main`, or give the address to `{verb}(…)`",
                side.address()
            ),
        );
    }
    arguments
}

/// Accepts `struct Chat;` and `struct Chat { … }`.
pub(crate) fn item(side: Side, tokens: &TokenStream) -> syn::Result<ItemStruct> {
    let wrong = |message: String| Err(Error::new_spanned(item::head(tokens), message));
    let Ok(item) = syn::parse2::<ItemStruct>(tokens.clone()) else {
        return wrong(format!(
            "`#[highway::{}]` goes on a struct: `struct Chat;` or `struct Chat {{ … }}`",
            side.name()
        ));
    };
    if !item.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &item.generics,
            "a handler can't be generic: its routes are collected for one type",
        ));
    }
    if let Fields::Unnamed(fields) = &item.fields {
        return Err(Error::new_spanned(
            fields,
            format!(
                "a handler's fields have names: `struct {} {{ … }}`",
                item.ident
            ),
        ));
    }
    Ok(item)
}

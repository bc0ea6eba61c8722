//! A protocol as its module tells it.

use quote::quote;
use syn::{
    Attribute, FnArg, GenericArgument, Ident, Item, LitStr, Pat, Path, PathArguments, ReturnType,
    Signature, Type, Visibility, ext::IdentExt, meta::ParseNestedMeta,
};

use super::parse::{Declaration, Module};
use crate::{
    diagnostics::Errors,
    function::{argument, bare, ends_with, find_impl, stream_item},
    runtime::Runtime,
};

/// A protocol.
pub(crate) struct Protocol {
    pub(crate) runtime: Runtime,
    pub(crate) module: Module,
    pub(crate) routes: Vec<Route>,
}

/// A declared route.
pub(crate) struct Route {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) function: Ident,
    /// The name on the wire, at the function's name or at what `#[route("…")]` says.
    pub(crate) name: LitStr,
    pub(crate) parameter: Option<String>,
    /// The names in the parameter: several, where it takes a tuple apart.
    pub(crate) parameters: Vec<String>,
    pub(crate) data: Option<Type>,
    pub(crate) reply: Option<Type>,
    /// The items of its data, where that is a stream.
    pub(crate) takes: Option<Type>,
    /// The items that it returns, if it does.
    pub(crate) gives: Option<Type>,
    /// The types that stand for its own where those can't be found out.
    pub(crate) shapes: Shapes,
}

/// What `#[shape(data = …, reply = …, error = …)]` says.
#[derive(Default)]
pub(crate) struct Shapes {
    pub(crate) data: Option<Type>,
    pub(crate) reply: Option<Type>,
    pub(crate) error: Option<Type>,
}

impl Protocol {
    /// Takes the declared routes out of the module's items.
    pub(crate) fn new(root: Option<Path>, mut module: Module, errors: &mut Errors) -> Self {
        let mut routes = Vec::new();
        let items = std::mem::take(&mut module.items);
        for item in items {
            match item {
                Item::Verbatim(tokens) => match syn::parse2::<Declaration>(tokens.clone()) {
                    Ok(declaration) => routes.push(Route::new(declaration, errors)),
                    Err(_) => module.items.push(Item::Verbatim(tokens)),
                },
                Item::Fn(function) => {
                    errors.at(
                        &function.sig.ident,
                        "a protocol declares functions without a body: end it with `;`, and serve it with `#[highway::route]` elsewhere",
                    );
                    let declaration = Declaration {
                        attributes: function.attrs,
                        visibility: function.vis,
                        signature: function.sig,
                    };
                    routes.push(Route::new(declaration, errors));
                }
                item => module.items.push(item),
            }
        }
        Self {
            runtime: Runtime::new(root),
            module,
            routes,
        }
    }
}

impl Route {
    fn new(declaration: Declaration, errors: &mut Errors) -> Self {
        let Declaration {
            mut attributes,
            visibility,
            signature,
        } = declaration;
        check(&signature, errors);
        let name = name(&mut attributes, errors).unwrap_or_else(|| {
            LitStr::new(&signature.ident.unraw().to_string(), signature.ident.span())
        });
        let shapes = shapes(&mut attributes, &signature, errors);
        let mut parameters = signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(parameter) => Some(parameter),
            FnArg::Receiver(_) => None,
        });
        let data = parameters.next();
        let reply = match &signature.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(known(bare(ty)).clone()),
        };
        let parameter = data.map(|parameter| crate::text::of(&parameter.pat));
        let parameters = data.and_then(|parameter| names(&parameter.pat));
        let data = data.map(|parameter| bare(&parameter.ty).clone());
        Self {
            attributes,
            visibility,
            name,
            parameter,
            parameters: parameters.unwrap_or_default(),
            takes: data
                .as_ref()
                .and_then(taken_item)
                .filter(|item| is_owned(item))
                .cloned(),
            gives: reply
                .as_ref()
                .and_then(taken_item)
                .filter(|item| is_owned(item))
                .cloned(),
            data: data.filter(is_owned),
            reply: reply.filter(is_owned),
            function: signature.ident,
            shapes,
        }
    }
}

/// Accepts `#[shape(data = LineShape)]`, once.
fn shapes(attributes: &mut Vec<Attribute>, signature: &Signature, errors: &mut Errors) -> Shapes {
    let mut shapes = None;
    attributes.retain(|attribute| {
        if attribute
            .path()
            .segments
            .last()
            .is_none_or(|last| last.ident != "shape")
        {
            return true;
        }
        if shapes.is_some() {
            errors.at(
                attribute,
                "a route's shapes are given together: `#[shape(data = …, reply = …)]` is there twice",
            );
            return false;
        }
        let mut found = Shapes::default();
        if let Err(error) = attribute.parse_nested_meta(|meta| found.take(&meta, signature)) {
            errors.add(error);
        } else if found.data.is_none() && found.reply.is_none() && found.error.is_none() {
            errors.at(attribute, Shapes::EXPECTED);
        }
        shapes = Some(found);
        false
    });
    shapes.unwrap_or_default()
}

impl Shapes {
    const EXPECTED: &str = "`#[shape(…)]` gives types that stand for those of the route, where serde does not tell them: `data = …`, `reply = …`, \
                            `error = …`";

    fn take(&mut self, meta: &ParseNestedMeta<'_>, signature: &Signature) -> syn::Result<()> {
        let route = &signature.ident;
        let takes = !signature.inputs.is_empty();
        let returns = matches!(signature.output, ReturnType::Type(..));
        let (place, has) = match meta.path.get_ident() {
            Some(key) if key == "data" => (&mut self.data, takes),
            Some(key) if key == "reply" => (&mut self.reply, returns),
            Some(key) if key == "error" => (&mut self.error, returns),
            _ => return Err(meta.error(Self::EXPECTED)),
        };
        let ty = meta.value()?.parse()?;
        if !has {
            let text = if takes { "returns" } else { "takes" };
            return Err(meta.error(format!(
                "route `{route}` {text} nothing that a shape could stand for"
            )));
        }
        if place.replace(ty).is_some() {
            return Err(meta.error("this shape is given twice"));
        }
        Ok(())
    }
}

/// The names that a parameter binds, if it is a name or a tuple of names.
fn names(pattern: &Pat) -> Option<Vec<String>> {
    let name = |pattern: &Pat| match pattern {
        Pat::Ident(name) => Some(name.ident.unraw().to_string()),
        _ => None,
    };
    match pattern {
        Pat::Tuple(tuple) => tuple.elems.iter().map(name).collect(),
        pattern => Some(vec![name(pattern)?]),
    }
}

/// What remains of a reply when [`check`] has refused its error.
fn known(reply: &Type) -> &Type {
    match result(reply) {
        Some(Declared::Unknown(value) | Declared::Opened(value, _)) => value,
        None => reply,
    }
}

/// A `Result` that a protocol can't hold.
enum Declared<'a> {
    /// Its error is one that every route may have.
    Unknown(&'a Type),
    /// It is of a stream.
    Opened(&'a Type, &'a Type),
}

/// Accepts `Result<T, Failure>`, `highway::Result<T>`, `Result<impl Stream<Item = T>, E>`.
fn result(reply: &Type) -> Option<Declared<'_>> {
    let Type::Path(path) = bare(reply) else {
        return None;
    };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let types: Vec<&Type> = arguments
        .args
        .iter()
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(bare(ty)),
            _ => None,
        })
        .collect();
    let of_highway = path
        .path
        .segments
        .iter()
        .rev()
        .nth(1)
        .is_some_and(|module| module.ident == "highway");
    match *types.as_slice() {
        [value, error] if last.ident == "Result" && stream_item(value).is_some() => {
            Some(Declared::Opened(value, error))
        }
        [value, error] if last.ident == "Result" && ends_with(error, "Failure") => {
            Some(Declared::Unknown(value))
        }
        [value] if last.ident == "Result" && of_highway => Some(Declared::Unknown(value)),
        _ => None,
    }
}

/// The items of a route's data, where that is a stream: `Incoming<T>`, or `impl Stream<Item = T>`.
fn taken_item(ty: &Type) -> Option<&Type> {
    argument(ty, "Incoming").or_else(|| stream_item(ty))
}

/// Whether a type can be declared; [`check`] refuses the others.
fn is_owned(ty: &Type) -> bool {
    match taken_item(ty) {
        Some(item) => is_owned(item),
        None => find_impl(ty).is_none() && !matches!(ty, Type::Reference(_)),
    }
}

/// Refuses what is not a declaration of a route.
fn check(signature: &Signature, errors: &mut Errors) {
    if signature.asyncness.is_none() {
        errors.at(
            signature.fn_token,
            format!(
                "a route is an async function: `async fn {}`",
                signature.ident
            ),
        );
    }
    if let Some(receiver) = signature.receiver() {
        errors.at(
            receiver,
            "a protocol declares a route's data only: leave the receiver out",
        );
    }
    if !signature.generics.params.is_empty() {
        errors.at(
            &signature.generics.params,
            "a declared route can't be generic: both sides have to know its types",
        );
    }
    let parameters: Vec<_> = signature
        .inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Typed(parameter) => Some(parameter),
            FnArg::Receiver(_) => None,
        })
        .collect();
    if let [_, more @ ..] = parameters.as_slice()
        && !more.is_empty()
    {
        errors.at(
            quote!(#(#more),*),
            format!(
                "route `{}` takes one piece of data: make a tuple or a struct of its parameters",
                signature.ident
            ),
        );
    }
    let types = parameters.iter().map(|parameter| &*parameter.ty);
    let reply = match &signature.output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some(&**ty),
    };
    if let Some(reply) = reply
        && let Some(item) = argument(reply, "Incoming")
    {
        errors.at(
            reply,
            format!(
                "`Incoming` is what a route takes: one that sends items returns `impl Stream<Item = {}>`",
                crate::text::of(item)
            ),
        );
    }
    match reply.and_then(result) {
        Some(Declared::Unknown(value)) => errors.at(
            reply,
            format!(
                "every route may fail with a `highway::Failure`: leave it out, `-> {}`; an error that is declared is one that both sides can serialise",
                crate::text::of(value)
            ),
        ),
        Some(Declared::Opened(stream, error)) => errors.at(
            reply,
            format!(
                "a stream sends its error as an item: `impl Stream<Item = Result<{}, {}>>`",
                stream_item(stream).map(crate::text::of).unwrap_or_default(),
                crate::text::of(error)
            ),
        ),
        None => {}
    }
    for ty in types.chain(reply.map(known)) {
        let ty = taken_item(ty).unwrap_or(ty);
        if let Some(found) = find_impl(ty) {
            errors.at(
                found,
                "both sides have to know the type: write it instead of `impl …`",
            );
        } else if let Type::Reference(reference) = bare(ty) {
            errors.at(
                reference,
                "a protocol declares owned types, such as `String` for `&str`; what sends and what serves may borrow",
            );
        }
    }
}

/// Accepts `#[route("change-name")]`, once.
fn name(attributes: &mut Vec<Attribute>, errors: &mut Errors) -> Option<LitStr> {
    let mut name = None;
    attributes.retain(|attribute| {
        if attribute.path().segments.last().is_none_or(|last| last.ident != "route") {
            return true;
        }
        match attribute.parse_args::<LitStr>() {
            Ok(_) if name.is_some() => errors.at(attribute, "a route has one name: `#[route(…)]` is given twice"),
            Ok(literal) => name = Some(literal),
            Err(_) => errors.at(
                attribute,
                "here `#[route(…)]` holds the route's name on the wire and nothing else: `#[route(\"change-name\")]`",
            ),
        }
        false
    });
    name
}

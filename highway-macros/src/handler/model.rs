//! A handler as its struct and attribute tell it.

use syn::{Attribute, Expr, Field, Fields, Ident, ItemStruct};

use super::parse::Arguments;
use crate::{diagnostics::Errors, runtime::Runtime};

/// A handler.
pub(crate) struct Handler {
    pub(crate) runtime: Runtime,
    pub(crate) arguments: Arguments,
    /// The struct, without its fields.
    pub(crate) item: ItemStruct,
    pub(crate) fields: Vec<HandlerField>,
}

/// A field that the user wrote.
pub(crate) struct HandlerField {
    pub(crate) field: Field,
    pub(crate) name: Ident,
    /// What `#[default(…)]` says.
    pub(crate) default: Option<Expr>,
}

impl Handler {
    /// Takes `#[default(…)]` off the fields.
    pub(crate) fn new(arguments: Arguments, mut item: ItemStruct, errors: &mut Errors) -> Self {
        let fields = std::mem::replace(&mut item.fields, Fields::Unit)
            .into_iter()
            .filter_map(|mut field| {
                let default = default(&mut field.attrs, errors);
                let name = field.ident.clone()?;
                Some(HandlerField {
                    field,
                    name,
                    default,
                })
            })
            .collect();
        Self {
            runtime: Runtime::new(arguments.root.clone()),
            arguments,
            item,
            fields,
        }
    }
}

/// Accepts `#[default(expression)]`, once.
fn default(attributes: &mut Vec<Attribute>, errors: &mut Errors) -> Option<Expr> {
    let mut default = None;
    attributes.retain(|attribute| {
        if !attribute.path().is_ident("default") {
            return true;
        }
        match attribute.parse_args::<Expr>() {
            Ok(_) if default.is_some() => {
                errors.at(attribute, "a field starts with one value: `#[default(…)]` is given twice");
            }
            Ok(expression) => default = Some(expression),
            Err(_) => errors.at(
                attribute,
                "`#[default(…)]` holds the value that the field starts with: `#[default(\"lobby\".into())]`",
            ),
        }
        false
    });
    default
}

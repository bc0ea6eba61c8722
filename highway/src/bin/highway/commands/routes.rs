//! `highway routes`

use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};
use highway::description::{Description, Route, Type};

use crate::{
    connect::ServerArguments,
    description::Known,
    failure::Failure,
    output::{DIM, Output, escaped},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: ServerArguments,
    /// List the routes that the server expects of its clients instead
    #[arg(long)]
    peer: bool,
}

impl Arguments {
    pub(crate) async fn run(self, output: &Output) -> Result<(), Failure> {
        match self.server.description().await {
            Ok(Known::Description(description)) => self.described(&description, output),
            // Of a server of another language, the connection tells the names.
            Ok(Known::Nothing(why)) if !self.peer => {
                if !output.is_json() {
                    anstream::eprintln!("{DIM}{}: these are the names only{DIM:#}", escaped(&why));
                }
                let connection = self.server.connect().await?;
                let names = connection.peer_routes();
                connection.close().await;
                for name in names {
                    output.name(&name)?;
                }
                Ok(())
            }
            Ok(Known::Nothing(why)) => Err(Failure::refused(why)),
            Err(failure) => Err(failure),
        }
    }

    fn described(&self, description: &Description, output: &Output) -> Result<(), Failure> {
        let routes = if self.peer {
            description.peer.as_deref().ok_or_else(|| {
                Failure::refused("the server does not declare what its clients serve")
            })?
        } else {
            &description.serves
        };
        if output.is_json() {
            for route in routes {
                let line = serde_json::to_string(route)
                    .map_err(|error| Failure::refused(error.to_string()))?;
                output.line(&line)?;
            }
            return Ok(());
        }
        output.line(&table(routes))?;
        Ok(())
    }
}

/// The fewest columns of a terminal into which a table is fitted.
const NARROW: u16 = 60;

fn table(routes: &[Route]) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    // Some terminals have no width, and in a narrow one a line that goes on reads better than columns of letters.
    if table.width().is_some_and(|width| width < NARROW) {
        table.set_content_arrangement(ContentArrangement::Disabled);
    }
    let head = ["route", "takes", "returns", ""];
    table.set_header(head.map(|text| Cell::new(text).add_attribute(Attribute::Dim)));
    for route in routes {
        let shown = |ty: &Option<Type>| {
            let text = ty.as_ref().map_or_else(String::new, Type::to_string);
            Cell::new(escaped(&text))
        };
        let docs = route.docs.as_deref().and_then(|docs| docs.lines().next());
        table.add_row([
            Cell::new(escaped(&route.name)).fg(Color::DarkCyan),
            shown(&route.data),
            shown(&route.reply),
            Cell::new(escaped(docs.unwrap_or_default())),
        ]);
    }
    table.to_string()
}

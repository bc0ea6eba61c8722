//! Files from client to client: the server knows who has which name, and leads pipes between them. It sees none of what goes
//! through.
//!
//! ```sh
//! cargo run --release --example files_server
//! cargo run --release --example files_client -- receive --name bob --into /tmp
//! cargo run --release --example files_client -- send --to bob large.iso
//! ```

mod protocol;

use highway::{
    Connection, Failure,
    connection::{ConnectionId, Named},
    route,
};
use protocol::server;

#[highway::server(main, serves = server)]
struct Files;

#[route(server::name)]
async fn name(name: String, files: &mut Files) -> Result<(), Failure> {
    if files.to(Named(&name)).count() > 0 {
        return Err(Failure::new("somebody else has this name").with_code("taken"));
    }
    files.set_name(&name)?;
    Ok(())
}

#[route(server::find)]
async fn find(name: String, files: &mut Files) -> Option<ConnectionId> {
    files.to(Named(&name)).members().first().copied()
}

/// Those who have a name can be reached by everybody.
#[highway::on(pipe)]
async fn reach(to: Connection<Files>) -> Result<(), Failure> {
    match to.name() {
        Some(_) => Ok(()),
        None => Err(Failure::new("it has no name")),
    }
}

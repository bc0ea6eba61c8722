//! A declared route and its name are the same route.

#[highway::protocol]
mod server {
    #[route("change-name")]
    pub async fn change_name(name: String);
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::change_name)]
async fn change_name(_: String, _: &mut Chat) {}

#[highway::route("change-name")]
async fn change_name_again(_: String, _: &mut Chat) {}

fn main() {}

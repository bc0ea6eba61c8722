//! A name that the served protocol does not have is a typing mistake: the nearest one is shown.

#[highway::protocol]
mod server {
    #[route("change-name")]
    pub async fn change_name(name: String);
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::change_name)]
async fn change_name(_: String, _: &mut Chat) {}

#[highway::route("chnage-name")]
async fn change_name_again(_: u8, _: &mut Chat) -> bool {
    true
}

fn main() {}

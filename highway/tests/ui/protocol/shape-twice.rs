#[highway::protocol]
mod server {
    #[shape(data = u8)]
    #[shape(reply = u8)]
    pub async fn say(text: String) -> u8;
}

fn main() {}

#[highway::protocol]
mod server {
    #[shape(input = u8)]
    pub async fn say(text: String);
}

fn main() {}

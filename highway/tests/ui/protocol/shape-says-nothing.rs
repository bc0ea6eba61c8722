#[highway::protocol]
mod server {
    #[shape]
    pub async fn say(text: String);
}

fn main() {}

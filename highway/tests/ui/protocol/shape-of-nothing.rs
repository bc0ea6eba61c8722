#[highway::protocol]
mod server {
    #[shape(data = u8)]
    pub async fn leave();
}

fn main() {}

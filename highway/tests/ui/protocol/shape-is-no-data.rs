pub struct Shape;

#[highway::protocol]
mod server {
    #[shape(data = super::Shape)]
    pub async fn say(text: String);
}

fn main() {}

//! The error of a stream is its last item.

#[highway::protocol]
mod server {
    pub async fn count(to: u64) -> Result<impl Stream<Item = u64>, String>;
}

fn main() {}

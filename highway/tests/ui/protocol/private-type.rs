//! A type of a public protocol is public.

pub mod protocol {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Line;

    #[highway::protocol]
    pub mod server {
        use super::Line;
        pub async fn say(line: Line) -> u8;
    }
}

fn main() {}

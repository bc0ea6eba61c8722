//! A refusal has a status.

#[highway::server]
struct Chat;

#[highway::on(connect)]
async fn check(_: &mut highway::Request<Chat>) -> Result<(), String> {
    Ok(())
}

fn main() {}

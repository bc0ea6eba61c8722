//! Who may reach whom is for the server to say.

#[highway::client]
struct Me;

#[highway::on(pipe)]
async fn may_reach(to: highway::Connection<Me>, _: &mut Me) {
    let _ = to;
}

fn main() {}

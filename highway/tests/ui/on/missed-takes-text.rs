//! What was missed is told as a number.

#[highway::client]
struct Me;

#[highway::on(missed)]
async fn missed(count: String, me: &mut Me) {
    let _ = (count, me);
}

fn main() {}

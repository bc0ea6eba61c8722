//! What a route that is not declared gives is what the program says.

#[highway::client]
struct Me;

async fn echo(me: &highway::Connection<Me>) -> highway::Result {
    let mut lines = me.stream("echo", "hello").await?;
    while let Some(line) = lines.next().await {
        line?;
    }
    Ok(())
}

struct Line;

async fn lines(me: &highway::Connection<Me>) -> highway::Result {
    let _: highway::Incoming<Line> = me.stream("lines", ()).await?;
    Ok(())
}

fn main() {}

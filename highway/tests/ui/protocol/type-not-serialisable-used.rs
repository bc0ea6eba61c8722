//! A type that can't be sent is refused where it is declared, and nowhere else.

pub struct Line;

#[highway::protocol]
mod server {
    pub async fn print(line: super::Line);
    pub async fn read() -> super::Line;
    pub async fn lines() -> impl Stream<Item = super::Line>;
    pub async fn print_all(lines: highway::Incoming<super::Line>);
    pub async fn check() -> Result<(), super::Line>;
}

#[highway::client(peer = server)]
struct Me;

async fn example(me: &highway::Connection<Me>) -> highway::Result {
    me.send(server::print, Line).await?;
    me.call(server::print, &Line).await?;
    let _ = me.call(server::read, ()).await?;
    let _ = me.call(server::check, ()).await?;
    me.stream(server::lines, ()).await?.next().await;
    me.call(server::print_all, futures_util::stream::iter([Line]))
        .await
}

#[highway::server(serves = server)]
struct Printer;

#[highway::route(server::print)]
async fn print(_: Line, _: &mut Printer) {}

#[highway::route("read", on = Printer)]
async fn read() -> highway::Result<Line> {
    Ok(Line)
}

#[highway::route(server::lines, on = Printer)]
async fn lines() -> impl futures_util::Stream<Item = Line> {
    futures_util::stream::empty()
}

#[highway::route("print_all")]
async fn print_all(_: highway::Incoming<Line>, _: highway::Connection<Printer>) {}

#[highway::route(server::check, on = Printer)]
async fn check() -> Result<(), Line> {
    Ok(())
}

fn main() {}

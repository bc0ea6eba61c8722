#![allow(missing_docs)]
use std::ops::{Deref, DerefMut};
use std::sync::LazyLock;
use futures_util::{SinkExt, StreamExt};
use highway::{Connection, Value, Server, Client, __private::*, route::*};
use tokio_tungstenite::tungstenite::Message as Ws;

macro_rules! handler { ($name:ident, $entry:ident, $side:ty) => {
struct $name { c: Connection<$name> }
impl Deref for $name { type Target = Connection<$name>; fn deref(&self)->&Self::Target{&self.c} }
impl DerefMut for $name { fn deref_mut(&mut self)->&mut Self::Target{&mut self.c} }
pub struct $entry(Item<$name>);
inventory::collect!($entry);
impl Handler for $name {
    type Side = $side; type State = (); type Serves = Undeclared; type Peer = Undeclared; type Entry = $entry;
    const NAME: &'static str = stringify!($name);
    fn new(c: Connection<Self>) -> Self { Self { c } }
    fn registry() -> &'static Registry<Self> { static R: LazyLock<Registry<$name>> = LazyLock::new(|| Registry::collect(inventory::iter::<$entry>.into_iter().map(|e| &e.0))); &R }
}
}}
handler!(Echo, EchoEntry, ServerSide);
handler!(Me, MeEntry, ClientSide);
async fn echo(data: Value, h: &mut Echo) -> highway::Result { h.send("echo", data).await }
inventory::submit! { EchoEntry(Item::Route(RouteItem { name: "echo", location: Location{file:"",line:1,column:1}, run: Run::InOrder(|h, m| Box::pin(async move {
    let d = m.decode_value().map_err(RouteError::Decode)?;
    echo(d, h).await.map_err(|e| RouteError::Failed(e.into()))
}))})) }
inventory::submit! { EchoEntry(Item::Route(RouteItem { name: "boom", location: Location{file:"",line:1,column:1}, run: Run::InOrder(|_, _| Box::pin(async move { panic!("boom") }))})) }
inventory::submit! { MeEntry(Item::Route(RouteItem { name: "echo", location: Location{file:"",line:1,column:1}, run: Run::InOrder(|_h, m| Box::pin(async move {
    println!("got {:?}", m.decode_value()); Ok(())
}))})) }

async fn serve() -> String {
    let s = Server::<Echo, highway::server::NoState>::new().state(()).bind("127.0.0.1:0").await.unwrap();
    let url = s.url();
    tokio::spawn(s.run());
    url
}
async fn raw(url: &str) -> tokio_tungstenite::WebSocketStream<tokio::net::TcpStream> {
    let tcp = tokio::net::TcpStream::connect(url.trim_start_matches("ws://")).await.unwrap();
    let (mut ws, _) = tokio_tungstenite::client_async(url, tcp).await.unwrap();
    let t = ws.next().await.unwrap().unwrap();
    println!("{t:?}");
    ws.send(Ws::Binary(b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"echo\"}"[..].into())).await.unwrap();
    ws
}
#[tokio::test]
async fn echoes() {
    let url = serve().await;
    let mut ws = raw(&url).await;
    for i in 0..1000u32 { ws.send(Ws::Binary([b"\0\0\x02\0".as_slice(), i.to_string().as_bytes()].concat().into())).await.unwrap(); }
    for i in 0..1000u32 { let m = ws.next().await.unwrap().unwrap(); assert_eq!(m.into_data(), [b"\0\0\x01\0".as_slice(), i.to_string().as_bytes()].concat()); }
    let big = vec![b'x'; 500_000];
    ws.send(Ws::Binary([b"\0\0\x02\0".as_slice(), &big].concat().into())).await.unwrap();
    assert_eq!(ws.next().await.unwrap().unwrap().len(), 500_004);
    ws.send(Ws::Ping(b"x"[..].into())).await.unwrap();
    println!("{:?}", ws.next().await);
    ws.close(None).await.unwrap();
    println!("{:?}", ws.next().await);
    println!("{:?}", ws.next().await);
}
#[tokio::test]
async fn closes() {
    let url = serve().await;
    for bad in [&b"\0\0"[..], b"\x09\0\x02\0", b"\0\0\x09\0", b"\0\0\x02\0\xff", b"\0\0\x01\0", ] {
        let mut ws = raw(&url).await;
        ws.send(Ws::Binary(bad.to_vec().into())).await.unwrap();
        println!("{bad:?} {:?}", ws.next().await);
        println!("{:?}", ws.next().await);
    }
    let mut ws = raw(&url).await;
    ws.send(Ws::text("x")).await.unwrap();
    println!("{:?}", ws.next().await);
    let mut ws = raw(&url).await;
    ws.send(Ws::Binary(vec![0; 2_000_000].into())).await.unwrap();
    println!("{:?}", ws.next().await);
    println!("{:?}", ws.next().await);
}
#[tokio::test]
async fn client() {
    let url = serve().await;
    let me = Client::<Me, highway::server::NoState>::new().state(()).connect(&url).await.unwrap();
    me.send("echo", (1, 2.5, "x")).await.unwrap();
    println!("{:?}", me.peer_routes());
    println!("{}", me.send("echoo", 1).await.unwrap_err());
    let t = std::time::Instant::now();
    me.close().await.unwrap();
    println!("closed {:?} {:?}", me.closed().await, t.elapsed());
}

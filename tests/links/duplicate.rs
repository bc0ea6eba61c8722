//! Links that bring a second connection which says the same as the first.

use highway::{CloseCode, test::ScriptedServer};
use highway_tests::paused;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    join,
};

use crate::dialogue::{Client, Sides, say};

const MESSAGES: u32 = 20;

#[test]
fn connection_that_comes_twice_is_two() {
    paused(async {
        let sides = Sides::new(|_| {});
        let near = ScriptedServer::new();
        // Both have room for everything.
        let far = || sides.memory.peer().stream().expect("the server is there");
        let (mut from_first, mut to_first) = tokio::io::split(far());
        let (mut from_second, mut to_second) = tokio::io::split(far());
        let relay = async {
            let (mut from_client, mut to_client) = tokio::io::split(near.accept_stream().await);
            let double = async {
                let mut chunk = [0; 1024];
                loop {
                    let count = from_client.read(&mut chunk).await.unwrap_or(0);
                    if count == 0 {
                        // They have ended as well.
                        let _ = to_first.shutdown().await;
                        let _ = to_second.shutdown().await;
                        return;
                    }
                    // The server ends first.
                    let _ = to_first.write_all(&chunk[..count]).await;
                    let _ = to_second.write_all(&chunk[..count]).await;
                }
            };
            let answers = async {
                let mut first = Vec::new();
                let mut chunk = [0; 1024];
                while let Ok(count @ 1..) = from_first.read(&mut chunk).await {
                    first.extend_from_slice(&chunk[..count]);
                    to_client
                        .write_all(&chunk[..count])
                        .await
                        .expect("it reads");
                }
                let _ = to_client.shutdown().await;
                first
            };
            let ((), first) = join!(double, answers);
            first
        };
        let second_answers = async {
            let mut second = Vec::new();
            let read = from_second.read_to_end(&mut second).await;
            read.expect("it ends well");
            second
        };
        let talk = async {
            let connecting = Client::client().state(sides.client.clone());
            let connection = near.connect(connecting).await;
            let connection = connection.expect("the first is answered");
            assert_eq!(say(&connection, MESSAGES).await, MESSAGES);
            sides.client.all(MESSAGES).await;
            connection.close().await;
        };
        let (first, second, ()) = join!(relay, second_answers, talk);
        assert!(first == second, "both are told the same");
        sides.both_ended().await;
        let server = sides.server.seen();
        assert_eq!(server.opened, 2);
        for number in 0..MESSAGES {
            let times = server.numbers.iter().filter(|seen| **seen == number);
            assert_eq!(times.count(), 2, "{number}");
        }
        assert!(
            server
                .closes
                .iter()
                .all(|close| close.code() == CloseCode::NORMAL)
        );
        assert_eq!(sides.client.seen().numbers.len(), MESSAGES as usize);
    });
}

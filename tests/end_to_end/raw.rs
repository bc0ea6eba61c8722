//! Messages that are passed on as they came.

use std::time::Duration;

use highway::{Error, Raw, SendError, route, wire::Close};
use highway_tests::within_deadline;

use crate::support::{Probe, RawPeer, Running, Seen, start};

#[highway::protocol]
mod relay {
    pub async fn any(data: f64);
    pub async fn draw(points: Vec<f64>);
}

#[highway::server(state = Probe, serves = relay)]
struct Relay;

#[route(relay::any)]
async fn any(data: Raw, relay: &mut Relay) -> highway::Result {
    relay.state().saw(data.data_type());
    match relay.everyone().send("seen", data).await {
        Err(
            error @ Error::NotSent {
                source: SendError::Encode(_),
                ..
            },
        ) => {
            relay.state().saw(error);
            Ok(())
        }
        sent => sent,
    }
}

#[route(relay::draw)]
async fn draw(data: Raw, relay: &mut Relay) -> Result<(), highway::Failure> {
    let points: Vec<f64> = data.decode()?;
    relay.state().saw(points.len());
    let others = relay.others();
    Ok(others.send(highway::unchecked("seen"), &data).await?)
}

const TABLE_01: &[u8] = b"\x01\0\0\0{\"routes\":{\"0\":\"meta\",\"1\":\"seen\"}}";
const TABLE_02: &[u8] = b"\x05\0\0\0{\"0\":\"meta\",\"9\":\"seen\"}";

struct Peers {
    _server: Running,
    seen: Seen,
    v01: RawPeer,
    v02: RawPeer,
}

impl Peers {
    async fn connect() -> Self {
        let (probe, mut seen) = Probe::new();
        let server = Relay::server().state(probe).dialect_01(true);
        let server =
            start(server.limits(|limits| limits.dialect_01_after = Duration::from_millis(50)))
                .await;
        let mut v01 = RawPeer::ready_01(server.address, TABLE_01).await;
        v01.message(b"\0\0\x01\0hi").await;
        assert_eq!(v01.next_message().await, b"\0\0\x01\0hi");
        let mut v02 = RawPeer::ready_02(server.address, TABLE_02).await;
        v02.message(b"\0\0\x01\0hi").await;
        assert_eq!(v02.next_message().await, b"\0\0\x09\0hi");
        assert_eq!(v01.next_message().await, b"\0\0\x01\0hi");
        assert_eq!([seen.next().await, seen.next().await], ["str", "str"]);
        Self {
            _server: server,
            seen,
            v01,
            v02,
        }
    }
}

/// What a peer of dialect 0.2 sends to `any`, and what one of 0.1 then receives; it gets back what it sent itself.
#[track_caller]
fn check_to_01(code: u8, payload: &[u8], received_code: u8, received: &[u8]) {
    within_deadline(async {
        let Peers {
            mut v01,
            mut v02,
            _server,
            ..
        } = Peers::connect().await;
        v02.message(&[&[code, 0, 1, 0], payload].concat()).await;
        let back = [&[code, 0, 9, 0], payload].concat();
        assert_eq!(v02.next_message().await, back);
        let passed_on = [&[received_code, 0, 1, 0], received].concat();
        assert_eq!(v01.next_message().await, passed_on);
    });
}

#[test]
fn message_is_passed_on_byte_for_byte_and_written_anew_for_the_other_dialect() {
    // Spaces and spellings that no serializer of ours writes.
    check_to_01(6, br#"[ 1.50 ,"\u0041" ]"#, 1, br#"[1.5,"A"]"#);
    check_to_01(7, b"\xff\0", 2, b"\xff\0");
    check_to_01(1, b" +7", 3, b"7");
    check_to_01(8, b"", 6, b"");
    check_to_01(0, b"text", 0, b"text");
}

#[test]
fn message_that_the_other_dialect_cannot_carry_is_an_error_of_the_route_that_passes_it_on() {
    within_deadline(async {
        let Peers {
            mut v01,
            v02: _v02,
            mut seen,
            _server,
        } = Peers::connect().await;
        v01.message(b"\x01\0\x01\0[NaN]").await;
        assert_eq!(seen.next().await, "list");
        assert_eq!(
            seen.next().await,
            "can't send to `seen`: dialect 0.2 cannot carry the float NaN inside of a list, dict or tuple at [0]"
        );
    });
}

#[test]
fn message_that_is_no_value_of_its_type_is_not_passed_on() {
    for broken in [&b"\x04\0\x01\0[1,"[..], b"\x03\0\x01\0x", b"\0\0\x01\0\xff"] {
        within_deadline(async {
            let Peers {
                mut v01,
                mut v02,
                _server,
                ..
            } = Peers::connect().await;
            v02.message(broken).await;
            assert_eq!(v02.closes().await, Some(Close::CONVERT_FAILED));
            v01.message(b"\x07\0\x01\x001").await;
            assert_eq!(v01.next_message().await, b"\x07\0\x01\x001");
        });
    }
}

#[test]
fn declared_route_may_look_into_what_it_passes_on() {
    within_deadline(async {
        let Peers {
            mut v01,
            mut v02,
            mut seen,
            _server,
        } = Peers::connect().await;
        v02.message(b"\x04\0\x02\0[1.0, 2.0]").await;
        assert_eq!(seen.next().await, "2");
        assert_eq!(v01.next_message().await, b"\x01\0\x01\0[1.0,2.0]");
    });
}

//! A route table that a peer tells. The first byte says the dialect (even is 0.2, odd 0.1), the rest is the payload.

use highway::{
    handshake::{PeerTable, TableLimits},
    wire::{Dialect, RouteId},
};

/// Feeds it.
pub fn run(data: &[u8]) {
    let Some((first, payload)) = data.split_first() else {
        return;
    };
    let dialect = if first & 1 == 0 {
        Dialect::V02
    } else {
        Dialect::V01
    };
    let tight = TableLimits {
        routes: 3,
        bytes: 128,
    };
    for limits in [TableLimits::default(), tight] {
        match PeerTable::parse(dialect, payload, limits) {
            Ok(table) => {
                assert!(payload.len() <= limits.bytes);
                let names = table.names();
                assert!(names.len() <= limits.routes + 1);
                for name in &names {
                    assert!(table.id(name).is_some());
                    assert_eq!(table.nearest(name).first().map(String::as_str), Some(*name));
                }
                assert!(table.nearest("echo").len() <= 3);
                assert!(table.id("meta").is_none_or(|id| id == table.meta()));
                assert!(table.id("meta").is_some() || table.meta() == RouteId::META);
            }
            Err(error) => assert!(error.to_string().len() < 1024, "{error}"),
        }
    }
}

//! The same attacks on a server inside axum's.

use highway_tests::mounting;

/// What hyper decides instead: how a request is read, and how long it may take.
const SKIPPED: &[&str] = &["http::", "mounted::", "client::"];

#[test]
fn attacks_do_no_more_to_a_mounted_server() {
    if !mounting::is_mounted() {
        mounting::run_mounted(&[], SKIPPED);
    }
}

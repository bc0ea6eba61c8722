//! The client for browsers, as a server serves it.

use crate::support::{exchange, get, start, tested};

#[tokio::test]
async fn client_for_browsers_is_served_where_the_server_is_told_to() {
    let server = start(tested().0.javascript("/client.js")).await;
    let answer = get(server.address, "/client.js").await;
    assert_eq!(answer.status(), "200");
    let content_type = answer.header("content-type");
    assert_eq!(content_type, Some("text/javascript; charset=utf-8"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    let committed = include_str!("../../highway/typescript/dist/highway.js");
    assert_eq!(answer.body, committed);

    // Whoever has it is told so.
    let tag = answer.header("etag").expect("it has a tag");
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    for (tags, status) in [
        (tag.to_owned(), "304"),
        (format!("\"other\", W/{tag}"), "304"),
        ("*".to_owned(), "304"),
        ("\"other\"".to_owned(), "200"),
    ] {
        let request =
            format!("GET /client.js HTTP/1.1\r\nHost: x\r\nIf-None-Match: {tags}\r\n\r\n");
        let answer = exchange(server.address, request).await;
        assert_eq!(answer.status(), status, "{tags}");
        assert_eq!(answer.header("etag"), Some(tag), "{tags}");
        assert_eq!(answer.body.is_empty(), status == "304", "{tags}");
    }

    let head = exchange(
        server.address,
        "HEAD /client.js HTTP/1.1\r\nHost: x\r\n\r\n",
    )
    .await;
    assert_eq!((head.status(), &*head.body), ("200", ""));
    server.stop().await;
}

#[tokio::test]
async fn client_for_browsers_is_served_nowhere_else() {
    let server = start(tested().0).await;
    assert_ne!(get(server.address, "/highway.js").await.status(), "200");
    server.stop().await;
    for path in ["highway.js", "/highway.js?v=1", "/healthz"] {
        let server = tested().0.javascript(path);
        let error = server.bind("127.0.0.1:0").await.expect_err("no such path");
        assert!(error.to_string().contains("`javascript`"), "{error}");
    }
}

//! A client has a `url`.

#[highway::client(main, bind = "127.0.0.1:1337")]
struct Me;

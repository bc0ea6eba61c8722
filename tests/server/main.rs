//! What a server does around its connections: who gets in, what others are told, and how it ends.

mod accept;
mod description;
mod http;
mod inspector;
mod javascript;
mod leaks;
mod limits;
mod metrics;
mod mounted;
mod options;
mod origins;
mod proxies;
mod served;
mod shutdown;
mod support;
mod tls;

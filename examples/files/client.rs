//! Sends a file to another client, or waits for files of others.
//!
//! The content goes through a pipe as a stream of blocks: neither end nor the server ever has more of it in memory than the
//! pipe's window, and the reader's pace is the writer's.

mod friends;
mod protocol;

use std::{io, path::PathBuf};

use clap::{Parser, Subcommand};
use friends::{File, friend};
use futures_util::{Stream, stream};
use highway::{Bytes, Connection, Failure, Incoming, route};
use indicatif::{ProgressBar, ProgressStyle};
use protocol::server;
use sha2::{Digest, Sha256};
use tokio::{
    fs,
    io::{AsyncReadExt, AsyncWriteExt},
    sync::{mpsc, oneshot},
};

/// A block and what goes with it fit into one piece of a pipe.
const BLOCK: usize = 60 * 1024;

#[derive(Parser)]
struct Arguments {
    /// The server.
    #[arg(long, default_value = "ws://127.0.0.1:1337")]
    url: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Waits for files.
    Receive {
        /// The name under which others find this client.
        #[arg(long)]
        name: String,
        /// The folder for what comes.
        #[arg(long, default_value = ".")]
        into: PathBuf,
        /// Ends after this many files.
        #[arg(long)]
        files: Option<usize>,
    },
    /// Sends a file.
    Send {
        /// Whom to.
        #[arg(long)]
        to: String,
        /// Which.
        path: PathBuf,
    },
}

#[derive(Clone)]
struct Settings {
    into: PathBuf,
    received: mpsc::UnboundedSender<usize>,
}

#[highway::client(peer = server, pipe = Friend, state = Settings)]
struct Me;

/// The other client, at the other end of a pipe.
#[highway::client(serves = friend, peer = friend, state = Settings)]
struct Friend {
    offered: Option<File>,
    received: usize,
}

/// The other one has seen the reply, or does not want to any more.
#[highway::on(close)]
async fn done(friend: &mut Friend) {
    // Whoever waits for as many files may be gone.
    let _ = friend.state().received.send(friend.received);
}

#[route(friend::offer)]
async fn offer(file: File, friend: &mut Friend) -> bool {
    let taken = match path_of(&file, friend) {
        Some(path) => !fs::try_exists(path).await.unwrap_or(true),
        None => false,
    };
    if !taken {
        eprintln!("{:?} is not taken: it is there, or has no name", file.name);
    }
    friend.offered = taken.then_some(file);
    taken
}

/// Where a file goes: nobody may write outside of the folder.
fn path_of(file: &File, friend: &Friend) -> Option<PathBuf> {
    let name = PathBuf::from(&file.name);
    let plain = name.file_name() == Some(name.as_os_str());
    plain.then(|| friend.state().into.join(name))
}

#[route(friend::content)]
async fn content(mut blocks: Incoming<Bytes>, friend: &mut Friend) -> Result<Bytes, Failure> {
    let file = friend.offered.take();
    let file = file.ok_or_else(|| Failure::new("offer a file first"))?;
    let path = path_of(&file, friend).ok_or_else(|| Failure::new("the file has no name"))?;
    // What is not whole never has the file's name.
    let mut part = path.clone().into_os_string();
    part.push(".part");
    let mut target = fs::File::create(&part).await?;
    let bar = bar(&file);
    let mut hash = Sha256::new();
    let mut bytes = 0;
    while let Some(block) = blocks.next().await {
        let block = block?;
        target.write_all(&block).await?;
        hash.update(&block);
        bytes += block.len() as u64;
        bar.set_position(bytes);
    }
    target.flush().await?;
    bar.finish();
    if bytes != file.bytes {
        fs::remove_file(&part).await?;
        let text = format!("{bytes} of {} bytes came", file.bytes);
        return Err(Failure::new(text).with_code("incomplete"));
    }
    fs::rename(part, &path).await?;
    let hash = hash.finalize();
    println!("received {} {}", path.display(), hex(&hash));
    friend.received += 1;
    Ok(Bytes::copy_from_slice(&hash))
}

fn bar(file: &File) -> ProgressBar {
    let style = "{msg} {wide_bar} {bytes}/{total_bytes} {binary_bytes_per_sec} {eta}";
    let style =
        ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(file.bytes).with_style(style);
    bar.with_message(file.name.clone())
}

fn hex(hash: &[u8]) -> String {
    hash.iter()
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// The blocks of a file, and the SHA-256 of all of them once they are read.
fn blocks(
    source: fs::File,
    bar: ProgressBar,
) -> (impl Stream<Item = Bytes>, oneshot::Receiver<Vec<u8>>) {
    let (hashed, is_hashed) = oneshot::channel();
    let begin = (source, Sha256::new(), hashed);
    let blocks = stream::unfold(begin, move |(mut source, mut hash, hashed)| {
        let bar = bar.clone();
        async move {
            let mut block = Vec::with_capacity(BLOCK);
            let read = (&mut source)
                .take(BLOCK as u64)
                .read_to_end(&mut block)
                .await;
            if let Err(error) = &read {
                // It counts as the end; the other side sees that bytes are missing.
                eprintln!("the file can't be read on: {error}");
            }
            if block.is_empty() || read.is_err() {
                bar.finish();
                // Who wants it waits for the reply first.
                let _ = hashed.send(hash.finalize().to_vec());
                return None;
            }
            hash.update(&block);
            bar.inc(block.len() as u64);
            Some((Bytes::from(block), (source, hash, hashed)))
        }
    });
    (blocks, is_hashed)
}

async fn send(me: &Connection<Me>, to: &str, path: PathBuf) -> Result<(), Failure> {
    let source = fs::File::open(&path).await?;
    let name = path.file_name().and_then(|name| name.to_str());
    let file = File {
        name: name
            .ok_or_else(|| Failure::new("the file has no name"))?
            .to_owned(),
        bytes: source.metadata().await?.len(),
    };
    let id = me.call(server::find, to).await?;
    let id = id.ok_or_else(|| Failure::new(format!("nobody here is {to}")))?;
    let friend = me.pipe(id).await?;
    if !friend.call(friend::offer, &file).await? {
        return Err(Failure::new(format!("{to} does not take {}", file.name)));
    }
    let (blocks, sent) = blocks(source, bar(&file));
    // As long as it takes.
    let content = friend.call(friend::content, blocks);
    let received = content.timeout(std::time::Duration::MAX).await?;
    if sent.await? != received {
        return Err(Failure::new("what arrived is not what was sent"));
    }
    println!("sent {} {}", path.display(), hex(&received));
    friend.close().await;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let Arguments { url, command } = Arguments::parse();
    let (received, mut is_received) = mpsc::unbounded_channel();
    let into = match &command {
        Command::Receive { into, .. } => into.clone(),
        Command::Send { .. } => PathBuf::new(),
    };
    let me = Me::client().state(Settings { into, received });
    let me = me.connect(&url).await?;
    match command {
        Command::Receive { name, files, .. } => {
            me.call(server::name, &name).await?;
            println!("waiting for files as {name}");
            let all = async {
                let mut count = 0;
                while files.is_none_or(|files| count < files) {
                    count += is_received.recv().await.unwrap_or(0);
                }
            };
            tokio::select! {
                () = all => {}
                close = me.closed() => {
                    return Err(io::Error::other(format!("the server is gone: {close}")).into());
                }
            }
        }
        Command::Send { to, path } => send(&me, &to, path).await?,
    }
    me.close().await;
    Ok(())
}

//! A link between two sides, and what is wrong with it.

use std::{ops::Range, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::{mpsc, watch},
    time::{Instant, sleep, sleep_until},
};

/// What is read at a time.
const CHUNK: usize = 1024;

/// The chunks that are under way in one direction; what comes beyond waits at the sender.
const UNDER_WAY: usize = 8;

/// What one direction of a link does to the bytes that go over it. By default nothing.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    /// The bytes that arrive at a time.
    pub(crate) slice: usize,
    /// How long a chunk takes, between the two.
    pub(crate) latency: Range<Duration>,
    pub(crate) bytes_per_second: Option<u32>,
    /// The bytes after which the whole link is cut.
    pub(crate) cut_after: Option<usize>,
    /// How much later than everything else the end of the stream arrives; never with `None`.
    pub(crate) end_after: Option<Duration>,
}

impl Default for Way {
    fn default() -> Self {
        Self {
            slice: CHUNK,
            latency: Duration::ZERO..Duration::ZERO,
            bytes_per_second: None,
            cut_after: None,
            end_after: Some(Duration::ZERO),
        }
    }
}

/// What a direction does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// It carries bytes.
    Open,
    /// Nothing gets on. It takes what it has room for.
    Stalled,
    /// It takes everything, and nothing arrives.
    Silent,
}

/// What a cut link does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Both sides see an end, or a reset where sockets are set so.
    End,
    /// Both directions are silent.
    Silence,
}

/// A link before it is put between two sides: `there` is from the client to the server.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) there: Way,
    pub(crate) back: Way,
    pub(crate) cut: Cut,
    flow: Control,
}

/// Changes what a link does while it is there.
#[derive(Debug, Clone)]
pub(crate) struct Control {
    pub(crate) there: watch::Sender<Flow>,
    pub(crate) back: watch::Sender<Flow>,
    /// The bytes that have arrived there and back.
    pub(crate) arrived: watch::Sender<(usize, usize)>,
}

impl Control {
    pub(crate) fn both(&self, flow: Flow) {
        self.there.send_replace(flow);
        self.back.send_replace(flow);
    }
}

impl Link {
    pub(crate) fn new() -> Self {
        Self {
            there: Way::default(),
            back: Way::default(),
            cut: Cut::End,
            flow: Control {
                there: watch::Sender::new(Flow::Open),
                back: watch::Sender::new(Flow::Open),
                arrived: watch::Sender::new((0, 0)),
            },
        }
    }

    /// The same in both directions.
    pub(crate) fn symmetric(way: &Way) -> Self {
        Self {
            there: way.clone(),
            back: way.clone(),
            ..Self::new()
        }
    }

    pub(crate) fn control(&self) -> Control {
        self.flow.clone()
    }

    /// Carries bytes until both sides have ended what they write, or the link is cut.
    pub(crate) async fn carry(
        self,
        client: impl AsyncRead + AsyncWrite,
        server: impl AsyncRead + AsyncWrite,
    ) {
        let (from_client, to_client) = tokio::io::split(client);
        let (from_server, to_server) = tokio::io::split(server);
        let control = self.flow;
        let there = direction(
            from_client,
            to_server,
            self.there,
            &control.there,
            |count| {
                control.arrived.send_modify(|(there, _)| *there += count);
            },
        );
        let back = direction(from_server, to_client, self.back, &control.back, |count| {
            control.arrived.send_modify(|(_, back)| *back += count);
        });
        let mut there = std::pin::pin!(there);
        let mut back = std::pin::pin!(back);
        let mut both = [None, None];
        while both.contains(&None) && !both.contains(&Some(Over::Cut)) {
            tokio::select! {
                over = &mut there, if both[0].is_none() => both[0] = Some(over),
                over = &mut back, if both[1].is_none() => both[1] = Some(over),
            }
        }
        if both.contains(&Some(Over::Cut)) && self.cut == Cut::Silence {
            // It is there for as long as the test.
            std::future::pending::<()>().await;
        }
    }
}

/// Why a direction carries no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Ended,
    Cut,
}

async fn direction(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    way: Way,
    flow: &watch::Sender<Flow>,
    arrived: impl Fn(usize),
) -> Over {
    let (sender, mut under_way) = mpsc::channel::<(Instant, Vec<u8>)>(UNDER_WAY);
    let latency = way.latency.clone();
    let take = async move {
        let mut at = Instant::now();
        for count in 0_u32.. {
            let mut chunk = Vec::with_capacity(CHUNK);
            // A side that has reset its end has ended it.
            let read = from.read_buf(&mut chunk).await.unwrap_or(0);
            // No chunk overtakes another. The jitter is the same in every run.
            let jitter =
                latency.end.saturating_sub(latency.start) * (count.wrapping_mul(7919) % 100) / 100;
            at = at.max(Instant::now() + latency.start + jitter);
            if read == 0 || sender.send((at, chunk)).await.is_err() {
                return;
            }
        }
    };
    let give = async {
        let mut left = way.cut_after.unwrap_or(usize::MAX);
        let mut flow = flow.subscribe();
        // With nothing to carry it is cut at once.
        if left == 0 {
            return Over::Cut;
        }
        while let Some((at, chunk)) = under_way.recv().await {
            sleep_until(at).await;
            for slice in chunk.chunks(way.slice) {
                let now = flow.wait_for(|flow| *flow != Flow::Stalled).await;
                if now.is_ok_and(|flow| *flow == Flow::Silent) {
                    continue;
                }
                let slice = slice.get(..left).unwrap_or(slice);
                if to.write_all(slice).await.is_err() || to.flush().await.is_err() {
                    // Whoever has gone can be sent nothing; what it wrote before is still under way.
                    return Over::Ended;
                }
                arrived(slice.len());
                left -= slice.len();
                if left == 0 {
                    return Over::Cut;
                }
                match (way.bytes_per_second, u32::try_from(slice.len())) {
                    (Some(rate), Ok(len)) => sleep(Duration::from_secs(1) * len / rate).await,
                    // The other side gets to see the slice by itself.
                    _ => tokio::task::yield_now().await,
                }
            }
        }
        let Some(later) = way.end_after else {
            return std::future::pending().await;
        };
        sleep(later).await;
        // Neither a stalled nor a silent direction carries the end.
        if flow.wait_for(|flow| *flow == Flow::Open).await.is_ok() {
            // The other side may be gone.
            let _ = to.shutdown().await;
        }
        Over::Ended
    };
    tokio::select! {
        over = give => over,
        // What it has taken is still to be given.
        never = async { take.await; std::future::pending().await } => never,
    }
}

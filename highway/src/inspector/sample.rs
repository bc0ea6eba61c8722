//! Which messages an open page sees. None waits for a page: what is too much for one is counted and left out.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use serde::Deserialize;

use super::PAGES;
use crate::{
    metrics::{Direction, Meter, Slot},
    tap::{Passing, Tap, Watch},
    wire::ConnectionId,
};

/// How often a page is given what it has seen.
pub(super) const TURN: Duration = Duration::from_millis(250);

/// The most messages, and the most of their bytes, that a page sees in a turn.
const MESSAGES: u32 = 64;
const BYTES: usize = 256 * 1024;

/// A longer message is seen without its data.
pub(super) const LONGEST: usize = 64 * 1024;

/// What a page wants to see.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Filter {
    /// Messages of this connection only.
    connection: Option<u64>,
    /// Messages of this route only.
    route: Option<String>,
    /// Messages that go this way only: `received` or `sent`.
    direction: Option<Way>,
}

/// Which way a message goes, from the server's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Way {
    Received,
    Sent,
}

impl Way {
    fn of(direction: Direction) -> Self {
        match direction {
            Direction::Received => Self::Received,
            Direction::Sent => Self::Sent,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Sent => "sent",
        }
    }
}

/// A message that a page sees.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) at: SystemTime,
    pub(super) connection: ConnectionId,
    pub(super) way: Way,
    pub(super) route: Slot,
    /// The bytes of the whole message.
    pub(super) bytes: usize,
    /// Header and payload; of one that is too long nothing.
    pub(super) message: Option<Box<[u8]>>,
}

/// What a page has seen in a turn.
#[derive(Debug, Default)]
pub(super) struct Turn {
    pub(super) samples: Vec<Sample>,
    /// The messages that were left out.
    pub(super) left_out: u64,
}

/// Shows the messages of a server to the pages that are open.
pub(super) struct Sampler {
    views: RwLock<Vec<Arc<View>>>,
    meter: Arc<Meter>,
}

/// What one page sees.
struct View {
    filter: Filter,
    /// How much it may still see in this turn.
    messages: AtomicU32,
    bytes: AtomicUsize,
    /// What has passed in this turn, and was meant for it.
    passed: AtomicU64,
    seen: Mutex<VecDeque<Sample>>,
}

impl View {
    fn new(filter: Filter) -> Self {
        Self {
            filter,
            messages: AtomicU32::new(MESSAGES),
            bytes: AtomicUsize::new(BYTES),
            passed: AtomicU64::new(0),
            seen: Mutex::default(),
        }
    }

    fn is_meant(&self, passing: &Passing<'_>, meter: &Meter) -> bool {
        let Filter {
            connection,
            route,
            direction,
        } = &self.filter;
        connection.is_none_or(|id| id == passing.connection.0)
            && direction.is_none_or(|way| way == Way::of(passing.direction))
            && route
                .as_ref()
                .is_none_or(|name| meter.is_at(passing.route, name))
    }

    fn passes(&self, passing: &Passing<'_>) {
        self.passed.fetch_add(1, Ordering::Relaxed);
        if self.messages.load(Ordering::Relaxed) == 0 {
            return;
        }
        let bytes = passing.message.len();
        let kept = if bytes <= LONGEST { bytes } else { 0 };
        let spend = |left: usize| left.checked_sub(kept);
        let order = Ordering::Relaxed;
        if self.bytes.fetch_update(order, order, spend).is_err()
            || self
                .messages
                .fetch_update(order, order, |left| left.checked_sub(1))
                .is_err()
        {
            return;
        }
        // Who takes what was seen holds the lock for a moment: then this message is left out.
        if let Ok(mut seen) = self.seen.try_lock()
            && seen.len() < MESSAGES as usize
        {
            seen.push_back(Sample {
                at: SystemTime::now(),
                connection: passing.connection,
                way: Way::of(passing.direction),
                route: passing.route,
                bytes,
                message: (bytes <= LONGEST).then(|| passing.message.into()),
            });
        }
    }
}

impl Watch for Sampler {
    fn passes(&self, passing: &Passing<'_>) {
        // A page is just opened or closed otherwise.
        if let Ok(views) = self.views.try_read() {
            for view in &*views {
                if view.is_meant(passing, &self.meter) {
                    view.passes(passing);
                }
            }
        }
    }
}

impl Sampler {
    pub(super) fn new(meter: Arc<Meter>) -> Self {
        Self {
            views: RwLock::default(),
            meter,
        }
    }

    /// Lets a page see what passes the tap; `None` when there are too many.
    pub(super) fn open(self: &Arc<Self>, tap: &Arc<Tap>, filter: Filter) -> Option<Opened> {
        let view = Arc::new(View::new(filter));
        let mut views = self.views.write().unwrap_or_else(PoisonError::into_inner);
        if views.len() >= PAGES {
            return None;
        }
        views.push(Arc::clone(&view));
        tap.set_open(true);
        Some(Opened {
            sampler: Arc::clone(self),
            tap: Arc::clone(tap),
            view,
        })
    }
}

/// A page that sees messages, until this is dropped.
pub(super) struct Opened {
    sampler: Arc<Sampler>,
    tap: Arc<Tap>,
    view: Arc<View>,
}

impl Opened {
    /// Takes what the page has seen, and begins another turn.
    pub(super) fn take(&self) -> Turn {
        let view = &*self.view;
        let seen = {
            let mut seen = view.seen.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *seen)
        };
        let samples = Vec::from(seen);
        let passed = view.passed.swap(0, Ordering::Relaxed);
        view.bytes.store(BYTES, Ordering::Relaxed);
        view.messages.store(MESSAGES, Ordering::Relaxed);
        Turn {
            left_out: passed.saturating_sub(samples.len() as u64),
            samples,
        }
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let views = self.sampler.views.write();
        let mut views = views.unwrap_or_else(PoisonError::into_inner);
        views.retain(|view| !Arc::ptr_eq(view, &self.view));
        if views.is_empty() {
            self.tap.set_open(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Side;

    fn sampler() -> (Arc<Sampler>, Arc<Tap>) {
        let meter = Meter::new("Chat", Side::Server, ["say"], ["said"]);
        let sampler = Arc::new(Sampler::new(Arc::new(meter)));
        let watch: Arc<dyn Watch> = sampler.clone();
        (sampler, Arc::new(Tap::new(watch)))
    }

    fn pass(sampler: &Sampler, connection: u64, direction: Direction, route: &str, bytes: usize) {
        let message = vec![0; bytes];
        sampler.passes(&Passing {
            connection: ConnectionId(connection),
            direction,
            route: sampler.meter.slot(route),
            message: &message,
        });
    }

    #[test]
    fn tap_is_open_while_a_page_is() {
        let (sampler, tap) = sampler();
        assert!(!tap.is_open());
        let first = sampler.open(&tap, Filter::default());
        let second = sampler.open(&tap, Filter::default());
        drop(first);
        assert!(tap.is_open());
        drop(second);
        assert!(!tap.is_open());
        let all: Vec<_> = (0..PAGES)
            .map(|_| sampler.open(&tap, Filter::default()).expect("one of a few"))
            .collect();
        assert!(sampler.open(&tap, Filter::default()).is_none());
        drop(all);
        assert!(!tap.is_open());
    }

    #[test]
    fn page_sees_so_many_messages_a_turn_and_the_number_of_the_others() {
        let (sampler, tap) = sampler();
        let page = sampler.open(&tap, Filter::default()).expect("it is one");
        for _ in 0..2 {
            for _ in 0..100_000 {
                pass(&sampler, 1, Direction::Received, "say", 10);
            }
            let turn = page.take();
            assert_eq!(turn.samples.len(), MESSAGES as usize);
            assert_eq!(turn.left_out, 100_000 - u64::from(MESSAGES));
        }
        assert_eq!(page.take().left_out, 0);
    }

    #[test]
    fn memory_of_a_page_is_bounded_whatever_passes() {
        let (sampler, tap) = sampler();
        let page = sampler.open(&tap, Filter::default()).expect("it is one");
        for bytes in [LONGEST, LONGEST - 1, LONGEST, LONGEST, LONGEST, LONGEST] {
            pass(&sampler, 1, Direction::Sent, "said", bytes);
        }
        for _ in 0..10 {
            pass(&sampler, 1, Direction::Sent, "said", LONGEST + 1);
        }
        let turn = page.take();
        let kept = turn
            .samples
            .iter()
            .filter_map(|sample| sample.message.as_ref());
        let kept: usize = kept.map(|message| message.len()).sum();
        assert!(kept <= BYTES && kept > BYTES - LONGEST, "{kept}");
        assert_eq!(turn.samples.len(), 4 + 10);
        assert_eq!(turn.left_out, 2);
        let last = turn.samples.last().expect("it is there");
        assert!(last.message.is_none());
        assert_eq!(last.bytes, LONGEST + 1);
    }

    #[test]
    fn filter_takes_what_it_names() {
        let (sampler, tap) = sampler();
        let check = |filter: Filter, expected: &[u64]| {
            let page = sampler.open(&tap, filter).expect("it is one");
            pass(&sampler, 1, Direction::Received, "say", 1);
            pass(&sampler, 2, Direction::Received, "say", 1);
            pass(&sampler, 3, Direction::Sent, "said", 1);
            pass(&sampler, 4, Direction::Sent, "undeclared", 1);
            let turn = page.take();
            let seen: Vec<_> = turn.samples.iter().map(|seen| seen.connection.0).collect();
            assert_eq!(seen, expected);
            assert_eq!(turn.left_out, 0);
        };
        check(Filter::default(), &[1, 2, 3, 4]);
        let connection = Some(2);
        check(
            Filter {
                connection,
                ..Filter::default()
            },
            &[2],
        );
        let direction = Some(Way::Sent);
        check(
            Filter {
                direction,
                ..Filter::default()
            },
            &[3, 4],
        );
        let route = Some("undeclared".to_owned());
        check(
            Filter {
                route,
                ..Filter::default()
            },
            &[4],
        );
        let route = Some("nothing has this name".to_owned());
        check(
            Filter {
                route,
                ..Filter::default()
            },
            &[],
        );
    }

    #[test]
    fn messages_pass_while_the_pages_change() {
        let (sampler, tap) = sampler();
        let page = sampler.open(&tap, Filter::default()).expect("it is one");
        let held = sampler.views.write().expect("nothing panics");
        pass(&sampler, 1, Direction::Sent, "said", 1);
        drop(held);
        let held = page.view.seen.lock().expect("nothing panics");
        pass(&sampler, 1, Direction::Sent, "said", 1);
        drop(held);
        let turn = page.take();
        assert_eq!((turn.samples.len(), turn.left_out), (0, 1));
    }
}

//! What a connection has to write, as its transport takes it.

use std::collections::VecDeque;

use bytes::{Buf, Bytes};

use super::buffers;

/// Bytes that wait.
#[derive(Debug)]
pub(crate) enum Chunk {
    /// Messages side by side; the number of bytes that are gone already.
    Small(Vec<u8>, usize),
    /// A large message.
    Large(Bytes),
}

impl Chunk {
    pub(crate) fn remaining(&self) -> &[u8] {
        match self {
            Self::Small(bytes, gone) => bytes.get(*gone..).unwrap_or_default(),
            Self::Large(bytes) => bytes,
        }
    }

    fn advance(&mut self, written: usize) {
        match self {
            Self::Small(_, gone) => *gone += written,
            Self::Large(bytes) => bytes.advance(written),
        }
    }
}

/// What was taken from a connection's outbox and is not written yet, with the transport's own frames in between.
#[derive(Debug, Default)]
pub(crate) struct Output {
    chunks: VecDeque<Chunk>,
    /// The lengths of the messages in it where they have no envelope that tells them.
    lengths: VecDeque<usize>,
    /// The chunk in front has to stay there: some of it is written, or it is the answer to the upgrade.
    begun: bool,
    /// Bytes in `chunks` that did not come from the outbox.
    control: usize,
    /// The last frame is in `chunks`, or written. Nothing comes behind it.
    closed: bool,
}

impl Output {
    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Whether nothing more may be put in.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Takes over what an outbox has: chunks, and the lengths of messages without an envelope.
    pub(crate) fn append(
        &mut self,
        chunks: &mut VecDeque<Chunk>,
        lengths: Option<&mut VecDeque<usize>>,
    ) {
        if !chunks.is_empty() {
            self.chunks.append(chunks);
        }
        if let Some(lengths) = lengths {
            self.lengths.append(lengths);
        }
    }

    /// Takes over messages that lie side by side.
    pub(crate) fn push_small(&mut self, messages: Vec<u8>) {
        self.chunks.push_back(Chunk::Small(messages, 0));
    }

    /// Puts a frame of the transport behind all that is here, unless that ends with the last one.
    pub(crate) fn put(&mut self, frame: Vec<u8>) {
        if !self.closed {
            self.control += frame.len();
            self.chunks.push_back(Chunk::Small(frame, 0));
        }
    }

    /// Puts the last frame behind all that is here.
    pub(crate) fn put_last(&mut self, frame: Vec<u8>) {
        self.put(frame);
        self.closed = true;
    }

    /// Puts bytes of the transport in front, where they stay.
    pub(super) fn put_first(&mut self, bytes: Vec<u8>) {
        self.control += bytes.len();
        self.chunks.push_front(Chunk::Small(bytes, 0));
        self.begun = true;
    }

    /// Whether the chunk in front has to stay there.
    pub(super) fn is_begun(&self) -> bool {
        self.begun
    }

    /// All chunks.
    pub(crate) fn chunks(&mut self) -> &[Chunk] {
        self.chunks.make_contiguous()
    }

    /// What is to be sent of the message in front. For messages without an envelope.
    pub(super) fn message(&self) -> Option<&[u8]> {
        let len = *self.lengths.front()?;
        self.chunks.front()?.remaining().get(..len)
    }

    /// Takes note that bytes in front are written: those of one message at most where messages have no envelope. Returns how many of them came from the outbox: frames of the transport are few
    /// and short, and counting them first keeps the outbox's count an upper bound.
    pub(crate) fn advance(&mut self, written: usize) -> usize {
        let control = written.min(self.control);
        self.control -= control;
        if let Some(length) = self.lengths.front_mut() {
            *length = length.saturating_sub(written);
            if *length == 0 {
                self.lengths.pop_front();
            }
        }
        let mut rest = written;
        while let Some(chunk) = self.chunks.front_mut() {
            let len = chunk.remaining().len();
            if rest < len {
                chunk.advance(rest);
                self.begun |= rest > 0;
                break;
            }
            rest -= len;
            self.begun = false;
            match self.chunks.pop_front() {
                Some(Chunk::Small(bytes, _)) => buffers::is_written(bytes),
                Some(Chunk::Large(message)) => buffers::is_written_large(message),
                None => {}
            }
        }
        written - control
    }

    /// Throws everything away.
    pub(super) fn clear(&mut self) {
        self.chunks.clear();
        self.lengths.clear();
        self.control = 0;
    }
}

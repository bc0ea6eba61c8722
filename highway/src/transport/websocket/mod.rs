//! WebSocket frames (RFC 6455, sections 5 to 8): [`Reader`] takes them from bytes that arrived, [`seal`] and the others
//! make those that are sent.

mod given;
mod head;
mod input;
#[cfg(any(test, feature = "__testing"))]
mod oracle;
mod read;
mod socket;
mod write;

pub(crate) use given::Given;
#[cfg(any(test, feature = "__testing"))]
pub(crate) use head::Head;
pub(crate) use head::MAX_HEAD;
#[cfg(feature = "__testing")]
pub(crate) use oracle::compare;
pub(crate) use read::{Event, Reader, Step};
pub(crate) use socket::{Stream, WebSocket, set_listener_options, set_options};
pub(crate) use write::{close, ping, pong, seal};

const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

/// The longest payload of a control frame.
const MAX_CONTROL: usize = 125;

/// A mask as it goes with eight bytes.
#[inline]
fn widen(mask: [u8; 4]) -> u64 {
    u64::from(u32::from_ne_bytes(mask)) * 0x1_0000_0001
}

/// Replaces what `to` holds by a short payload, masked or unmasked. Reading anew what was just copied would wait for that.
#[inline]
fn copy_masked(payload: &[u8], mask: [u8; 4], to: &mut Vec<u8>) {
    to.clear();
    to.resize(payload.len(), 0);
    let wide = widen(mask);
    let (chunks, rest) = payload.as_chunks();
    let (to_chunks, to_rest) = to.as_chunks_mut();
    for (to, chunk) in to_chunks.iter_mut().zip(chunks) {
        *to = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for ((to, byte), mask) in to_rest.iter_mut().zip(rest).zip(mask.into_iter().cycle()) {
        *to = byte ^ mask;
    }
}

/// Masks or unmasks a payload.
#[inline]
pub(crate) fn apply_mask(payload: &mut [u8], mask: [u8; 4]) {
    let wide = widen(mask);
    let (chunks, rest) = payload.as_chunks_mut();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.into_iter().cycle()) {
        *byte ^= mask;
    }
}

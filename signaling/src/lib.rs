//! LiveKit signalling.

mod room;

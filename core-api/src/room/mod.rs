//! Media rooms: what signaling reports of them, and which of them may go on.

pub(crate) mod ops;
pub(crate) mod store;

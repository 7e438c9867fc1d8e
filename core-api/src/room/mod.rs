//! Media rooms: which of them may go on, and who may stay.

pub(crate) mod ops;
pub(crate) mod store;

//! Conversations: who is in them, what was said, and in which order.

mod model;
pub(crate) mod ops;
pub(crate) mod store;

pub(crate) use model::{Membership, PAGE};

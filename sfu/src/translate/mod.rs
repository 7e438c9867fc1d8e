//! The link's messages as those of `sfu-core`, one to one.

mod orders;
mod reports;

pub(crate) use orders::command;
pub(crate) use reports::message;

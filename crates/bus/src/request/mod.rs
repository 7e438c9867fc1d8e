//! A question and its answer, with a bound on time and on how many are under way.
//!
//! Whoever asks repeats if the question matters: an error means "perhaps done, perhaps not",
//! except [`CallError::Busy`] and [`CallError::TooLarge`], which mean "not done".

mod client;
mod server;

pub use client::{CallError, Client};
pub use server::Server;

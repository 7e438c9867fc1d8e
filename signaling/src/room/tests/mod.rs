//! Whole stories told to a `Rooms`: inputs in, outputs out, no clock.

mod admission;
mod harness;
mod join;
mod leave;
mod media;
mod publish;
mod resume;
mod subscribe;

//! Whole stories told to a `Rooms`: inputs in, outputs out, no clock.

mod admission;
mod crowd;
mod harness;
mod join;
mod journal;
mod leave;
mod media;
mod moderation;
mod noise;
mod overload;
mod permission;
mod profile;
mod publish;
mod resume;
mod subscribe;

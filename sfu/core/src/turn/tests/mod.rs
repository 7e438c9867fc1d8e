//! The server as clients meet it, by a clock moved by hand.

mod allocate;
mod control;
mod harness;
mod hostile;
mod relay;

//! The waiting room: the day's board.

pub(crate) mod dto;
pub(crate) mod model;
pub(crate) mod ops;
pub(crate) mod routes;

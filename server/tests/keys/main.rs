//! The keys that seal, in an operator's hands; and what of people's data is left anywhere.

mod canary;
mod node;
mod operator;
mod start;

//! core-api as its clients see it, on a real PostgreSQL.

mod harness;

mod accounts;
mod appointments;
mod audit;
mod board;
mod consents;
mod demo;
mod http;
mod invitations;
mod join;
mod journal;
mod moderation;
mod patients;
mod rooms;
mod sessions;
mod visits;

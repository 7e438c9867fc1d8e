//! core-api as its clients see it, on a real PostgreSQL.

mod harness;

mod account_links;
mod accounts;
mod appointments;
mod audit;
mod audit_reports;
mod board;
mod break_glass;
mod care_team;
mod consents;
mod demo;
mod factors;
mod http;
mod invitations;
mod join;
mod journal;
mod mail;
mod matrix;
mod moderation;
mod passkeys;
mod patients;
mod proxies;
mod rooms;
mod row_security;
mod sealing;
mod sessions;
mod throttle;
mod visits;

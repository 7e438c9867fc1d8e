//! `Leave`: the client says goodbye.

use crate::room::context::Context;
use crate::room::depart;
use crate::room::leave::Departure;

pub(super) fn handle(cx: &mut Context<'_>) {
    depart::depart(cx.room, cx.fx, &cx.who, Departure::LEFT, cx.now);
}

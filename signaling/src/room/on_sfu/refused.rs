//! `Refused`: the node is full. The session that was just made is taken back, and new rooms are
//! turned away at the door for a while, so that a refusal costs next to nothing.

use bus::media::{ParticipantSid, RefusalReason, RoomName};

use crate::room::Now;
use crate::room::depart;
use crate::room::leave::Departure;
use crate::room::rooms::Rooms;

pub(super) fn handle(
    rooms: &mut Rooms,
    name: &RoomName,
    who: ParticipantSid,
    reason: RefusalReason,
    now: Now,
) {
    tracing::warn!(room.id = %name, ?reason, "The SFU refused a participant");
    rooms.gate.fill(reason, now.after(rooms.fx.limits.overload));
    rooms.in_room(name, who, now, |cx| {
        depart::depart(cx.room, cx.fx, &cx.who, Departure::OVERLOADED, cx.now);
    });
}

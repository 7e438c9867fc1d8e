//! The SQL of media rooms.

use ::store::{Connection, StoreError};
use bus::command::RoomStatus;
use domain::{AccountId, VisitId, VisitState};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;

use crate::invitation;
use crate::invitation::model::Invitation;
use crate::moderation;
use crate::store::Cells as _;

/// Where the known ones of `visits` stand, and who may be in their rooms: the parties of an open
/// visit to whose telehealth text in force consent stands, as in `visit::rules::stay`, and those
/// of the invited who were let in, as in `invitation::model::stay`.
pub(crate) async fn statuses(
    conn: &mut Connection,
    visits: &[VisitId],
    now: Timestamp,
) -> Result<Vec<RoomStatus>, StoreError> {
    let invited = invitation::store::standing(conn, visits).await?;
    let rows = sqlx::query(
        "select v.id, v.state, p.account_id as patient_account, r.account_id as clinician_account, \
         exists (select from core.consent c where c.patient_id = p.id \
             and c.withdrawn_at is null and c.document_id = ( \
                 select d.id from core.consent_document d \
                 where d.kind = 'telehealth' and d.effective_at <= $2 \
                 order by d.version desc limit 1)) as consent_telehealth, \
         v.admitted_at, l.since as locked_since, x.removed_at as patient_removed_at, \
         l.since is not null and exists (select from core.visit_journal j \
             where j.visit_id = v.id and j.account_id = p.account_id \
             and j.kind = 'joined' and j.at <= l.since) as patient_was_inside \
         from core.visit v join core.appointment t on t.id = v.appointment_id \
         join core.patient p on p.id = t.patient_id \
         join core.provider r on r.id = t.provider_id \
         left join core.room_lock l on l.visit_id = v.id \
         left join core.room_removal x on x.visit_id = v.id and x.account_id = p.account_id \
         where v.id = any($1)",
    )
    .bind(visits.iter().map(|id| id.as_uuid()).collect::<Vec<_>>())
    .bind(now.to_sqlx())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let visit = row.id("id")?;
            let state = row.word("core.visit", "state", VisitState::from_name)?;
            let (door, admitted_at) = (
                moderation::store::door(row)?,
                row.time_or_null("admitted_at")?,
            );
            let patient: Option<AccountId> = row.id_or_null("patient_account")?;
            let clinician = row.id("clinician_account")?;
            let mut allowed = Vec::new();
            let let_in = invited
                .iter()
                .filter(|invited| invited.visit == visit && invited.admits());
            if state.is_open() && row.cell("consent_telehealth")? {
                allowed.extend(patient.filter(|_| !door.removed(admitted_at)));
                allowed.push(clinician);
                allowed.extend(let_in.clone().map(Invitation::identity));
            }
            let passing = let_in.filter(|invited| invited.passes_lock());
            let lock = door.lock(patient, admitted_at, clinician).map(|mut lock| {
                lock.keep.extend(passing.map(Invitation::identity));
                lock
            });
            Ok(RoomStatus {
                visit,
                state,
                allowed,
                lock,
            })
        })
        .collect()
}

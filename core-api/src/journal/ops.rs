//! Reading the journal, and summing a visit up.

use ::store::audit::{Action as Act, ResourceType};
use ::store::{Audit, Connection, Events, StoreError};
use domain::permission::{Action, Resource};
use domain::{AccountId, VisitId};
use jiff::Timestamp;

use crate::access::{deny, judge};
use crate::app::App;
use crate::caller::Caller;
use crate::journal::dto::{JournalEntry, JournalPage, PartyMedia};
use crate::journal::figures::{self, Figures};
use crate::journal::sentence::{self, Party};
use crate::journal::store::{self, Kept};
use crate::page::{Page, PageQuery};
use crate::refusal::Refusal;
use crate::visit;
use crate::visit::model::VisitRecord;
use crate::visit::rules::Relation;

/// A page of the journal of the visit `id`.
pub(crate) async fn read(
    app: &App,
    caller: &Caller,
    id: VisitId,
    query: &PageQuery,
) -> Result<JournalPage, Refusal> {
    let page: Page<i64> = Page::parse(query.cursor.as_deref(), query.limit)?;
    let entry = caller
        .did(Act::Read, ResourceType::VisitJournal)
        .resource(id);
    let mut tx = app.db.begin().await?;
    let found = visit::store::find(tx.conn(), &app.seals.clinical, id, caller.now()).await?;
    let (visit, relation) = match visit::ops::known(caller, found) {
        Ok(known) => known,
        Err(patient) => return Err(deny(tx, entry.patient(patient), Refusal::NotFound).await),
    };
    let entry = visit.mark(caller, entry);
    let decision = relation.rights.decide(Resource::VisitJournal, Action::Read);
    if let Err(refusal) = judge(decision) {
        return Err(deny(tx, entry, refusal).await);
    }
    let mut rows = store::page(tx.conn(), id, page.after.unwrap_or(0), page.fetch()).await?;
    let next_cursor = page.cut(&mut rows, |row| row.number);
    tx.commit(Audit::of(entry), Events::none()).await?;
    let items = rows.into_iter().map(|row| shown(row, &visit)).collect();
    Ok(JournalPage { items, next_cursor })
}

fn shown(row: Kept, visit: &VisitRecord) -> JournalEntry {
    JournalEntry {
        number: row.number,
        at: row.at,
        account_id: row.account,
        party: party(row.account, visit),
        participant: row.participant,
        session: format!("{:016x}", row.session.cast_unsigned()),
        session_number: row.session_number,
        kind: row.kind,
        detail: row.detail,
    }
}

fn party(account: AccountId, visit: &VisitRecord) -> Option<Party> {
    let relation = Relation::in_room(account, visit);
    if relation.clinician {
        Some(Party::Clinician)
    } else {
        relation.patient.then_some(Party::Patient)
    }
}

/// Sums the media of a visit up, from its journal; done when the visit is over, and again
/// whenever entries come after that. The caller holds the visit's row lock.
pub(crate) async fn sum_up(
    conn: &mut Connection,
    visit: VisitId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let told = store::told(conn, visit).await?;
    for (account, figures) in figures::figures(&told) {
        store::put_figures(conn, visit, account, &figures, now).await?;
    }
    Ok(())
}

/// What somebody who is `relation` to `visit` is told of its media: patients of their own only.
pub(crate) fn media(
    visit: &VisitRecord,
    relation: Relation,
    figures: &[(AccountId, Figures)],
) -> Vec<PartyMedia> {
    let all = relation.rights.allow(Resource::VisitJournal, Action::Read);
    let mut media: Vec<PartyMedia> = figures
        .iter()
        .filter_map(|(account, figures)| {
            let party = party(*account, visit)?;
            Some(PartyMedia {
                party,
                sentence: sentence::sentence(figures, party),
                audio_intact_permille: figures.audio_intact,
                video_paused_seconds: figures.video_paused_ms.map(|ms| ms.div_ceil(1_000)),
                connection_losses: figures.losses,
            })
        })
        .filter(|media| all || media.party == Party::Patient)
        .collect();
    media.sort_by_key(|media| media.party == Party::Clinician);
    media
}

//! The consent texts that come with the program.

use jiff::Timestamp;
use uuid::Uuid;

use crate::app::App;
use crate::consent::dto::ConsentDocument;
use crate::consent::model::ConsentKind;
use crate::consent::store;
use crate::refusal::Refusal;
use ::store::{Audit, Events, Exempt};

/// When the first telehealth text came into force: 2026-01-01.
const TELEHEALTH_1_SINCE: i64 = 1_767_225_600;

/// Stores the texts that come with the program, where they are missing. A stored text is never
/// changed: people consented to it as it was.
pub(crate) async fn ensure(app: &App) -> Result<(), Refusal> {
    let document = ConsentDocument {
        id: app.id::<Uuid>()?.into(),
        kind: ConsentKind::Telehealth,
        version: 1,
        title: "Consent to care over video".to_owned(),
        body_markdown: include_str!("telehealth-1.md").to_owned(),
        effective_at: Timestamp::from_second(TELEHEALTH_1_SINCE).map_err(Refusal::internal)?,
    };
    let mut tx = app.db.begin().await?;
    if store::insert_document(tx.conn(), &document).await? {
        let audit = Audit::exempt(Exempt::NoHealthData("a consent text"));
        tx.commit(audit, Events::none()).await?;
    }
    Ok(())
}

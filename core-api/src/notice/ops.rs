//! Reading notices.

use ::store::Exempt;

use crate::app::App;
use crate::caller::Caller;
use crate::notice::dto::NoticeList;
use crate::notice::store;
use crate::refusal::Refusal;

/// Notices shown.
const SHOWN: i64 = 50;

/// The caller's latest notices.
pub(super) async fn list(app: &App, caller: &Caller) -> Result<NoticeList, Refusal> {
    let reason = Exempt::NoHealthData("the caller's own notices");
    let mut reader = app.db.reader(reason).await?;
    let items = store::latest(reader.conn(), caller.account, SHOWN).await?;
    Ok(NoticeList { items })
}

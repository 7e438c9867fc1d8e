//! What can be done with clinicians.

use ::store::Exempt;
use domain::ProviderId;

use crate::app::App;
use crate::caller::Caller;
use crate::page::{Page, PageQuery};
use crate::provider::dto::ProviderList;
use crate::provider::store;
use crate::refusal::Refusal;

/// The clinicians of the caller's clinic. Patients see them too: they choose among them.
pub(crate) async fn list(
    app: &App,
    caller: &Caller,
    query: &PageQuery,
) -> Result<ProviderList, Refusal> {
    let page: Page<(String, ProviderId)> = Page::parse(query.cursor.as_deref(), query.limit)?;
    let mut reader = app
        .db
        .reader(Exempt::NoHealthData("names of clinicians"))
        .await?;
    let after = page.after.as_ref();
    let mut items = store::list(reader.conn(), caller.clinic, after, page.fetch()).await?;
    let next_cursor = page.cut(&mut items, |item| (item.display_name.clone(), item.id));
    Ok(ProviderList { items, next_cursor })
}

//! What can be done with clinics.

use ::store::Exempt;
use ::store::audit::{Action, ResourceType};
use domain::ClinicId;

use crate::access::deny;
use crate::app::App;
use crate::caller::Caller;
use crate::clinic::dto::Clinic;
use crate::clinic::store;
use crate::refusal::Refusal;

/// The caller's clinic; any other is as good as none.
pub(crate) async fn read(app: &App, caller: &Caller, id: ClinicId) -> Result<Clinic, Refusal> {
    if id != caller.clinic {
        let entry = caller.did(Action::Read, ResourceType::Clinic).resource(id);
        return Err(deny(app.db.begin().await?, entry, Refusal::NotFound).await);
    }
    let mut reader = app
        .db
        .reader(Exempt::NoHealthData("a clinic's name and zone"))
        .await?;
    store::find(reader.conn(), id)
        .await?
        .ok_or(Refusal::NotFound)
}

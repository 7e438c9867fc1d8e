//! Who a patient is, as other aggregates read and show it.

use ::store::StoreError;
use ::store::sealing::{Aad, Unlocked};
use domain::{PatientId, Pii};
use jiff::civil::Date;
use sqlx::postgres::PgRow;

use super::TABLE;
use crate::store::{Cells as _, damaged, open_unless_erased};

/// What is shown in place of the name of a patient whose keys were destroyed.
pub(crate) const ERASED_NAME: &str = "Erased patient";
/// What is shown in place of the date of birth of such a patient.
pub(crate) const ERASED_BIRTH: Date = Date::constant(1, 1, 1);

/// Where `column` of the patient is sealed.
pub(super) fn place(id: PatientId, column: &'static str) -> Aad {
    Aad {
        table: TABLE,
        column,
        row: id.as_uuid(),
    }
}

/// The text of a sealed column; none where there is none, or none any more.
pub(crate) fn text(
    row: &PgRow,
    keys: &Unlocked,
    id: PatientId,
    column: &'static str,
) -> Result<Option<Pii<String>>, StoreError> {
    match row.cell::<Option<Vec<u8>>>(column)? {
        Some(sealed) => open_unless_erased(keys, place(id, column), sealed),
        None => Ok(None),
    }
}

/// The patient's name, from `display_name_sealed`; [`ERASED_NAME`] once it was erased.
pub(crate) fn name(row: &PgRow, keys: &Unlocked, id: PatientId) -> Result<Pii<String>, StoreError> {
    let name = text(row, keys, id, "display_name_sealed")?;
    Ok(name.unwrap_or_else(|| Pii::new(ERASED_NAME.to_owned())))
}

/// The patient's date of birth, from `date_of_birth_sealed`; none once it was erased.
pub(crate) fn birth(
    row: &PgRow,
    keys: &Unlocked,
    id: PatientId,
) -> Result<Option<Date>, StoreError> {
    let column = "date_of_birth_sealed";
    text(row, keys, id, column)?
        .map(|text| {
            let date = text.reveal().parse();
            date.map_err(|_| damaged(TABLE, column, id.to_string()))
        })
        .transpose()
}

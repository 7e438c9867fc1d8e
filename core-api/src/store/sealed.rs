//! Sealed columns of `core`: opening and sealing them, and the list of all.

use ::store::sealing::{
    Aad, DataClass, Owner, SealedColumn, Sealer, SealingError, SealingKey, Unlocked,
};
use ::store::{Connection, StoreError};
use domain::{PatientId, Pii};
use sqlx::postgres::PgRow;

use super::{Cells as _, damaged};
use crate::access;

/// What is shown in place of text whose key was destroyed.
pub(crate) const ERASED: &str = "Erased";

/// Gets the keys for `columns` of `rows`.
pub(crate) async fn unlock<'a>(
    sealer: &Sealer,
    rows: impl IntoIterator<Item = &'a PgRow>,
    columns: &[&str],
) -> Result<Unlocked, StoreError> {
    let mut values: Vec<Vec<u8>> = Vec::new();
    for row in rows {
        for column in columns {
            values.extend(row.cell::<Option<Vec<u8>>>(column)?);
        }
    }
    Ok(sealer.unlock(values.iter().map(Vec::as_slice)).await?)
}

/// Opens sealed text of a row; none once it was erased.
pub(crate) fn open_unless_erased(
    keys: &Unlocked,
    place: Aad,
    sealed: impl AsRef<[u8]>,
) -> Result<Option<Pii<String>>, StoreError> {
    match keys.open_text(place, sealed.as_ref()) {
        Ok(text) => Ok(Some(text)),
        Err(SealingError::Erased) => Ok(None),
        Err(error) => {
            tracing::error!(%error, table = place.table, column = place.column, "A sealed value failed");
            Err(damaged(place.table, place.column, place.row.to_string()))
        }
    }
}

/// Opens sealed text of a row; [`ERASED`] once it was erased.
pub(crate) fn open(
    keys: &Unlocked,
    place: Aad,
    sealed: impl AsRef<[u8]>,
) -> Result<Pii<String>, StoreError> {
    let text = open_unless_erased(keys, place, sealed)?;
    Ok(text.unwrap_or_else(|| Pii::new(ERASED.to_owned())))
}

/// The key that seals what belongs to `patient`.
pub(crate) async fn key_of_patient(
    conn: &mut Connection,
    sealer: &Sealer,
    patient: PatientId,
) -> Result<SealingKey, StoreError> {
    let subject = patient.as_uuid();
    if let Some(key) = sealer.key_of_subject(subject).await? {
        return Ok(key);
    }
    let organisation = access::store::organisation_of_patient(conn, patient).await?;
    Ok(sealer
        .key(Owner::Subject {
            organisation,
            subject,
        })
        .await?)
}

/// Seals text for a row.
pub(crate) fn seal(key: &SealingKey, place: Aad, text: &str) -> Result<Vec<u8>, StoreError> {
    Ok(key.seal(place, text.as_bytes())?.into_bytes())
}

/// A column of core that is sealed under the key of the patient it belongs to.
const fn of_patient(
    table: &'static str,
    column: &'static str,
    class: DataClass,
    subject: &'static str,
) -> SealedColumn {
    SealedColumn {
        table,
        column,
        class,
        // Found by the subject itself.
        organisation: "(select p.organisation_id from core.patient p where p.id = s.subject)",
        subject,
    }
}

/// Every sealed column of the schema `core`.
pub fn sealed_columns() -> Vec<SealedColumn> {
    use DataClass::{Clinical, Demographics, Secrets};
    let mut columns = vec![
        of_patient(
            "core.appointment",
            "reason_sealed",
            Clinical,
            "t.patient_id",
        ),
        of_patient(
            "core.appointment",
            "cancel_reason_sealed",
            Clinical,
            "t.patient_id",
        ),
        of_patient("core.chart_entry", "text_sealed", Clinical, "t.patient_id"),
        of_patient(
            "core.emergency_access",
            "reason_sealed",
            Clinical,
            "t.patient_id",
        ),
        of_patient(
            "core.emergency_access",
            "review_note_sealed",
            Clinical,
            "t.patient_id",
        ),
        of_patient(
            "core.proxy_grant",
            "documents_sealed",
            Clinical,
            "t.patient_id",
        ),
        SealedColumn {
            table: "core.factor",
            column: "secret_sealed",
            class: Secrets,
            organisation: "(select a.organisation_id from core.account a where a.id = t.account_id)",
            subject: "null::uuid",
        },
        SealedColumn {
            table: "core.mail",
            column: "letter_sealed",
            class: Secrets,
            organisation: "(select a.organisation_id from core.account a where a.id = t.account_id)",
            subject: "null::uuid",
        },
        SealedColumn {
            table: "core.link_request",
            column: "address_sealed",
            class: Secrets,
            organisation: "null::uuid",
            subject: "null::uuid",
        },
    ];
    let demographics = [
        "display_name_sealed",
        "date_of_birth_sealed",
        "pronouns_sealed",
        "phone_sealed",
        "email_sealed",
    ];
    columns.extend(
        demographics.map(|column| of_patient("core.patient", column, Demographics, "t.id")),
    );
    columns
}

//! The schema `core` as a whole, and how its rows are read.

mod sealed;

use ::store::{Connection, Migrations, StoreError};
use domain::{OrganisationId, PatientId, Pii, ProviderId};
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgRow;
use sqlx::{Decode, Postgres, Row as _, Type};
use uuid::Uuid;

pub use sealed::sealed_columns;
pub(crate) use sealed::{key_of_patient, open, open_unless_erased, seal, unlock};

static FILES: Migrator = sqlx::migrate!("./migrations");

/// The migrations of schema `core`, for [`store::migrate`](::store::migrate).
pub fn migrations() -> Migrations {
    Migrations::new("core", &FILES)
}

/// Reading the columns of a row as the types rules work with.
pub(crate) trait Cells {
    /// A column of a plain type.
    fn cell<T: for<'r> Decode<'r, Postgres> + Type<Postgres>>(
        &self,
        column: &str,
    ) -> Result<T, StoreError>;

    /// An identifier.
    fn id<T: From<Uuid>>(&self, column: &str) -> Result<T, StoreError> {
        self.cell::<Uuid>(column).map(T::from)
    }

    /// An identifier that may be null.
    fn id_or_null<T: From<Uuid>>(&self, column: &str) -> Result<Option<T>, StoreError> {
        Ok(self.cell::<Option<Uuid>>(column)?.map(T::from))
    }

    /// An instant.
    fn time(&self, column: &str) -> Result<Timestamp, StoreError> {
        self.cell::<jiff_sqlx::Timestamp>(column)
            .map(jiff_sqlx::Timestamp::to_jiff)
    }

    /// An instant that may be null.
    fn time_or_null(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self
            .cell::<Option<jiff_sqlx::Timestamp>>(column)?
            .map(jiff_sqlx::Timestamp::to_jiff))
    }

    /// A day of the calendar.
    fn date(&self, column: &str) -> Result<Date, StoreError> {
        self.cell::<jiff_sqlx::Date>(column)
            .map(jiff_sqlx::Date::to_jiff)
    }

    /// Text about a person.
    fn pii(&self, column: &str) -> Result<Pii<String>, StoreError> {
        self.cell::<String>(column).map(Pii::new)
    }

    /// Text about a person that may be null.
    fn pii_or_null(&self, column: &str) -> Result<Option<Pii<String>>, StoreError> {
        Ok(self.cell::<Option<String>>(column)?.map(Pii::new))
    }

    /// One of a closed set of words.
    fn word<T>(
        &self,
        table: &'static str,
        column: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        let text: String = self.cell(column)?;
        parse(&text).ok_or_else(|| damaged(table, column, self.key()))
    }

    /// One of a closed set of words, or null.
    fn word_or_null<T>(
        &self,
        table: &'static str,
        column: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let text: Option<String> = self.cell(column)?;
        text.map(|text| parse(&text).ok_or_else(|| damaged(table, column, self.key())))
            .transpose()
    }

    /// The row's identifier, for errors about its other columns.
    fn key(&self) -> String {
        self.cell::<Uuid>("id")
            .map(|id| id.to_string())
            .unwrap_or_default()
    }
}

impl Cells for PgRow {
    fn cell<T: for<'r> Decode<'r, Postgres> + Type<Postgres>>(
        &self,
        column: &str,
    ) -> Result<T, StoreError> {
        Ok(self.try_get(column)?)
    }
}

/// Stored data that makes no sense to this program.
pub(crate) fn damaged(table: &'static str, column: &'static str, row: String) -> StoreError {
    StoreError::Damaged { table, column, row }
}

/// Every organisation.
pub(crate) async fn organisations(
    conn: &mut Connection,
) -> Result<Vec<OrganisationId>, StoreError> {
    let rows = sqlx::query("select id from core.organisation order by id")
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Waits for its turn to change what `provider` has to do, until the transaction ends. It orders
/// bookings, whose exclusion constraint would deadlock otherwise, and steps of visits, whose
/// events tell the line they leave. Taken after the lock on a visit, never before it.
pub(crate) async fn lock_provider(
    conn: &mut Connection,
    provider: ProviderId,
) -> Result<(), StoreError> {
    advisory(conn, format!("core.provider {provider}")).await
}

/// Waits for its turn to book for `patient`, until the transaction ends. Taken after
/// [`lock_provider`], never before it.
pub(crate) async fn lock_patient(
    conn: &mut Connection,
    patient: PatientId,
) -> Result<(), StoreError> {
    advisory(conn, format!("core.patient {patient}")).await
}

async fn advisory(conn: &mut Connection, name: String) -> Result<(), StoreError> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(name)
        .execute(conn)
        .await?;
    Ok(())
}

//! What can go wrong with the database, by what a caller can do about it.

use std::fmt;

/// A statement or a connection failed.
///
/// Neither `Display` nor `Debug` holds values of rows or parameters: PostgreSQL puts them into
/// DETAIL and into some messages, and both are dropped here. Log it freely.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or does not answer in time. Nothing is known to have
    /// changed, except after a failed COMMIT, whose outcome is open. Answer `unavailable`.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Another transaction was in the way (40001 serialisation failure, 40P01 deadlock): nothing
    /// changed and the same work may be tried again. [`crate::retry`] does so.
    #[error("the transaction lost against a concurrent one (SQLSTATE {sqlstate})")]
    Contended {
        /// The SQLSTATE.
        sqlstate: &'static str,
    },
    /// The data does not fit a constraint; the caller knows what its name means.
    #[error("{0}")]
    Constraint(Constraint),
    /// A text has a character that no row can hold (22021): U+0000. Answer as to bad input.
    #[error("a text has a character that cannot be kept")]
    Text,
    /// A statement ran or waited for a lock longer than allowed (57014, 55P03); nothing changed.
    #[error("a statement took longer than allowed and was ended")]
    TimedOut,
    /// The disk of the database is full (53100).
    #[error("the database's disk is full: free some space, then try again")]
    DiskFull,
    /// Stored data makes no sense to this program.
    #[error("{table}.{column} of row {row} holds what this program does not understand")]
    Damaged {
        /// Which table, with its schema.
        table: &'static str,
        /// Which column.
        column: &'static str,
        /// Which row.
        row: String,
    },
    /// The data was erased: its key was destroyed on purpose.
    #[error("what was asked for was erased")]
    Erased,
    /// An outbox event is larger than [`crate::outbox::MAX_EVENT_BYTES`] or does not serialise.
    #[error("an event cannot be kept: {0}")]
    Event(String),
    /// No randomness for an identifier.
    #[error(transparent)]
    Entropy(#[from] domain::EntropyError),
    /// A defect of this program: a statement the database does not accept, a row that does not
    /// decode. Answer `internal`.
    #[error("the database refused a statement: {0}")]
    Defect(String),
}

/// A violated constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// Of what kind.
    pub kind: ConstraintKind,
    /// Its name, as in the migration; empty for not-null.
    pub name: String,
    /// Its table, without schema.
    pub table: String,
}

/// The kinds of constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstraintKind {
    /// 23505: the key exists already.
    Unique,
    /// 23P01: overlaps another row, such as a booked slot.
    Exclusion,
    /// 23503: the referenced row is missing, or still referenced.
    ForeignKey,
    /// 23514: a value is outside its range.
    Check,
    /// 23502: a value is missing.
    NotNull,
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ConstraintKind::Unique => "unique",
            ConstraintKind::Exclusion => "exclusion",
            ConstraintKind::ForeignKey => "foreign key",
            ConstraintKind::Check => "check",
            ConstraintKind::NotNull => "not-null",
        };
        write!(
            f,
            "{kind} constraint {:?} of table {:?}",
            self.name, self.table
        )
    }
}

impl StoreError {
    /// Whether the violated constraint is the one named `name`.
    pub fn violates(&self, name: &str) -> bool {
        matches!(self, Self::Constraint(constraint) if constraint.name == name)
    }

    /// Whether an exclusion constraint (23P01) was violated: somebody has the slot.
    pub fn is_exclusion(&self) -> bool {
        matches!(self, Self::Constraint(c) if c.kind == ConstraintKind::Exclusion)
    }

    /// Whether the same work may succeed if simply tried again.
    pub fn is_contended(&self) -> bool {
        matches!(self, Self::Contended { .. })
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => from_database(&*error),
            sqlx::Error::PoolTimedOut => {
                Self::Unavailable("no connection became free in time".into())
            }
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::Unavailable("the program is shutting down".into())
            }
            sqlx::Error::Io(error) => Self::Unavailable(error.kind().to_string()),
            sqlx::Error::Tls(_) => Self::Unavailable("the TLS hand-shake failed".into()),
            sqlx::Error::Protocol(_) => Self::Unavailable("the connection broke".into()),
            // Decoding errors may quote the value; the column says enough.
            sqlx::Error::ColumnDecode { index, .. } => {
                Self::Defect(format!("column {index} does not decode"))
            }
            sqlx::Error::RowNotFound => Self::Defect("a row that must exist is missing".into()),
            sqlx::Error::ColumnNotFound(name) => Self::Defect(format!("no column {name}")),
            sqlx::Error::TypeNotFound { type_name } => Self::Defect(format!("no type {type_name}")),
            _ => Self::Defect("the driver rejected it".into()),
        }
    }
}

fn from_database(error: &dyn sqlx::error::DatabaseError) -> StoreError {
    let code = error.code().unwrap_or_default();
    let constraint = |kind| {
        StoreError::Constraint(Constraint {
            kind,
            name: error.constraint().unwrap_or_default().to_owned(),
            table: error.table().unwrap_or_default().to_owned(),
        })
    };
    match &*code {
        "40001" => StoreError::Contended { sqlstate: "40001" },
        "40P01" => StoreError::Contended { sqlstate: "40P01" },
        "23505" => constraint(ConstraintKind::Unique),
        "23P01" => constraint(ConstraintKind::Exclusion),
        "23503" => constraint(ConstraintKind::ForeignKey),
        "23514" => constraint(ConstraintKind::Check),
        "23502" => constraint(ConstraintKind::NotNull),
        "22021" => StoreError::Text,
        "57014" | "55P03" | "25P03" => StoreError::TimedOut,
        "53100" => StoreError::DiskFull,
        // Class 08 connection, 28 authorization, 3D no database, 53 resources, 57P server leaving.
        _ if ["08", "28", "3D", "53", "57P"]
            .iter()
            .any(|class| code.starts_with(class)) =>
        {
            StoreError::Unavailable(format!("SQLSTATE {code}"))
        }
        // Class 42 (syntax, names, privileges) speaks of the statement, never of values.
        _ if code.starts_with("42") => {
            StoreError::Defect(format!("{} (SQLSTATE {code})", error.message()))
        }
        _ => StoreError::Defect(format!("SQLSTATE {code}")),
    }
}

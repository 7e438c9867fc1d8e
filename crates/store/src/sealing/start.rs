//! The start: the key at hand must be the one this database is locked under.

use sqlx::AssertSqlSafe;

use super::audit::did;
use super::cipher::Secret;
use super::error::KeysError;
use super::place::SealedColumn;
use super::provider::{KeyProvider, ProviderError, Wrapped};
use super::ring::KeyRing;
use super::store::{self, StoredKek};
use super::value::{KeyName, parts};
use crate::audit::Action;
use crate::{Audit, Connection, Db, Events};

/// What is wrapped to recognise a key by.
const CHECK: [u8; 32] = *b"bedside key-encryption key check";
const CONTEXT: &str = "bedside kek check v2";

impl KeyRing {
    /// The keys of `db`, whose sealed columns are `columns`, under the key-encryption keys that
    /// `provider` holds. A new database takes the provider's key; any other refuses every key but
    /// its own.
    ///
    /// # Errors
    /// [`KeysError`], whose text is one sentence that says what to restore.
    pub async fn open(
        db: &Db,
        provider: KeyProvider,
        columns: &[SealedColumn],
    ) -> Result<Self, KeysError> {
        let ring = Self::new(db.clone(), provider)?;
        let mut tx = db.begin_keys().await?;
        store::lock_keks(tx.conn()).await?;
        let known = store::keks(tx.conn()).await?;
        for kek in known.iter().filter(|kek| kek.needed) {
            ring.check(kek).await?;
        }
        let own = ring.own_check().await?;
        if known.iter().any(|kek| kek.id == own.kek) {
            return Ok(ring);
        }
        if known.is_empty() {
            ring.check_derived(tx.conn(), columns).await?;
        }
        store::insert_kek(tx.conn(), &own.kek, &own.bytes, ring.now()).await?;
        let audit = Audit::of(did(Action::Create).detail("class", "key_encryption"));
        tx.commit(audit, Events::none()).await?;
        Ok(ring)
    }

    /// The check value of the key that wraps now. It also shows that the provider works.
    pub(super) async fn own_check(&self) -> Result<Wrapped, KeysError> {
        Ok(self.provider().wrap(CONTEXT, &CHECK).await?)
    }

    async fn check(&self, kek: &StoredKek) -> Result<(), KeysError> {
        let wrapped = Wrapped {
            kek: kek.id.clone(),
            bytes: kek.check.clone(),
        };
        let wrong = || KeysError::Wrong {
            wanted: kek.id.clone(),
            place: self.provider().place(),
        };
        match self.provider().unwrap(CONTEXT, &wrapped).await {
            Ok(secret) if is_check(&secret) => Ok(()),
            Ok(_) | Err(ProviderError::Unknown(_) | ProviderError::Altered(_)) => Err(wrong()),
            Err(other) => Err(other.into()),
        }
    }

    /// A database of before envelope keys is known by the master key its values name.
    async fn check_derived(
        &self,
        conn: &mut Connection,
        columns: &[SealedColumn],
    ) -> Result<(), KeysError> {
        for column in columns {
            let SealedColumn { table, column, .. } = *column;
            let value: Option<Vec<u8>> = sqlx::query_scalar(AssertSqlSafe(format!(
                "select {column} from {table} where {column} is not null limit 1"
            )))
            .fetch_optional(&mut *conn)
            .await?;
            let Some(Ok(KeyName::Derived(id))) = value
                .as_deref()
                .map(|value| parts(value).map(|parts| parts.key))
            else {
                continue;
            };
            let name = KeyName::Derived(id);
            if !self.load([name]).await?.contains_key(&name) {
                return Err(KeysError::OtherMaster {
                    table,
                    place: self.provider().place(),
                });
            }
        }
        Ok(())
    }
}

fn is_check(secret: &Secret) -> bool {
    // Not a secret: a public text.
    **secret == CHECK
}

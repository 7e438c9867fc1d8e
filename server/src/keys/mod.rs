//! The keys that seal: who holds them, and `bedside keys …`.

mod command;
mod files;

use std::sync::Arc;

use auth::{KeyError, SystemEntropy};
use domain::Entropy;
use store::sealing::{KeyProvider, KeyRing, KeysError, ProviderError, SealedColumn};
use store::{Db, StoreError};

pub(crate) use command::{CommandError, KeysCommand, run};

use crate::data_dir::DataDir;
use crate::settings::{KeySource, Settings};

/// The keys of a database cannot be used: the program does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error(
        "{path} is missing, and this database is locked already: restore that file, or the key it \
         held, from where you keep a copy (docs/security/keys.md)"
    )]
    Missing { path: String },
    #[error(transparent)]
    File(#[from] KeyError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Every sealed column of every schema.
pub(crate) fn sealed_columns() -> Vec<SealedColumn> {
    let mut columns = core_api::sealed_columns();
    columns.extend(chat::SEALED_COLUMNS);
    columns
}

/// The keys of `db`, by what the settings say. A key file is made for a new database only.
pub(crate) async fn open(
    settings: &Settings,
    dir: &DataDir,
    db: &Db,
) -> Result<KeyRing, OpenError> {
    let provider = match &settings.keys {
        KeySource::Command(program) => KeyProvider::command(program.clone()),
        KeySource::Environment(keys) => {
            let keys = keys.clone();
            KeyProvider::local("BEDSIDE_MASTER_KEY", Box::new(move || Ok(keys.0.clone())))?
        }
        KeySource::Files => {
            let files = files::KeyFiles::new(dir.keys_folder());
            if !files.exist() {
                if store::sealing::has_keys(db).await? {
                    return Err(OpenError::Missing {
                        path: files.current().display().to_string(),
                    });
                }
                let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
                files.make(&*entropy)?;
            }
            files.provider()?
        }
    };
    Ok(KeyRing::open(db, provider, &sealed_columns()).await?)
}

//! The database and the keys a command works with.

use store::Access;
use store::audit::AuditKeys;
use store::cluster::{Cluster, ClusterConfig, ClusterError};

use super::{AuditError, PlaceArgs, keys};
use crate::database::DatabaseError;
use crate::settings::Settings;

/// A way into the database; the private cluster, where it had to be started for this.
pub(crate) struct Place {
    pub(crate) access: Access,
    cluster: Option<Cluster>,
}

impl Place {
    /// The database of `args`, of the environment, or the private one: through the program that
    /// runs it, or started for this.
    pub(crate) async fn open(args: &PlaceArgs, settings: &Settings) -> Result<Self, AuditError> {
        let owner = settings.database_owner_url.as_deref();
        if let Some(url) = args.database.as_ref().or(settings.database_url.as_ref()) {
            let access = Access::from_urls(url, owner).map_err(DatabaseError::from)?;
            return Ok(Self {
                access,
                cluster: None,
            });
        }
        match Cluster::start(ClusterConfig::new(&settings.data_dir)).await {
            Ok(cluster) => Ok(Self {
                access: cluster.access(),
                cluster: Some(cluster),
            }),
            Err(ClusterError::Owned { .. }) => Ok(Self {
                access: Cluster::access_of_running(&settings.data_dir)
                    .map_err(DatabaseError::from)?,
                cluster: None,
            }),
            Err(error) => Err(DatabaseError::from(error).into()),
        }
    }

    /// Stops what was started for this; every connection must be closed by now.
    pub(crate) async fn close(self) -> Result<(), AuditError> {
        if let Some(cluster) = self.cluster {
            cluster.stop().await.map_err(DatabaseError::from)?;
        }
        Ok(())
    }
}

/// The keys that `args` name, or those of the data directory.
pub(crate) fn keys_of(args: &PlaceArgs) -> Result<AuditKeys, AuditError> {
    let named = keys::from_files(&args.key).map_err(crate::data_dir::DataDirError::from)?;
    match named {
        Some(keys) => Ok(keys),
        None => Ok(keys::from_dir(&args.settings()?.data_dir)?),
    }
}

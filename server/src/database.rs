//! The node's database: its own private cluster, or the operator's.

use runtime::{Context, HealthHandle};
use store::cluster::{Cluster, ClusterConfig, ClusterError, Status};
use store::{Access, AccessError, Db, MigrateError, Migrations, StoreError};
use tokio::sync::watch;

use crate::data_dir::DataDir;
use crate::settings::Settings;

/// A way into the database, and the private cluster behind it if there is one.
pub(crate) struct Database {
    pub(crate) access: Access,
    cluster: Option<Cluster>,
}

/// The database cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseError {
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    #[error("the database does not answer: {0}")]
    Store(#[from] StoreError),
    #[error(
        "DATABASE_URL is not set: a service on its own needs the database of the node; `bedside up` brings its own"
    )]
    NoUrl,
}

/// Every schema above the store's own, in the order they are made.
fn migrations() -> [Migrations; 2] {
    [core_api::migrations(), chat::MIGRATIONS]
}

impl Database {
    /// `DATABASE_URL` if set, otherwise the private cluster in `dir`.
    pub(crate) async fn open(settings: &Settings, dir: &DataDir) -> Result<Self, DatabaseError> {
        if let Some(url) = &settings.database_url {
            return Self::given(settings, url);
        }
        let cluster = Cluster::start(ClusterConfig::new(dir.path())).await?;
        Ok(Self {
            access: cluster.access(),
            cluster: Some(cluster),
        })
    }

    /// `DATABASE_URL` and nothing else: a service on its own does not run a cluster.
    pub(crate) fn existing(settings: &Settings) -> Result<Self, DatabaseError> {
        let url = settings.database_url.as_ref().ok_or(DatabaseError::NoUrl)?;
        Self::given(settings, url)
    }

    fn given(settings: &Settings, url: &str) -> Result<Self, DatabaseError> {
        Ok(Self {
            access: Access::from_urls(url, settings.database_owner_url.as_deref())?,
            cluster: None,
        })
    }

    /// Migrates where we may; otherwise checks that the schema is the one this program needs.
    pub(crate) async fn prepare(&self) -> Result<(), DatabaseError> {
        if self.access.can_migrate() {
            store::migrate(&self.access, &migrations()).await?;
        }
        self.check().await
    }

    /// Whether it answers and has the schema that this program needs.
    pub(crate) async fn check(&self) -> Result<(), DatabaseError> {
        store::check_schema(&self.access, &migrations()).await?;
        Ok(())
    }

    /// Keeps `/readyz` honest about the database for as long as the program runs, and stops the
    /// program when the private cluster cannot be started again.
    pub(crate) fn watch(&self, db: &Db, context: &Context) {
        let health = context.health.register("database");
        let shutdown = context.tasks.shutdown();
        match &self.cluster {
            Some(cluster) => {
                let status = cluster.status();
                context.tasks.spawn_essential("database", async move {
                    tokio::select! {
                        () = shutdown.begun() => Ok(()),
                        failure = follow(status, &health) => Err(failure),
                    }
                });
            }
            None => {
                let db = db.clone();
                context.tasks.spawn_essential("database", async move {
                    tokio::select! {
                        () = shutdown.begun() => {}
                        () = ping(&db, &health) => {}
                    }
                    Ok(())
                });
            }
        }
    }

    /// Stops the private cluster, if there is one; every pool must be closed by now.
    pub(crate) async fn stop(self) -> Result<(), ClusterError> {
        match self.cluster {
            Some(cluster) => cluster.stop().await,
            None => Ok(()),
        }
    }
}

/// Follows the private cluster until it is gone for good, and says why.
async fn follow(mut status: watch::Receiver<Status>, health: &HealthHandle) -> String {
    loop {
        match &*status.borrow_and_update() {
            Status::Ready => health.ready(),
            Status::Starting | Status::Restarting => health.unready("the database is starting"),
            Status::Stopped => return "the database has stopped".to_owned(),
            Status::Failed(reason) => return reason.clone(),
        }
        if status.changed().await.is_err() {
            return "the database's supervisor is gone".to_owned();
        }
    }
}

/// Asks somebody else's database every five seconds whether it answers.
async fn ping(db: &Db, health: &HealthHandle) {
    let mut interval = tokio::time::interval(std::time::Duration::from_secs(5));
    loop {
        interval.tick().await;
        match db.ping().await {
            Ok(()) => health.ready(),
            Err(_) => health.unready("the database does not answer"),
        }
    }
}

//! The private database of a node: its log of statements, and pgbench on it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;

use super::statement::TWIN;
use crate::error::LoadError;
use crate::node::Node;

/// How long a line of the log may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks at the log.
const LOOK: Duration = Duration::from_millis(20);
/// The longest run of pgbench.
const LONGEST: Duration = Duration::from_secs(120);
/// The private database of a node, as its administrator.
pub(crate) struct Database {
    socket: PathBuf,
    programs: PathBuf,
}

impl Database {
    /// That of `node`.
    pub(crate) async fn of(node: &Node) -> Result<Self, LoadError> {
        let found = output("pg_config", &["--bindir"]).await?;
        Ok(Self {
            socket: node.data().join("run"),
            programs: PathBuf::from(found.trim()),
        })
    }

    fn psql(&self) -> Command {
        let mut command = Command::new(self.programs.join("psql"));
        command
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args(["--set", "ON_ERROR_STOP=1", "--dbname", "bedside"])
            .args(["--username", "bedside_admin", "--host"])
            .arg(&self.socket);
        command
    }

    /// Runs statements as the administrator.
    pub(crate) async fn run(&self, statements: &[&str]) -> Result<String, LoadError> {
        let mut command = self.psql();
        for statement in statements {
            command.args(["--command", statement]);
        }
        finished("psql", command).await
    }

    /// Starts to log every statement with its values: of a node of made-up people.
    pub(crate) async fn listen(&self) -> Result<(), LoadError> {
        self.run(&[
            "alter system set log_statement = 'all'",
            "alter system set log_parameter_max_length = -1",
            "alter system set log_error_verbosity = 'default'",
            "alter system set log_line_prefix = '%p '",
            "select pg_reload_conf()",
        ])
        .await?;
        Ok(())
    }

    /// Ends what [`Self::listen`] began.
    pub(crate) async fn stop_listening(&self) -> Result<(), LoadError> {
        self.run(&["alter system reset all", "select pg_reload_conf()"])
            .await?;
        Ok(())
    }

    /// Writes `mark` into the log and waits until the node has passed it on.
    pub(crate) async fn mark(&self, node: &Node, mark: &str) -> Result<(), LoadError> {
        let statement = format!("select '{mark}'");
        let seen = async {
            loop {
                // The reload reaches a process a moment after it was asked for.
                self.run(&[&statement]).await?;
                if node.log().iter().any(|line| line.contains(&statement)) {
                    return Ok::<_, LoadError>(());
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(PATIENCE, seen)
            .await
            .map_err(|_| LoadError::Timeout("the database's log"))?
    }

    /// Makes the table that pgbench writes to.
    pub(crate) async fn make_twin(&self) -> Result<(), LoadError> {
        let table = format!("create table {TWIN} (like audit.event including all)");
        self.run(&[
            "create schema bench",
            &table,
            "grant usage on schema bench to bedside_service",
            "grant all on all tables in schema bench to bedside_service",
        ])
        .await?;
        Ok(())
    }

    /// Runs `script` `times` on each of `clients` connections, as the role that serves; transactions
    /// a second.
    pub(crate) async fn pgbench(
        &self,
        script: &Path,
        clients: usize,
        times: usize,
    ) -> Result<f64, LoadError> {
        let mut command = Command::new(self.programs.join("pgbench"));
        command
            .args(["--no-vacuum", "--protocol", "prepared", "--file"])
            .arg(script)
            .args(["--client", &clients.to_string()])
            .args(["--transactions", &times.to_string()])
            .args(["--username", "bedside_service", "--host"])
            .arg(&self.socket)
            .arg("bedside");
        let said = finished("pgbench", command).await?;
        let rate = said.lines().find_map(|line| {
            let rest = line.strip_prefix("tps = ")?;
            rest.split(' ').next()?.parse().ok()
        });
        let failed = said.contains("number of failed transactions: 0 ");
        match rate {
            Some(rate) if failed => Ok(rate),
            _ => Err(LoadError::Program("pgbench", said)),
        }
    }
}

async fn output(program: &'static str, arguments: &[&str]) -> Result<String, LoadError> {
    let mut command = Command::new(program);
    command.args(arguments);
    finished(program, command).await
}

async fn finished(program: &'static str, mut command: Command) -> Result<String, LoadError> {
    command.kill_on_drop(true);
    let done = tokio::time::timeout(LONGEST, command.output())
        .await
        .map_err(|_| LoadError::Timeout(program))?
        .map_err(|source| LoadError::Start {
            path: program.to_owned(),
            source,
        })?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    if done.status.success() {
        return Ok(said);
    }
    let why = String::from_utf8_lossy(&done.stderr).into_owned();
    Err(LoadError::Program(program, why))
}

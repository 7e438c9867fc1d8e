//! What the API costs: audited reads beside the same statements under pgbench, and sign-ins.

mod client;
mod people;
mod report;
mod statement;
mod store;

use std::time::Duration;

use futures::future::try_join_all;
use hyper::StatusCode;
use serde_json::json;
use tokio::time::Instant;

use client::{Connection, Visitor};
use people::Person;
use report::{METHOD, Paced, Quantiles, Report, Round, SignIns};
use statement::Statement;
use store::Database;

use crate::cli::{ApiOptions, Io};
use crate::error::LoadError;
use crate::histogram::Histogram;
use crate::machine::Machine;
use crate::media::server;
use crate::node::{Node, Setup};

/// Reads before anything is measured.
const WARM: usize = 200;
/// Times a request is looked at: other work of the node falls into some.
const LOOKS: usize = 8;
/// Requests a second that a clinic may make, and how many at once: the node's own bounds.
const CLINIC_RATE: usize = 500;
const CLINIC_BURST: usize = 3_000;
/// Lines of the node's log that hold the statements of one look.
const LINES: usize = 10_000;

/// Measures the API of a node of its own.
///
/// # Errors
/// If the node does not start, or answers something else than it should.
pub(crate) async fn run(options: ApiOptions) -> Result<Report, LoadError> {
    let machine = Machine::this();
    check(&options)?;
    let setup = Setup {
        server: server(options.server.clone())?,
        io: Io::Auto,
        estimation: true,
        demo: true,
        log: Some(("info,zeromq=error,postgres=debug", LINES)),
    };
    let node = Node::start(&setup).await?;
    let database = Database::of(&node).await?;
    let mut people = people::coordinators(&node, options.sessions).await?;
    let load = Load {
        patient: patient(&node, &people).await?,
        connections: options.connections,
        node: &node,
    };
    load.fast(&people, WARM).await?;
    let statements = load.statements(&database, &people).await?;
    database.make_twin().await?;
    let script = node.data().join("read.sql");
    tokio::fs::write(&script, statement::script(&statements)).await?;
    database.pgbench(&script, options.connections, WARM).await?;

    let mut rounds = Vec::new();
    for _ in 0..options.rounds {
        load.rest(options.reads).await;
        rounds.push(
            load.round(&database, &script, &people, options.reads)
                .await?,
        );
    }
    load.rest(CLINIC_BURST).await;
    let clinic = load.paced(&people, options.seconds).await?;
    let sign_ins = load.sign_ins(&mut people).await?;
    node.stop().await?;

    let mut ratios: Vec<f64> = rounds
        .iter()
        .map(|round| round.reads_per_second / round.pgbench_per_second)
        .collect();
    ratios.sort_by(f64::total_cmp);
    Ok(Report {
        machine,
        method: METHOD,
        statements: statements.len(),
        rate_to_pgbench: ratios.get(ratios.len() / 2).copied().unwrap_or_default(),
        rounds,
        clinic,
        sign_ins,
    })
}

fn check(options: &ApiOptions) -> Result<(), LoadError> {
    let bounds = [
        ("--sessions", options.sessions, 1, 2_000),
        ("--connections", options.connections, 1, 64),
        ("--reads", options.reads, 100, CLINIC_BURST - WARM),
        ("--rounds", options.rounds, 1, 20),
    ];
    for (what, given, least, most) in bounds {
        if !(least..=most).contains(&given) {
            return Err(LoadError::Bounds {
                what,
                given: given as u64,
                least: least as u64,
                most: most as u64,
            });
        }
    }
    Ok(())
}

/// A patient who is read: one of no visit, made for it.
async fn patient(node: &Node, people: &[Person]) -> Result<String, LoadError> {
    let mut connection = Connection::open(&node.address).await?;
    let who = people.first().map(|person| person.visitor.clone());
    let new =
        json!({"display_name": "Load Example", "date_of_birth": "1980-02-29", "sex": "female"});
    connection
        .post(&who.unwrap_or_default(), "/patients", &new)
        .await?
        .expect(StatusCode::CREATED, "a patient")?
        .text("id")
}

/// What is asked of which node.
struct Load<'a> {
    node: &'a Node,
    patient: String,
    connections: usize,
}

impl Load<'_> {
    fn path(&self) -> String {
        format!("/patients/{}", self.patient)
    }

    async fn read(&self, connection: &mut Connection, who: &Visitor) -> Result<(), LoadError> {
        let answer = connection.get(who, &self.path()).await?;
        answer.expect(StatusCode::OK, "a read").map(drop)
    }

    /// Until the clinic may make `requests` at once again.
    async fn rest(&self, requests: usize) {
        let seconds = requests.div_ceil(CLINIC_RATE) + 1;
        tokio::time::sleep(Duration::from_secs(seconds as u64)).await;
    }

    /// `reads` reads over all connections, each by the next of `people`.
    async fn fast(
        &self,
        people: &[Person],
        reads: usize,
    ) -> Result<(Histogram, Duration), LoadError> {
        let share = reads / self.connections;
        let begin = Instant::now();
        let clients = (0..self.connections).map(|client| async move {
            let mut connection = Connection::open(&self.node.address).await?;
            let mut took = Histogram::default();
            let mine = people.iter().cycle().skip(client * share).take(share);
            for person in mine {
                let asked = Instant::now();
                self.read(&mut connection, &person.visitor).await?;
                took.record(nanos(asked.elapsed()));
            }
            Ok::<_, LoadError>(took)
        });
        let mut all = Histogram::default();
        for took in try_join_all(clients).await? {
            all.add(&took);
        }
        Ok((all, begin.elapsed()))
    }

    /// The statements of one read: of several looks the shortest, as other work of the node falls
    /// into some.
    async fn statements(
        &self,
        database: &Database,
        people: &[Person],
    ) -> Result<Vec<Statement>, LoadError> {
        let mut connection = Connection::open(&self.node.address).await?;
        let who = people.first().map(|person| person.visitor.clone());
        let who = who.unwrap_or_default();
        database.listen().await?;
        let mut looks = Vec::new();
        for look in 0..LOOKS {
            let (from, to) = (format!("mark {look} begin"), format!("mark {look} end"));
            database.mark(self.node, &from).await?;
            self.read(&mut connection, &who).await?;
            database.mark(self.node, &to).await?;
            looks.push(statement::between(&self.node.log(), &from, &to));
        }
        database.stop_listening().await?;
        let whole = looks.into_iter().filter(|look| !look.is_empty());
        whole
            .min_by_key(Vec::len)
            .ok_or(LoadError::Timeout("the statements of a read"))
    }

    /// Reads, then pgbench.
    async fn round(
        &self,
        database: &Database,
        script: &std::path::Path,
        people: &[Person],
        reads: usize,
    ) -> Result<Round, LoadError> {
        let before = (self.node.cpu()?, self.node.database_cpu());
        let (took, time) = self.fast(people, reads).await?;
        let after = (self.node.cpu()?, self.node.database_cpu());
        let each = |spent: Duration| spent.as_secs_f64() * 1e6 / reads as f64;
        let times = reads / self.connections;
        let pgbench = database.pgbench(script, self.connections, times).await?;
        let last = self.node.database_cpu();
        Ok(Round {
            reads,
            reads_per_second: reads as f64 / time.as_secs_f64(),
            latency_ms: Quantiles::from(&took),
            node_cpu_us: each(after.0.saturating_sub(before.0)),
            database_cpu_us: each(after.1.saturating_sub(before.1)),
            pgbench_per_second: pgbench,
            pgbench_database_cpu_us: each(last.saturating_sub(after.1)),
        })
    }

    /// Every session reads once in two seconds, one after the other.
    async fn paced(&self, people: &[Person], seconds: u64) -> Result<Paced, LoadError> {
        let rate = people.len() as f64 / 2.0;
        let reads = (rate * seconds as f64) as usize;
        let mut connections = Vec::new();
        for _ in 0..self.connections {
            connections.push(Connection::open(&self.node.address).await?);
        }
        let begin = Instant::now();
        let width = self.connections;
        let clients =
            connections
                .into_iter()
                .enumerate()
                .map(|(client, mut connection)| async move {
                    let mut took = Histogram::default();
                    for number in (client..reads).step_by(width) {
                        let due = begin + Duration::from_secs_f64(number as f64 / rate);
                        tokio::time::sleep_until(due).await;
                        let person = &people[number % people.len()];
                        self.read(&mut connection, &person.visitor).await?;
                        took.record(nanos(due.elapsed()));
                    }
                    Ok::<_, LoadError>(took)
                });
        let mut all = Histogram::default();
        for took in try_join_all(clients).await? {
            all.add(&took);
        }
        Ok(Paced {
            sessions: people.len(),
            reads_per_second: rate,
            reads,
            latency_ms: Quantiles::from(&all),
        })
    }

    /// Everybody signs in once more.
    async fn sign_ins(&self, people: &mut [Person]) -> Result<SignIns, LoadError> {
        let count = people.len();
        let before = self.node.cpu()?;
        let begin = Instant::now();
        let share = count.div_ceil(self.connections);
        let clients = people.chunks_mut(share).map(|people| async {
            let mut connection = Connection::open(&self.node.address).await?;
            for person in people {
                person.sign_in(&mut connection).await?;
            }
            Ok::<_, LoadError>(())
        });
        try_join_all(clients).await?;
        let time = begin.elapsed().as_secs_f64();
        let cpu = self.node.cpu()?.saturating_sub(before).as_secs_f64();
        Ok(SignIns {
            count,
            per_second: count as f64 / time,
            cpu_ms: cpu * 1e3 / count as f64,
            per_second_of_cpu: count as f64 / cpu,
        })
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

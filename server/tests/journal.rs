//! The visit journal from room to table: real signaling, real core-api, the real bus and
//! PostgreSQL between them. Only the media engine is a script.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use auth::media::Grant;
use auth::{Key, SystemEntropy};
use bus::link::{LinkEvent, LinkSender, LinkServer};
use bus::media::{FromSfu, MediaReport, ParticipantSid, ToSfu};
use bus::{BusDir, SFU_LINK};
use domain::{AccountId, Clock as _, Role, SystemClock, VisitId};
use runtime::Context;
use store::sealing::{KeyProvider, KeyRing};
use testkit::postgres::TestDb;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use uuid::Uuid;

/// Long enough for any machine; reached only by a defect.
const PATIENCE: Duration = Duration::from_secs(60);
const MEDIA_KEY: [u8; 32] = [2; 32];

/// Fails the test when `future` does not end.
async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

async fn stop(context: &Context) {
    assert!(context.tasks.stop(PATIENCE).await.is_clean());
}

async fn start_core(db: &TestDb, bus: &BusDir) -> (Context, core_api::Service) {
    let context = Context::new();
    let provider = KeyProvider::fixed([3; 32]).expect("a key");
    let columns = core_api::sealed_columns();
    let sealing = KeyRing::open(db.db(), provider, &columns);
    let deps = core_api::Deps {
        db: db.db().clone(),
        bus: bus.clone(),
        session_key: Key::from_bytes([1; 32]),
        media_key: Key::from_bytes(MEDIA_KEY),
        sealing: sealing.await.expect("opened"),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    };
    let service = core_api::start(core_api::Config::default(), deps, &context);
    (context.clone(), service.await.expect("core-api starts"))
}

/// A visit whose patient was admitted, and its two parties.
struct Admitted {
    visit: VisitId,
    parties: [AccountId; 2],
}

async fn admitted(db: &TestDb, core: &core_api::Service) -> Admitted {
    core.seed_demo(&Key::from_bytes([4; 32]))
        .await
        .expect("seeded");
    let mut sql = db.owner().await;
    let (visit, patient, clinician): (Uuid, Uuid, Uuid) = sqlx::query_as(
        "select v.id, p.account_id, r.account_id from core.visit v \
         join core.appointment t on t.id = v.appointment_id \
         join core.patient p on p.id = t.patient_id \
         join core.provider r on r.id = t.provider_id \
         where p.account_id is not null order by t.starts_at limit 1",
    )
    .fetch_one(&mut sql)
    .await
    .expect("a visit");
    sqlx::query(
        "update core.visit set state = 'admitted', checked_in_at = now(), ready_at = now(), \
         admitted_at = now(), admitted_by = $2 where id = $1",
    )
    .bind(visit)
    .bind(clinician)
    .execute(&mut sql)
    .await
    .expect("admitted");
    // Without consent nobody may stay in the room.
    sqlx::query(
        "insert into core.consent (id, patient_id, document_id, given_at, given_by) \
         select gen_random_uuid(), p.id, d.id, now(), p.account_id \
         from core.patient p, core.consent_document d where p.account_id = $1 \
         on conflict do nothing",
    )
    .bind(patient)
    .execute(&mut sql)
    .await
    .expect("consent");
    Admitted {
        visit: visit.into(),
        parties: [patient.into(), clinician.into()],
    }
}

/// Signaling with a scripted media engine.
struct Signaling {
    context: Context,
    address: SocketAddr,
    sfu: LinkServer,
    sender: LinkSender<FromSfu>,
}

impl Signaling {
    async fn start(bus: &BusDir, journal: &Path) -> Self {
        let context = Context::new();
        let deps = signaling::Deps {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            media_key: Arc::new(Key::from_bytes(MEDIA_KEY)),
            bus: bus.clone(),
            journal: journal.to_owned(),
        };
        let service = signaling::start(signaling::Config::default(), deps, &context);
        let router = service.await.expect("signaling starts").router();
        let router = router.merge(context.router());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("bound");
        let address = listener.local_addr().expect("address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        let mut sfu = LinkServer::bind(bus, SFU_LINK, 1).await.expect("bound");
        let Some(LinkEvent::Up { sender, .. }) = soon("the link", sfu.next()).await else {
            panic!("the link must come up first");
        };
        let this = Self {
            context,
            address,
            sfu,
            sender,
        };
        let ready = async {
            while !this.context.health.is_ready() {
                tokio::task::yield_now().await;
            }
        };
        soon("signaling to be ready", ready).await;
        this
    }

    /// Somebody joins; the name of the session.
    async fn join(
        &mut self,
        visit: VisitId,
        account: AccountId,
    ) -> (WebSocketStream<MaybeTlsStream<TcpStream>>, ParticipantSid) {
        let now = SystemClock.now();
        let grant = Grant::party(visit, account, Role::Clinician);
        let until = now + jiff::SignedDuration::from_mins(9);
        let key = Key::from_bytes(MEDIA_KEY);
        let from = now - jiff::SignedDuration::from_secs(1);
        let token = auth::media::mint(&key, &grant, from, until).expect("minted");
        let url = format!("ws://{}/rtc?access_token={token}", self.address);
        let connected = soon("the upgrade", tokio_tungstenite::connect_async(url)).await;
        let (socket, _) = connected.expect("let in");
        loop {
            match soon("the SFU's order", self.sfu.next()).await {
                Some(LinkEvent::Message(ToSfu::Open { participant, .. })) => {
                    return (socket, participant);
                }
                Some(LinkEvent::Message(_)) => {}
                other => panic!("unexpected {other:?}"),
            }
        }
    }

    /// Stops it, and its media engine with it.
    async fn stop(self) {
        stop(&self.context).await;
    }

    fn report(&self, visit: VisitId, participant: &ParticipantSid, period_ms: u32) {
        let report = MediaReport {
            period_ms,
            ..MediaReport::default()
        };
        let message = FromSfu::Report {
            room: visit.to_string().into(),
            participant: participant.clone(),
            report,
        };
        self.sender.send(&message).expect("sent");
    }

    /// Waits until a gauge or counter of the journal has this value.
    async fn until(&self, name: &str, value: u64) {
        let line = format!("bedside_signaling_journal_{name} {value}");
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            let metrics = self.metrics().await;
            if metrics.lines().any(|found| found == line) {
                return;
            }
            let journal = metrics.lines().filter(|found| found.contains("_journal_"));
            let journal: Vec<&str> = journal.collect();
            let late = tokio::time::Instant::now() > end;
            assert!(!late, "waited in vain for {line}: {journal:#?}");
            tokio::task::yield_now().await;
        }
    }

    async fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(self.address).await.expect("connected");
        let request = "GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("read");
        answer
    }
}

/// A kept entry: number, journal, seq, session, session number, kind.
type Row = (i64, i64, i64, i64, i64, String);

async fn rows(db: &TestDb, visit: VisitId) -> Vec<Row> {
    sqlx::query_as(
        "select number, journal, seq, session, session_number, kind \
         from core.visit_journal where visit_id = $1 order by number",
    )
    .bind(visit.as_uuid())
    .fetch_all(&mut db.owner().await)
    .await
    .expect("rows")
}

/// The entries, once each is there; more would show too.
async fn kept(db: &TestDb, visit: VisitId, count: usize) -> Vec<Row> {
    let all = async {
        loop {
            let rows = rows(db, visit).await;
            if rows.len() >= count {
                return rows;
            }
        }
    };
    let rows = soon("every entry", all).await;
    assert_eq!(rows.len(), count);
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_while_core_api_was_away_arrives_once_and_in_order() {
    const REPORTS: u32 = 150;
    let root = tempfile::tempdir().expect("directory");
    let bus = BusDir::open(&root.path().join("bus")).expect("bus directory");
    let journal = root.path().join("journal");
    let db = TestDb::create(&[core_api::migrations()]).await;
    let (context, core) = start_core(&db, &bus).await;
    let Admitted { visit, parties } = admitted(&db, &core).await;
    stop(&context).await;

    // A whole call without core-api, and a stop of signaling.
    let mut signaling = Signaling::start(&bus, &journal).await;
    let (_first, patient) = signaling.join(visit, parties[0]).await;
    let (_second, clinician) = signaling.join(visit, parties[1]).await;
    for minute in 1..=REPORTS {
        signaling.report(visit, &patient, minute);
        signaling.report(visit, &clinician, minute);
    }
    signaling.until("waiting", 2 + 2 * u64::from(REPORTS)).await;
    signaling.stop().await;
    assert_eq!(rows(&db, visit).await.len(), 0);
    let first_life = 2 + 2 * REPORTS as usize + 2;

    // Another life of signaling; core-api comes back in its midst.
    let mut signaling = Signaling::start(&bus, &journal).await;
    signaling.until("waiting", first_life as u64).await;
    let (_third, again) = signaling.join(visit, parties[0]).await;
    signaling.report(visit, &again, 1);
    let (context, _core) = start_core(&db, &bus).await;
    kept(&db, visit, first_life + 2).await;
    signaling.until("waiting", 0).await;

    // It goes once more, and what happens meanwhile waits.
    stop(&context).await;
    for minute in 2..=REPORTS {
        signaling.report(visit, &again, minute);
    }
    signaling.until("waiting", u64::from(REPORTS) - 1).await;
    let (context, _core) = start_core(&db, &bus).await;
    signaling.until("waiting", 0).await;
    signaling.until("lost_total", 0).await;
    let rows = kept(&db, visit, first_life + 1 + REPORTS as usize).await;

    let numbers: Vec<i64> = rows.iter().map(|row| row.0).collect();
    assert_eq!(numbers, (1..=rows.len() as i64).collect::<Vec<_>>());
    let (before, after) = rows.split_at(first_life);
    for life in [before, after] {
        for (at, row) in (1..).zip(life) {
            assert_eq!(
                (row.1, row.3),
                (life[0].1, life[0].3),
                "one journal, one session"
            );
            assert_eq!((row.2, row.4), (at, at), "in order, without gaps");
        }
    }
    assert_ne!(before[0].1, after[0].1);
    let kinds: Vec<&str> = before.iter().map(|row| row.5.as_str()).collect();
    assert_eq!(&kinds[..3], ["joined", "joined", "quality"]);
    assert_eq!(&kinds[first_life - 2..], ["left", "left"]);
    let state: String = sqlx::query_scalar("select state from core.visit where id = $1")
        .bind(visit.as_uuid())
        .fetch_one(&mut db.owner().await)
        .await
        .expect("a state");
    assert_eq!(
        state, "in_progress",
        "the join began the visit, late as it came"
    );
    signaling.stop().await;
    stop(&context).await;
}

//! chat dies in the middle of its work.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc;

use common::client::Client;
use common::node::{Node, World};
use common::{PATIENCE, cast, clinician, conv, patient};
use domain::{AccountId, ErrorCode};
use protocol::{ClientMessage, ServerMessage};
use uuid::Uuid;

/// What one sender knows: its messages and where those acknowledged are.
struct Sender {
    account: AccountId,
    names: Vec<Uuid>,
    acknowledged: BTreeMap<Uuid, u64>,
}

impl Sender {
    fn new(account: AccountId, first: u128, messages: u128) -> Self {
        Self {
            account,
            names: (first..first + messages).map(Uuid::from_u128).collect(),
            acknowledged: BTreeMap::new(),
        }
    }

    /// Sends everything not acknowledged, many at a time, until all is or the socket breaks.
    async fn run(mut self, node: &Node, enough: Option<mpsc::Sender<()>>) -> Self {
        let mut client = Client::connect(node, self.account).await;
        let waiting: Vec<_> = self
            .names
            .iter()
            .filter(|name| !self.acknowledged.contains_key(name))
            .copied()
            .collect();
        for batch in waiting.chunks(8) {
            for name in batch {
                client
                    .send(&ClientMessage::Send {
                        client_msg_id: *name,
                        conv: conv(1),
                        text: name.to_string(),
                    })
                    .await;
            }
            let mut open = batch.len();
            while open > 0 {
                match client.next().await {
                    Ok(ServerMessage::Ack {
                        client_msg_id, seq, ..
                    }) => {
                        self.acknowledged.insert(client_msg_id, seq);
                        open -= 1;
                        if self.acknowledged.len() == 20
                            && let Some(enough) = &enough
                        {
                            // The other sender may have been first.
                            let _ = enough.send(());
                        }
                    }
                    // The dying server's last words: stored or not, it does not say.
                    Ok(ServerMessage::Error {
                        code: ErrorCode::Unavailable | ErrorCode::Internal,
                        ..
                    }) => return self,
                    Ok(other) => panic!("unexpected {other:?}"),
                    Err(_) => return self,
                }
            }
        }
        self
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_is_stored_exactly_once_whenever_chat_is_killed() {
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    // Everything of the first chat lives in a runtime of its own, which is shut down without a
    // word: sockets, tasks and database connections end wherever they are.
    let doomed = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("runtime");
    let node = tokio::task::block_in_place(|| {
        doomed.block_on(async {
            let node = world.start().await;
            node.ready().await;
            node
        })
    });
    core.applied().await;
    let (enough, told) = mpsc::channel();
    let senders = [
        Sender::new(patient(), 1_000, 400),
        Sender::new(clinician(), 2_000, 400),
    ];
    let [first, second] = senders.map(|sender| sender.run(&node, Some(enough.clone())));
    let kill = tokio::task::spawn_blocking(move || {
        told.recv_timeout(PATIENCE).expect("some acknowledged");
        doomed.shutdown_background();
    });
    let (first, second) = tokio::join!(first, second);
    kill.await.expect("killed");
    let before: BTreeMap<Uuid, u64> = first
        .acknowledged
        .iter()
        .chain(&second.acknowledged)
        .map(|(name, seq)| (*name, *seq))
        .collect();
    assert!(before.len() >= 20 && before.len() < 800, "{}", before.len());

    let node = world.start().await;
    node.ready().await;
    let first = first.run(&node, None).await;
    let second = second.run(&node, None).await;
    let after: BTreeMap<Uuid, u64> = first
        .acknowledged
        .into_iter()
        .chain(second.acknowledged)
        .collect();
    assert_eq!(after.len(), 800);
    for (name, seq) in &before {
        assert_eq!(after.get(name), Some(seq), "its place has not changed");
    }
    let seqs: BTreeSet<u64> = after.values().copied().collect();
    assert_eq!(seqs, (1..=800).collect(), "without gap or repetition");
    let stored = "select count(*) from chat.event where kind = 'message'";
    assert_eq!(world.count(stored).await, 800);
    let audited = "select count(*) from audit.event where action = 'send' and outcome = 'success'";
    assert_eq!(world.count(audited).await, 800);
}

//! One end of the bus in a process of its own, for tests that kill it.
//!
//! `peer publish DIR`: publishes a digest with a growing head for ever.
//! `peer subscribe DIR`: says so once subscribed, then takes in digests for ever.
//! `peer answer DIR`: answers each request with `Stored`.
//! `peer sfu DIR EPOCH`: ends a link; answers each `Close` with a `Disconnected`.

use std::path::Path;
use std::time::Duration;

use bus::command::{CoreReply, CoreRequest};
use bus::event::Published;
use bus::link::{LinkEvent, LinkServer};
use bus::media::{FromSfu, Target, ToSfu};
use bus::{BusDir, CORE_COMMANDS, CORE_EVENTS, Publisher, SFU_LINK, Subscriber, request};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let dir = BusDir::open(Path::new(&arguments[2])).expect("bus directory");
    match arguments[1].as_str() {
        "publish" => publish(&dir).await,
        "subscribe" => subscribe(&dir).await,
        "answer" => answer(&dir).await,
        "sfu" => sfu(&dir, arguments[3].parse().expect("epoch")).await,
        other => panic!("no such mode: {other}"),
    }
}

async fn publish(dir: &BusDir) {
    let publisher = Publisher::bind(dir, CORE_EVENTS).await.expect("bound");
    let mut interval = tokio::time::interval(Duration::from_millis(5));
    for head in 1.. {
        interval.tick().await;
        publisher
            .publish(&Published::Digest { head })
            .expect("published");
    }
}

async fn subscribe(dir: &BusDir) {
    let mut subscriber = Subscriber::<Published>::connect(dir, CORE_EVENTS);
    subscriber.ready().await;
    #[expect(clippy::print_stdout, reason = "how the test learns of it")]
    {
        println!("subscribed");
    }
    while subscriber.next().await.is_some() {}
}

async fn answer(dir: &BusDir) {
    let _server = request::Server::bind(dir, CORE_COMMANDS, |_: CoreRequest| async {
        CoreReply::Stored
    })
    .await
    .expect("bound");
    std::future::pending::<()>().await;
}

async fn sfu(dir: &BusDir, epoch: u64) {
    let mut server = LinkServer::bind(dir, SFU_LINK, epoch).await.expect("bound");
    let mut current = None;
    while let Some(event) = server.next().await {
        match event {
            LinkEvent::Up { sender, .. } => current = Some(sender),
            LinkEvent::Reset(_) => current = None,
            LinkEvent::Message(ToSfu::Close { room, participant }) => {
                let answer = FromSfu::Disconnected {
                    room,
                    participant,
                    target: Target::Publisher,
                };
                if let Some(sender) = &current {
                    // A failure is followed by a reset.
                    let _ = sender.send(&answer);
                }
            }
            LinkEvent::Message(_) => {}
        }
    }
}

//! More than the SFU can take, and more than it should.

use std::net::UdpSocket;

use bus::media::{FromSfu, RefusalReason};

use crate::scene::{Node, Pair, Signaling, Via, assert_unbroken, config};

/// Whether a participant was taken in, or why not.
async fn opened(signaling: &mut Signaling, room: &str, whose: &str) -> Result<(), RefusalReason> {
    signaling.open(room, whose);
    signaling
        .until("offer or refusal", |message| match message {
            FromSfu::Offer { participant, .. } if *participant == *whose => Some(Ok(())),
            FromSfu::Refused {
                room: at,
                participant,
                reason,
            } if *participant == *whose => {
                assert_eq!(*at, *room);
                Some(Err(reason))
            }
            _ => None,
        })
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_worker_refuses_rooms_until_its_load_is_gone() {
    let node = Node::start(sfu::Config {
        media_workers: std::num::NonZeroUsize::new(1),
        admission: sfu::Admission {
            packets: 100,
            joiners: 1_000.0,
            ..sfu::Admission::default()
        },
        ..config()
    })
    .await;
    let mut signaling = node.link(1).await;
    let mut pair = Pair::connect(&mut signaling, "visit", Via::Udp).await;
    // The film has 300 packets a second; measured after a second.
    let mut tries = 0;
    while opened(&mut signaling, &format!("early {tries}"), "PA_x")
        .await
        .is_ok()
    {
        signaling.close(&format!("early {tries}"), "PA_x");
        pair.sees(30).await;
        tries += 1;
        assert!(tries < 100, "the load is seen");
    }
    let refused = opened(&mut signaling, "other", "PA_y").await;
    assert_eq!(refused, Err(RefusalReason::Packets));
    assert_eq!(
        opened(&mut signaling, "visit", "PA_carol").await,
        Ok(()),
        "a visit is completed"
    );
    assert!(node.metric("refused") >= 2);
    pair.sees(30).await;

    pair.leave(&signaling, "visit").await;
    signaling.close("visit", "PA_carol");
    node.metric_becomes("rooms", |rooms| rooms == 0).await;
    let mut tries = 0;
    while let Err(reason) = opened(&mut signaling, "other", "PA_y").await {
        assert_eq!(reason, RefusalReason::Packets);
        tries += 1;
        assert!(tries < 100_000, "the calm is seen");
    }
    drop(signaling);
    node.stop().await;
}

#[tokio::test]
async fn a_draining_node_refuses_rooms_and_completes_its_own() {
    let node = Node::start(config()).await;
    let mut signaling = node.link(1).await;
    assert_eq!(opened(&mut signaling, "visit", "PA_a").await, Ok(()));
    node.service.drain();
    let refused = opened(&mut signaling, "other", "PA_b").await;
    assert_eq!(refused, Err(RefusalReason::Draining));
    assert_eq!(opened(&mut signaling, "visit", "PA_c").await, Ok(()));
    drop(signaling);
    node.stop().await;
}

/// Datagrams that mean nothing, of the kinds a worker looks at differently.
fn garbage(number: u32) -> Vec<u8> {
    let first = [0x00, 0x16, 0x80, 0x90, 0xff][number as usize % 5];
    let mut datagram = vec![first; 20 + number as usize % 1_200];
    datagram[4..8].copy_from_slice(&number.to_be_bytes());
    if first == 0 {
        // A STUN binding request for somebody who may exist, with a wrong length.
        datagram[..8].copy_from_slice(&[0, 1, 0, 12, 0x21, 0x12, 0xa4, 0x42]);
        datagram.truncate(20);
        datagram.extend([0, 6, 0, 8]);
        datagram.extend(b"AA12:xyz");
    }
    datagram
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_garbage_takes_nothing_from_a_running_visit() {
    /// Datagrams of garbage for each packet that Bob gets.
    const FLOOD: u32 = 100;
    const PACKETS: u32 = 400;
    let node = Node::start(config()).await;
    let mut signaling = node.link(1).await;
    let mut pair = Pair::connect(&mut signaling, "visit", Via::Udp).await;
    let flooder = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let target = node.service.candidates()[0];
    let mut numbers = Vec::new();
    for number in 0..PACKETS {
        numbers.push(pair.next().await);
        for part in 0..FLOOD {
            let datagram = garbage(number * FLOOD + part);
            flooder.send_to(&datagram, target).expect("sent");
        }
    }
    assert_unbroken(numbers);
    // It was looked at, not lost on the way.
    let strangers = u64::from(FLOOD * PACKETS);
    node.metric_becomes("strangers", |seen| seen >= strangers)
        .await;
    drop(signaling);
    node.stop().await;
}

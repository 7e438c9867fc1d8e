//! What forwarding costs without sockets: one camera to many viewers, beside the seal alone.
//!
//! `cargo bench -p sfu-core`. Prints nanoseconds of this thread per forwarded packet; compare
//! them with each other, not with another machine's.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark reads the clock and prints"
)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::{Duration, Instant};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use common::World;
use sfu_core::{Connections, Datagram, MediaKind, Protocol};

const FRAME: Duration = Duration::from_millis(33);
const PACKETS: usize = 10;

fn main() {
    let seal = seal_alone();
    println!("seal alone (AES-256-GCM, 600 bytes): {seal} ns");
    for fanout in [1, 10, 50] {
        let (spent, forwarded) = forward(fanout);
        let each = spent.as_nanos() / u128::from(forwarded.max(1));
        println!("1 → {fanout}: {each} ns a packet, {forwarded} packets");
    }
}

/// A fixed key and ever new nonces, as on the way to a receiver.
fn seal_alone() -> u128 {
    const ROUNDS: u32 = 200_000;
    let key = UnboundKey::new(&AES_256_GCM, &[7; 32]).expect("a key");
    let key = LessSafeKey::new(key);
    let mut body = vec![0xaa; 600];
    let began = Instant::now();
    for round in 0..ROUNDS {
        let mut nonce = [0; 12];
        nonce[..4].copy_from_slice(&round.to_be_bytes());
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = key.seal_in_place_separate_tag(nonce, Aad::from([0; 24]), &mut body);
        let _ = std::hint::black_box(tag.expect("sealed"));
    }
    began.elapsed().as_nanos() / u128::from(ROUNDS)
}

/// Time in the node while it takes the publisher's datagrams and seals what goes on, and packets
/// that went on.
fn forward(fanout: usize) -> (Duration, u64) {
    let mut world = World::new(1);
    for _ in 0..=fanout {
        world.join(Connections::Dual);
    }
    world.until("all are connected", |world| {
        world.clients.iter().all(common::client::Client::receives)
    });
    let (track, mid) = world.publish(0, MediaKind::Video, &[]);
    for viewer in 1..=fanout {
        world.subscribe(viewer, 0, &track);
    }
    let (mut spent, mut before) = (Duration::ZERO, 0);
    for frame in 0..400 {
        if frame == 100 {
            (spent, before) = (Duration::ZERO, world.node.counters().forwarded);
        }
        let asked = std::mem::take(&mut world.clients[0].publisher.keyframe_requests);
        let key = frame == 0 || !asked.is_empty();
        world.clients[0].send_frame(mid, None, key, PACKETS);
        let datagrams = world.clients[0].take_transmits();
        let began = Instant::now();
        for datagram in &datagrams {
            let datagram = Datagram {
                protocol: Protocol::Udp,
                source: datagram.source,
                destination: datagram.destination,
                contents: &datagram.contents,
            };
            world.node.datagram(world.now, datagram);
        }
        std::hint::black_box(world.node.batch());
        spent += began.elapsed();
        world.pump();
        world.run(FRAME);
        for client in &mut world.clients {
            client.downlink().packets.clear();
        }
    }
    (spent, world.node.counters().forwarded - before)
}

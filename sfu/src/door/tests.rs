//! The door without workers: what they would see and do is done by hand.

use sfu_core::Path;
use sfu_core::turn::Carrier;

use super::*;

fn candidate(port: u16) -> SocketAddr {
    ([192, 0, 2, 1], port).into()
}

fn client() -> SocketAddr {
    ([198, 51, 100, 7], 50_000).into()
}

fn inbound(port: u16) -> Inbound {
    Inbound {
        protocol: Protocol::Udp,
        source: client(),
        destination: candidate(port),
        contents: vec![1, 2, 3],
    }
}

fn path(destination: SocketAddr) -> Path {
    Path {
        protocol: Protocol::Udp,
        source: candidate(1),
        destination,
    }
}

/// A door to two workers at ports 1 and 2.
pub(crate) fn door() -> (Door, [Doorway; 2], [mio::Poll; 2]) {
    let polls = [(); 2].map(|()| mio::Poll::new().expect("a poll"));
    let mut entrances = Vec::new();
    let doorways = [0, 1].map(|index: usize| {
        let waker = Waker::new(polls[index].registry(), mio::Token(7)).expect("a waker");
        let candidates = vec![candidate(index as u16 + 1)];
        let (entrance, doorway) = Entrance::new(Arc::new(waker), candidates);
        entrances.push(entrance);
        doorway
    });
    (Door::new(entrances), doorways, polls)
}

#[test]
fn the_addressed_worker_is_woken_and_gets_the_datagram() {
    let (door, mut doorways, mut polls) = door();
    assert_eq!(door.candidates(), [candidate(1), candidate(2)]);
    assert!(!door.receive(inbound(3)));
    assert!(door.receive(inbound(2)));
    let mut events = mio::Events::with_capacity(4);
    let limit = Some(std::time::Duration::from_secs(10));
    polls[1].poll(&mut events, limit).expect("polled");
    assert_eq!(events.iter().count(), 1);
    doorways[1].look();
    assert_eq!(doorways[1].next(), Some(inbound(2)));
    assert_eq!(doorways[1].next(), None);
    assert_eq!(doorways[0].next(), None);
}

#[test]
fn a_full_queue_loses_what_is_more() {
    let (door, mut doorways, _polls) = door();
    let taken = (0..2 * INBOUND).filter(|_| door.receive(inbound(1)));
    assert_eq!(taken.count(), INBOUND);
    assert!(door.receive(inbound(2)), "the other worker is not affected");
    doorways[0].look();
    let waiting = std::iter::from_fn(|| doorways[0].next()).count();
    assert_eq!(waiting, INBOUND);
}

#[test]
fn a_way_is_open_until_it_is_dropped() {
    let (door, mut doorways, _polls) = door();
    let (sender, mut way_out) = mpsc::channel(1);
    let way = door.open(Protocol::Udp, client(), sender.clone());
    let way = way.expect("a free address");
    let again = door.open(Protocol::Udp, client(), sender.clone());
    assert!(again.is_err());
    let other = door.open(Protocol::Tcp, client(), sender.clone());
    assert!(other.is_ok(), "the same address over TCP is another");
    for doorway in &mut doorways {
        doorway.learn();
        assert_eq!(doorway.send(path(client()), b"x"), Some(true));
        assert_eq!(doorway.send(path(client()), b"y"), Some(false));
        assert_eq!(way_out.try_recv().ok().as_deref(), Some(&b"x"[..]));
        assert_eq!(doorway.send(path(candidate(9)), b"x"), None);
    }
    drop(way);
    // Closed and opened within one turn: the last word counts.
    let way = door.open(Protocol::Udp, client(), sender);
    doorways[0].learn();
    assert_eq!(doorways[0].send(path(client()), b"z"), Some(true));
    drop((way, other));
    doorways[0].learn();
    assert_eq!(doorways[0].send(path(client()), b"z"), None);
    assert!(doorways[0].ways.is_empty());
}

#[test]
fn a_shared_channel_tells_whose_datagram_it_is_and_from_where() {
    let (door, mut doorways, _polls) = door();
    let (sender, mut shared) = mpsc::channel(4);
    let clients = [client(), candidate(50_001)];
    let _ways = clients.map(|address| {
        let way = door.open_relayed(Carrier::Tls, address, sender.clone());
        way.expect("a free address")
    });
    doorways[1].learn();
    assert_eq!(door.carrier(candidate(9)), None);
    for address in clients {
        assert_eq!(door.carrier(address), Some(Carrier::Tls));
        assert_eq!(doorways[1].send(path(address), b"x"), Some(true));
        let departure = shared.try_recv().expect("it came out");
        assert_eq!(departure.source, candidate(1));
        assert_eq!(departure.destination, address);
        assert_eq!(departure.contents, b"x");
    }
}

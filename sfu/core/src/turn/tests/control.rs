use std::net::SocketAddr;

use super::harness::*;
use crate::turn::*;

fn allocated() -> (Bench, Client, SocketAddr) {
    let mut bench = Bench::new(Limits::default());
    let ada = client(1, Carrier::Udp);
    let answer = bench.allocate(ada, &name("ada"));
    let relayed = answer.relayed();
    (bench, ada, relayed)
}

#[test]
fn a_refresh_prolongs_and_no_time_ends() {
    let (mut bench, ada, relayed) = allocated();
    bench.pass(599);
    assert_eq!(bench.refresh(ada, &name("ada"), 900).lifetime(), 900);
    bench.pass(899);
    assert_eq!(bench.server.allocations(), 1);
    let gone = bench.refresh(ada, &name("ada"), 0);
    assert_eq!((gone.code(), gone.lifetime()), (None, 0));
    assert_eq!(bench.server.allocations(), 0);
    assert_eq!(bench.refresh(ada, &name("ada"), 0).code(), Some(437));
    assert_eq!(bench.server.deadline(), None);
    bench
        .server
        .receive_from_peer(bench.now(), relayed, candidate(), b"late");
    assert_eq!(bench.outputs(), []);
}

#[test]
fn an_expired_name_is_refreshed_only_while_our_sfu_talks_to_the_client() {
    let (mut bench, ada, relayed) = allocated();
    let user = name("ada");
    bench.refresh(ada, &user, 3_600);
    bench.permit(ada, &user, &[candidate()]);
    // The name ends at 600 seconds; nothing was ever heard.
    bench.pass(600);
    assert_eq!(bench.refresh(ada, &user, 600).code(), Some(401));
    // Something from a peer that is not permitted any more is no sign of life.
    bench
        .server
        .receive_from_peer(bench.now(), relayed, candidate(), b"media");
    assert_eq!(bench.refresh(ada, &user, 600).code(), Some(401));
    bench.permit(ada, &user, &[candidate()]);
    bench
        .server
        .receive_from_peer(bench.now(), relayed, candidate(), b"media");
    bench.outputs();
    assert_eq!(bench.refresh(ada, &user, 600).code(), None);
    bench.pass(60);
    assert_eq!(bench.refresh(ada, &user, 600).code(), Some(401));
    // Ending is always allowed.
    assert_eq!(bench.refresh(ada, &user, 0).code(), None);
}

#[test]
fn an_allocation_obeys_its_own_user_only() {
    let (mut bench, ada, _) = allocated();
    let eve = name("eve");
    assert_eq!(bench.refresh(ada, &eve, 0).code(), Some(441));
    assert_eq!(bench.permit(ada, &eve, &[candidate()]).code(), Some(441));
    assert_eq!(bench.bind(ada, &eve, 0x4000, candidate()).code(), Some(441));
    let nobody = client(2, Carrier::Udp);
    assert_eq!(bench.permit(nobody, &eve, &[candidate()]).code(), Some(437));
    assert_eq!(
        bench.bind(nobody, &eve, 0x4000, candidate()).code(),
        Some(437)
    );
    assert_eq!(bench.server.allocations(), 1);
}

/// Everyone but us.
fn strangers() -> Vec<SocketAddr> {
    let mut all: Vec<SocketAddr> = [
        "127.0.0.1:7882",
        "0.0.0.0:7882",
        "10.0.0.1:80",
        "172.16.0.1:5432",
        "192.168.1.1:80",
        "169.254.169.254:80",
        "100.64.0.1:80",
        "224.0.0.1:7882",
        "255.255.255.255:7882",
        "8.8.8.8:53",
        "[::]:7882",
        "[::1]:7882",
        "[fe80::1]:80",
        "[fd00:ec2::254]:80",
        "[::ffff:203.0.113.5]:7882",
        "[2001:4860:4860::8888]:53",
    ]
    .iter()
    .map(|text| text.parse().expect("an address"))
    .collect();
    all.extend((0..32).map(|bit| {
        let [a, b, c, d] = (u32::from(OURS) ^ (1 << bit)).to_be_bytes();
        SocketAddr::from(([a, b, c, d], 7882))
    }));
    all
}

#[test]
fn only_our_candidates_may_be_reached() {
    let (mut bench, ada, _) = allocated();
    let user = name("ada");
    for stranger in strangers() {
        assert_eq!(
            bench.permit(ada, &user, &[stranger]).code(),
            Some(403),
            "{stranger}"
        );
        assert_eq!(
            bench.bind(ada, &user, 0x4000, stranger).code(),
            Some(403),
            "{stranger}"
        );
        // One stranger spoils the whole request.
        let mixed = bench.permit(ada, &user, &[candidate(), stranger]);
        assert_eq!(mixed.code(), Some(403));
    }
    let other_port = SocketAddr::new(OURS.into(), 22);
    assert_eq!(bench.bind(ada, &user, 0x4000, other_port).code(), Some(403));
    assert_eq!(
        bench.permit(ada, &user, &[candidate_v6()]).code(),
        Some(443)
    );
    assert_eq!(
        bench.bind(ada, &user, 0x4000, candidate_v6()).code(),
        Some(443)
    );
    assert!(bench.server.counters().forbidden > 100);
    assert_eq!(bench.permit(ada, &user, &[]).code(), Some(400));
    assert_eq!(bench.permit(ada, &user, &[candidate()]).code(), None);
}

#[test]
fn a_channel_is_bound_one_to_one() {
    let (mut bench, ada, _) = allocated();
    let user = name("ada");
    for number in [0x3fff, 0x8000, 0xffff] {
        assert_eq!(
            bench.bind(ada, &user, number, candidate()).code(),
            Some(400)
        );
    }
    assert_eq!(bench.bind(ada, &user, 0x7fff, candidate()).code(), None);
    assert_eq!(
        bench.bind(ada, &user, 0x7fff, candidate()).code(),
        None,
        "renewed"
    );
    assert_eq!(
        bench.bind(ada, &user, 0x4000, candidate()).code(),
        Some(400)
    );
    bench.refresh(ada, &user, 3_600);
    bench.pass(600);
    assert_eq!(
        bench.bind(ada, &user, 0x4000, candidate()).code(),
        None,
        "the old one is over"
    );
}

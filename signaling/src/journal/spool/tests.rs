use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use bus::journal::{Happening, TrackSource};
use jiff::Timestamp;

use super::*;

fn entry(number: u64) -> Entry {
    Entry {
        visit: "01900000-0000-7000-8000-000000000001".parse().expect("id"),
        session: 7,
        number,
        at: Timestamp::UNIX_EPOCH,
        account: "01900000-0000-7000-8000-00000000000a".parse().expect("id"),
        participant: Some("PA_1".into()),
        what: Happening::Muted {
            track: "TR_1".into(),
            source: TrackSource::Microphone,
        },
    }
}

fn entries(numbers: std::ops::RangeInclusive<u64>) -> Vec<Entry> {
    numbers.map(entry).collect()
}

fn open(dir: &Path, journal: u64) -> Spool {
    Spool::open(dir, journal).expect("opened").0
}

/// Delivers everything: `(journal, seq, number)` of each entry.
fn drain(spool: &mut Spool) -> Vec<(u64, u64, u64)> {
    let mut told = Vec::new();
    while let Some(next) = spool.next().expect("readable") {
        let places = (next.batch.first..).zip(&next.batch.entries);
        told.extend(places.map(|(seq, entry)| (next.batch.journal, seq, entry.number)));
        spool.acknowledge(&next);
    }
    told
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let found = segment::list(dir).expect("listed");
    found.into_iter().map(|(_, path)| path).collect()
}

#[test]
fn entries_come_back_in_order_and_only_once() {
    let root = tempfile::tempdir().expect("directory");
    let mut spool = open(root.path(), 1);
    spool.append(&entries(1..=300)).expect("written");
    assert_eq!(spool.waiting(), 300);
    let first = spool.next().expect("readable").expect("entries");
    assert_eq!(
        (first.batch.first, first.batch.entries.len()),
        (1, MAX_BATCH)
    );
    let again = spool.next().expect("readable").expect("entries");
    assert_eq!(again.batch, first.batch, "until it is acknowledged");
    spool.append(&entries(301..=310)).expect("written");
    let told = drain(&mut spool);
    assert_eq!(told, (1..=310).map(|n| (1, n, n)).collect::<Vec<_>>());
    assert!(spool.next().expect("readable").is_none());
    assert_eq!(spool.waiting(), 0);
}

#[test]
fn delivered_files_are_removed_and_the_rest_is_told_after_a_start() {
    let root = tempfile::tempdir().expect("directory");
    let mut spool = open(root.path(), 1);
    let mut last = 0;
    while files(root.path()).len() < 4 {
        spool
            .append(&entries(last + 1..=last + 100))
            .expect("written");
        last += 100;
    }
    let next = spool.next().expect("readable").expect("entries");
    spool.acknowledge(&next);
    drop(spool);
    let mut spool = open(root.path(), 2);
    spool.append(&[entry(1)]).expect("written");
    let mut told = drain(&mut spool);
    // What an unfinished file had delivered is told again, under the same place.
    assert_eq!(told.pop(), Some((2, 1, 1)));
    assert_eq!(told, (1..=last).map(|n| (1, n, n)).collect::<Vec<_>>());
    assert_eq!(files(root.path()).len(), 1, "the small one being written");
    spool.append(&entries(2..=600)).expect("written");
    drain(&mut spool);
    assert_eq!((files(root.path()).len(), spool.bytes()), (0, 0));
    spool.append(&[entry(601)]).expect("written");
    assert_eq!(drain(&mut spool), [(2, 601, 601)]);
}

#[test]
fn a_file_cut_short_anywhere_keeps_every_whole_entry_before_the_cut() {
    let root = tempfile::tempdir().expect("directory");
    let mut spool = open(root.path(), 1);
    let mut ends = Vec::new();
    for number in 1..=4 {
        spool.append(&[entry(number)]).expect("written");
        ends.push(usize::try_from(spool.bytes()).expect("small"));
    }
    drop(spool);
    let path = files(root.path()).remove(0);
    let whole = fs::read(&path).expect("read");
    let check = |bytes: &[u8], kept: usize, how: &str| {
        fs::write(&path, bytes).expect("written");
        let (mut spool, _) = Spool::open(root.path(), 2).expect("opened");
        let expected: Vec<_> = (1..=kept as u64).map(|n| (1, n, n)).collect();
        let next = spool.next().expect("readable");
        let told = next.map_or(Vec::new(), |next| {
            let places = (next.batch.first..).zip(&next.batch.entries);
            places
                .map(|(seq, entry)| (next.batch.journal, seq, entry.number))
                .collect()
        });
        assert_eq!(told, expected, "{how}");
    };
    for cut in 0..=whole.len() {
        let kept = ends.iter().filter(|end| **end <= cut).count();
        check(&whole[..cut], kept, &format!("cut at {cut}"));
        // As some file systems leave it after a loss of power: the length counts, the bytes not.
        let mut blank = whole[..cut].to_vec();
        blank.resize(whole.len() + 64, 0);
        check(&blank, kept, &format!("blank from {cut}"));
    }
    let head = whole.len() - (ends[3] - ends[0]) - (ends[1] - ends[0]);
    for at in head..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x10;
        let kept = ends.iter().filter(|end| **end <= at).count();
        check(&flipped, kept, &format!("flipped at {at}"));
    }
}

#[test]
fn a_file_that_is_none_of_ours_is_left_alone() {
    let root = tempfile::tempdir().expect("directory");
    let foreign = root.path().join("00000000000000aa.journal");
    fs::write(&foreign, b"something that somebody put here by mistake").expect("written");
    let (mut spool, damage) = Spool::open(root.path(), 1).expect("opened");
    assert_eq!(damage.foreign, 1);
    spool.append(&[entry(1)]).expect("written");
    assert_eq!(drain(&mut spool), [(1, 1, 1)]);
    assert!(foreign.exists());
}

#[test]
fn a_record_of_a_newer_program_is_passed_over_alone() {
    let root = tempfile::tempdir().expect("directory");
    let mut spool = open(root.path(), 1);
    spool.append(&entries(1..=2)).expect("written");
    drop(spool);
    let path = files(root.path()).remove(0);
    let mut bytes = fs::read(&path).expect("read");
    frame::write(&mut bytes, br#"{"kind":"levitated"}"#);
    frame::write(&mut bytes, &serde_json::to_vec(&entry(4)).expect("JSON"));
    fs::write(&path, bytes).expect("written");
    let mut spool = open(root.path(), 2);
    let mut told = Vec::new();
    while let Some(next) = spool.next().expect("readable") {
        told.push((next.batch.first, next.batch.entries.len(), next.unreadable));
        spool.acknowledge(&next);
    }
    assert_eq!(told, [(1, 2, 0), (3, 0, 1), (4, 1, 0)]);
}

#[test]
fn a_second_program_is_refused() {
    let root = tempfile::tempdir().expect("directory");
    let _spool = open(root.path(), 1);
    let error = Spool::open(root.path(), 2).expect_err("in use");
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
}

#[test]
fn a_disk_that_refuses_loses_nothing_and_leaves_nothing_behind() {
    let root = tempfile::tempdir().expect("directory");
    let dir = root.path().join("journal");
    let mut spool = open(&dir, 1);
    let away = root.path().join("away");
    fs::rename(&dir, &away).expect("moved");
    for _ in 0..3 {
        spool.append(&entries(1..=3)).expect_err("no directory");
    }
    assert_eq!((spool.waiting(), spool.bytes()), (0, 0));
    fs::rename(&away, &dir).expect("moved back");
    spool.append(&entries(1..=3)).expect("written");
    assert_eq!(drain(&mut spool), [(1, 1, 1), (1, 2, 2), (1, 3, 3)]);
}

/// Names the directory for the child of the next test.
const CHILD: &str = "BEDSIDE_TEST_JOURNAL";

#[test]
fn a_killed_program_loses_nothing_it_had_written() {
    if let Ok(dir) = std::env::var(CHILD) {
        // The child: writes until it is killed, and tells each entry that is on disk.
        let mut spool = open(Path::new(&dir), 1);
        let mut out = io::stdout().lock();
        for number in 1.. {
            spool.append(&[entry(number)]).expect("written");
            writeln!(out, "on disk {number}").expect("told");
        }
    }
    let root = tempfile::tempdir().expect("directory");
    for written in [1, 40, 700] {
        let dir = root.path().join(written.to_string());
        let mut child = Command::new(std::env::current_exe().expect("the test program"))
            .args([
                "--exact",
                "journal::spool::tests::a_killed_program_loses_nothing_it_had_written",
            ])
            .args(["--nocapture", "--test-threads=1"])
            .env(CHILD, &dir)
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let told = lines.map_while(Result::ok).filter_map(|line| {
            let (_, number) = line.split_once("on disk ")?;
            number.parse::<u64>().ok()
        });
        let last = told.take(written).last().expect("something was written");
        child.kill().expect("killed");
        child.wait().expect("ended");
        let mut spool = open(&dir, 2);
        let told = drain(&mut spool);
        assert!(told.len() as u64 >= last, "{} of {last}", told.len());
        let expected: Vec<_> = (1..=told.len() as u64).map(|n| (1, n, n)).collect();
        assert_eq!(told, expected);
    }
}

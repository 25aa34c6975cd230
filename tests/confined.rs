//! What the analysis can still do once everything is collected: nothing to this host. Each case in a process of its own, as there is no way
//! back.
#![allow(clippy::print_stdout, reason = "processes tell each other by lines")]

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    os::unix::net::UnixStream,
    path::Path,
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use caps::{CapSet, Capability};
use clearway::{
    cli::source::SourceArgs,
    collect::{
        ELEMENT_LIMIT,
        netlink::nf_tables::NfTables,
        privileges::{Needs as Still, confine},
    },
    world::{Answer, Question, World as _},
};
use nix::{
    errno::Errno,
    sys::socket::{AddressFamily, SockFlag, SockType, socket},
};

mod harness;
mod netns;
use harness::{Needs, Test, tests};
use netns::Namespace;

const TESTS: &[Test] = tests![
    Needs::Nothing;
    nothing_can_be_opened_run_or_sent,
    a_finished_result_takes_its_place_and_no_other,
];

const PRIVILEGED: &[Test] = tests![
    Needs::Namespaces;
    rules_can_still_be_asked_about_and_files_not_be_read,
    what_moved_is_judged_again,
];

/// Names the case that this process is.
const CASE: &str = "CLEARWAY_CONFINED_CASE";

fn main() -> ExitCode {
    match std::env::var(CASE).as_deref() {
        Ok("closed") => closed(),
        Ok("replaces") => replaces(),
        Ok("asks") => asks(),
        Ok("moves") => moves(),
        Ok(other) => panic!("no case {other}"),
        Err(_) => harness::main(&[TESTS, PRIVILEGED]),
    }
    ExitCode::SUCCESS
}

fn run(case: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program).env(CASE, case).current_dir(folder.path()).output().expect("it runs");
    assert!(output.status.success(), "{case}: {}", String::from_utf8_lossy(&output.stderr));
}

fn nothing_can_be_opened_run_or_sent() {
    run("closed");
}

fn a_finished_result_takes_its_place_and_no_other() {
    run("replaces");
}

fn rules_can_still_be_asked_about_and_files_not_be_read() {
    run("asks");
}

/// In a thousandth of a second; the bound leaves room for a machine that is busy.
fn confined(needs: Still<'_>) {
    let start = Instant::now();
    confine(needs).expect("confined");
    assert!(start.elapsed() < Duration::from_millis(50), "{:?}", start.elapsed());
}

fn nothing_runs_and_nobody_is_reached(address: &SocketAddr) {
    assert!(Command::new("/bin/true").spawn().is_err(), "a program can be run");
    assert!(TcpStream::connect_timeout(address, Duration::from_secs(1)).is_err(), "a connection can be made");
    assert!(UnixStream::connect("/run/systemd/journal/stdout").is_err());
    assert!(UdpSocket::bind("127.0.0.1:0").is_err(), "a socket can be bound");
    assert!(File::create("new").is_err(), "a file can be made");
    assert!(fs::remove_file("old").is_err(), "a file can be removed");
    assert_eq!(nix::sys::signal::kill(nix::unistd::getppid(), None), Err(Errno::EPERM), "processes can be signalled");
    assert!(File::open("/etc/passwd").is_err(), "a file can be read");
    assert!(File::open("/proc/self/mem").is_err(), "memory can be read as a file");
}

fn closed() {
    fs::write("old", "old").expect("written");
    let mut old = File::open("old").expect("there");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    confined(Still::default());
    nothing_runs_and_nobody_is_reached(&address);
    assert!(fs::read_dir("/proc/sys").is_err(), "a folder can be listed");
    assert!(socket(AddressFamily::Netlink, SockType::Raw, SockFlag::empty(), None).is_err(), "the kernel can be asked");
    for set in [CapSet::Effective, CapSet::Permitted, CapSet::Inheritable] {
        assert!(caps::read(None, set).is_ok_and(|held| held.is_empty()), "{set:?}");
    }
    let mut text = String::new();
    old.read_to_string(&mut text).expect("what is open stays open");
    assert_eq!(text, "old");
    assert_eq!(std::thread::spawn(|| vec![1; 1 << 20].len()).join().expect("threads go on"), 1 << 20);
}

fn replaces() {
    fs::create_dir("out").expect("made");
    fs::write("old", "old").expect("written");
    fs::write("out/report", "old").expect("written");
    fs::write("out/.unfinished", "new").expect("written");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    confined(Still { replaces_in: Some(Path::new("out")), ..Still::default() });
    nothing_runs_and_nobody_is_reached(&address);
    fs::rename("out/.unfinished", "out/report").expect("it takes its place");
    assert!(fs::rename("old", "out/report").is_err(), "a file can be moved");
    assert!(fs::rename("out/report", "old").is_err(), "a file can be moved out");
}

fn asks() {
    fs::write("old", "old").expect("written");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    confined(Still { asks: true, ..Still::default() });
    nothing_runs_and_nobody_is_reached(&address);
    let held = caps::read(None, CapSet::Permitted).expect("read");
    assert!(held.iter().all(|held| *held == Capability::CAP_NET_ADMIN), "{held:?}");
    NfTables::open().expect("a socket").read(None).expect("rules are read anew");
    assert!(fs::read_to_string("/proc/sys/net/ipv4/ip_forward").is_ok(), "settings are read anew");
}

/// Rules that change while they are judged are collected and judged again, a bounded number of times; with what is left of privileges.
fn what_moved_is_judged_again() {
    let namespace = Namespace::new("moved");
    let elements: Vec<String> = (0..=ELEMENT_LIMIT).map(|number| format!("10.0.{}.{}", number / 256, number % 256)).collect();
    namespace.nft(&format!("table ip t {{\nset s {{ type ipv4_addr; elements = {{ {} }}; }}\n}}", elements.join(", ")));
    let program = std::env::current_exe().expect("this program");
    for (changes, judged, steady) in [(0, 1, true), (1, 2, true), (2, 3, true), (99, 3, false)] {
        let mut judge = Command::new(&program);
        judge.env(CASE, "moves").env("NETNS", &namespace.0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut judge = judge.spawn().expect("it runs");
        let (mut confirm, told) = (judge.stdin.take().expect("piped"), judge.stdout.take().expect("piped"));
        let mut judgements = 0;
        let mut last = String::new();
        for line in BufReader::new(told).lines() {
            last = line.expect("text");
            if last == "judged" {
                judgements += 1;
                if judgements <= changes {
                    namespace.nft(&format!("add table ip other{judgements}\ndelete table ip other{judgements}"));
                }
                confirm.write_all(b"\n").expect("heard");
            }
        }
        assert!(judge.wait().expect("it ends").success());
        assert_eq!((judgements, last.as_str()), (judged, if steady { "steady" } else { "moving" }), "after {changes} changes");
    }
}

/// Judges, and waits for a line each time.
fn moves() {
    let netns = std::env::var("NETNS").ok();
    let source = SourceArgs { netns, ..SourceArgs::default() }.open(false, None, None).expect("the namespace is there");
    assert!(File::open("/etc/passwd").is_err(), "it is confined");
    let settled = source.settle(|source| {
        let question = Question::NftSetHolds { family: 2, table: "t".into(), set: "s".into(), key: [10, 0, 0, 1].into() };
        assert!(matches!(source.ask(&question), Answer::Element(_)));
        println!("judged");
        std::io::stdin().read_line(&mut String::new()).expect("a line");
        Ok(source.site.snapshot.nft.generation)
    });
    let settled = settled.expect("judged");
    assert!(settled.source.site.snapshot.missing.is_empty(), "{:?}", settled.source.site.snapshot.missing);
    assert_eq!(settled.judgement, settled.source.site.snapshot.nft.generation);
    println!("{}", if settled.steady { "steady" } else { "moving" });
}

//! What the kernel tells of sets, printed, is what `ipset save` prints; and its text, parsed, is what the kernel tells.

use std::process::{Command, Stdio};

use clearway::{
    collect::{self, netlink::ipset::Ipset},
    ruleset::ipset::{Elements, Ipsets, decode, parse, print},
    snapshot::IpsetRecord,
};

use crate::{
    harness::{Needs, Test, tests},
    members::{self, Made},
    netns::Namespace,
    random::Random,
};

pub const TESTS: &[Test] = tests![
    Needs::Namespaces;
    what_the_kernel_tells_is_printed_and_parsed_as_ipset_does,
    a_big_set_is_left_to_be_asked,
];

impl Namespace {
    /// Runs `ipset` with this text on its standard input; what it prints, or its complaint.
    pub fn ipset(&self, arguments: &[&str], text: &str) -> Result<String, String> {
        use std::io::Write as _;
        let mut child = Command::new("ip")
            .args(["netns", "exec", &self.0, "ipset"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("ip runs");
        child.stdin.take().expect("piped").write_all(text.as_bytes()).expect("ipset reads");
        let output = child.wait_with_output().expect("ipset ends");
        let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(told(&output.stdout)) } else { Err(told(&output.stderr)) }
    }

    /// Creates sets; those whose type this kernel lacks are given back by type.
    pub fn create(&self, sets: &[Made]) -> Vec<&'static str> {
        let mut lacking = Vec::new();
        for set in sets {
            match self.ipset(&["restore"], &format!("{}\n", set.create)) {
                Ok(_) => {}
                Err(error) if error.contains("not supported") => {
                    lacking.push(set.kind);
                    continue;
                }
                Err(error) => panic!("{}: {error}", set.create),
            }
            // All at once, and one by one only if the kernel refuses some.
            if self.ipset(&["restore", "-exist"], &(set.adds.join("\n") + "\n")).is_err() {
                for add in &set.adds {
                    // A key that cannot be in such a set, or is there already.
                    let _ = self.ipset(&["restore", "-exist"], &format!("{add}\n"));
                }
            }
        }
        lacking.dedup();
        lacking
    }
}

fn printed(ipsets: &Ipsets) -> String {
    let mut text = String::new();
    print::save(ipsets, &mut text).expect("a string takes all");
    text
}

/// What `ipset save` says and what the kernel tells us at the same moment: timeouts run.
fn both(namespace: &Namespace) -> (String, IpsetRecord) {
    collect::namespace::enter(&namespace.0).expect("the namespace is there");
    let mut ipset = Ipset::open().expect("a socket").expect("the kernel has ipset");
    for _ in 0..500 {
        let before = namespace.ipset(&["save"], "").expect("ipset saves");
        let record = ipset.read(None).expect("the sets are read");
        if namespace.ipset(&["save"], "").expect("ipset saves") == before {
            return (before, record);
        }
    }
    panic!("the sets never stood still");
}

fn what_the_kernel_tells_is_printed_and_parsed_as_ipset_does() {
    let namespace = Namespace::new("ipset-save");
    for seed in 0..8 {
        let lacking = namespace.create(&members::sets(&mut Random::new(seed), 60));
        let (text, record) = both(&namespace);
        let ipsets = decode::decode(&record);
        assert_eq!(ipsets.incomplete, Vec::<String>::new(), "seed {seed}");
        assert_same(&printed(&ipsets), &text, seed);
        let (parsed, complaints) = parse::parse("saved", &text);
        assert_eq!(complaints, [], "seed {seed}");
        assert_same(&printed(&parsed), &text, seed);
        for (told, read) in ipsets.sets.iter().zip(&parsed.sets) {
            assert_eq!((&told.name, told.kind, told.family, &told.elements), (&read.name, read.kind, read.family, &read.elements));
        }
        assert_eq!(ipsets.sets.len(), parsed.sets.len());
        if seed == 0 {
            told(&lacking);
        }
        namespace.ipset(&["restore"], "destroy all\ndestroy\n").expect("nothing names them");
    }
}

#[expect(clippy::print_stderr, reason = "types that this kernel lacks are told")]
fn told(lacking: &[&str]) {
    eprintln!("not tested against this kernel, which lacks them: {}", lacking.join(" "));
}

fn assert_same(ours: &str, theirs: &str, seed: u64) {
    for (ours, theirs) in ours.lines().zip(theirs.lines()) {
        assert_eq!(ours, theirs, "seed {seed}");
    }
    assert_eq!(ours.lines().count(), theirs.lines().count(), "seed {seed}");
}

fn a_big_set_is_left_to_be_asked() {
    let namespace = Namespace::new("ipset-big");
    let adds: String = (0..5000_u32).map(|n| format!("add big 10.0.{}.{}\n", n / 250, n % 250 + 1)).collect();
    namespace.ipset(&["restore"], &format!("create big hash:ip\n{adds}create small hash:ip\nadd small 10.0.0.1\n")).expect("restored");
    let ipsets = decode::decode(&namespace.collect(false).ipset);
    assert_eq!(ipsets.by_name("big").map(|set| &set.elements), Some(&Elements::AskedByKey { count: Some(5000) }));
    assert_eq!(ipsets.by_name("small").map(|set| set.elements.known().len()), Some(1));
    assert!(printed(&ipsets).contains("# 5000 elements of big were not read"));
    let whole = decode::decode(&namespace.collect(true).ipset);
    assert_eq!(whole.by_name("big").map(|set| set.elements.known().len()), Some(5000));
}

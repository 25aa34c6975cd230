//! Targets and revisions that the running kernel lacks: from the bytes of their structures, and back and forth as text.

use super::Target;
use crate::{
    model::IpVersion,
    ruleset::xtables::{extension::Raw, print, save},
};

/// The options of a structure.
fn shown(name: &str, revision: u8, info: &[u8]) -> String {
    let target = Target::decode(&Raw { name, revision, info, version: IpVersion::V4 });
    assert!(!matches!(target, Target::Foreign(_)), "{name} {revision}");
    let mut line = print::Line::new(IpVersion::V4);
    line.raw(target.name());
    target.write(&mut line);
    line.finish()
}

/// Text in so much room.
fn text(text: &str, room: usize) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(room, 0);
    bytes
}

#[test]
fn structures() {
    let led = [text("netfilter-disk", 27), vec![1], (-1_i32).to_ne_bytes().into(), vec![0; 8]].concat();
    assert_eq!(shown("LED", 0, &led), "LED --led-trigger-id \"disk\" --led-delay inf --led-always-blink");
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_ne_bytes()).collect::<Vec<_>>();
    let halves = |halves: &[u16]| halves.iter().flat_map(|half| half.to_ne_bytes()).collect::<Vec<_>>();
    let nodes = [halves(&[2, 1, 1]), vec![0; 30], vec![0; 2]].concat();
    let cluster = [words(&[1]), vec![1, 0xaa, 0x7b, 0x47, 0xf7, 0xd7], nodes, words(&[1, 9]), vec![0; 8]].concat();
    assert_eq!(
        shown("CLUSTERIP", 0, &cluster),
        "CLUSTERIP --new --hashmode sourceip-sourceport --clustermac 01:AA:7B:47:F7:D7 --total-nodes 2 --local-node 1 --hash-init 9"
    );
    let label = "system_u:object_r:firewalld_exec_t:s0";
    assert_eq!(shown("SECMARK", 0, &[words(&[1, 7]), text(label, 256)].concat()), format!("SECMARK --selctx {label}"));
    assert_eq!(shown("SECMARK", 1, &[vec![1], text(label, 256), words(&[7])].concat()), format!("SECMARK --selctx {label}"));
    let ulog = [words(&[4, 0]), 100_u64.to_ne_bytes().into(), 5_u64.to_ne_bytes().into(), text("a b", 32)].concat();
    assert_eq!(shown("ULOG", 0, &ulog), "ULOG --ulog-prefix \"a b\" --ulog-nlgroup 3 --ulog-cprange 100 --ulog-qthreshold 5");
}

#[test]
fn older_revisions() {
    let long = |words: &[u64], mode: u8| [words.iter().flat_map(|word| word.to_ne_bytes()).collect(), vec![mode; 8]].concat();
    assert_eq!(shown("MARK", 0, &long(&[5], 0)), "MARK --set-mark 0x5");
    assert_eq!(shown("MARK", 1, &long(&[0xff], 1)), "MARK --and-mark 0xff");
    assert_eq!(shown("MARK", 1, &long(&[6], 2)), "MARK --or-mark 0x6");
    assert_eq!(shown("CONNMARK", 0, &long(&[7, 0xff], 0)), "CONNMARK --set-mark 0x7/0xff");
    assert_eq!(shown("CONNMARK", 0, &long(&[0, 0xff], 1)), "CONNMARK --save-mark --mask 0xff");
    assert_eq!(shown("TOS", 0, &[0x10, 0, 0, 0, 0, 0, 0, 0]), "TOS --set-tos 0x10");
    assert_eq!(shown("NFQUEUE", 0, &7_u16.to_ne_bytes()), "NFQUEUE --queue-num 7");
    assert_eq!(shown("NOTRACK", 0, &[]), "NOTRACK");
}

#[test]
fn texts() {
    for rule in [
        "-j LED --led-trigger-id \"foo\" --led-delay 42 --led-always-blink",
        "-j SECMARK --selctx system_u:object_r:firewalld_exec_t:s0",
        "-j ULOG --ulog-prefix \"a b\" --ulog-nlgroup 32 --ulog-cprange 100 --ulog-qthreshold 50",
        "-d 10.31.3.236/32 -i lo -j CLUSTERIP --new --hashmode sourceip --clustermac 01:AA:7B:47:F7:D7 --total-nodes 2 --local-node 2 --hash-init 1",
    ] {
        let saved = save::parse(&format!("*filter\n:INPUT ACCEPT\n-A INPUT {rule}\nCOMMIT\n"), IpVersion::V4);
        assert_eq!(saved.faults, [], "{rule}");
        assert_eq!(print::without_chain(&saved.ruleset.tables[0].chains[0].rules[0], IpVersion::V4), rule);
    }
}

#[test]
fn what_is_cut_off_is_foreign() {
    for name in ["LED", "CLUSTERIP", "SECMARK", "ULOG", "CONNMARK", "DNAT", "TEE", "HMARK", "TPROXY", "NFLOG", "RATEEST", "IDLETIMER"] {
        for revision in 0..4 {
            for length in 0..12 {
                let raw = Raw { name, revision, info: &[0xff; 12][..length], version: IpVersion::V6 };
                assert!(matches!(Target::decode(&raw), Target::Foreign(_) | Target::Connmark(_)), "{name} {revision} {length}");
            }
        }
    }
}

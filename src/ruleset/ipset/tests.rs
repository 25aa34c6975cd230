//! Sets from bytes made by hand, for the types that not every kernel has, and texts as they are pasted. What a kernel has is compared with the
//! kernel in tests/ipset.

use proptest::prelude::*;

use super::{
    Elements, Family, Ipsets, Key, Part, decode,
    parse::{Complaint, parse},
    print,
};
use crate::snapshot::{IpsetElements, IpsetRecord, Messages, SavedText};

const NESTED: u16 = 0x8000;
const NET: u16 = 0x4000;

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = (value.len() as u16 + 4).to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn nest(kind: u16, attributes: &[Vec<u8>]) -> Vec<u8> {
    attribute(kind | NESTED, &attributes.concat())
}

fn ip(kind: u16, address: [u8; 4]) -> Vec<u8> {
    nest(kind, &[attribute(1 | NET, &address)])
}

fn message(attributes: &[Vec<u8>]) -> Messages {
    let payload = [vec![2, 0, 0, 0], attributes.concat()].concat();
    let mut bytes = (16 + payload.len() as u32).to_ne_bytes().to_vec();
    bytes.extend(0x0607_u16.to_ne_bytes());
    bytes.extend([0; 10]);
    bytes.extend(payload);
    Messages(bytes)
}

fn record(kind: &str, family: u8, options: &[Vec<u8>], elements: &[Vec<u8>]) -> IpsetRecord {
    let text = |text: &str| [text.as_bytes(), &[0]].concat();
    let sets = message(&[
        attribute(1, &[7]),
        attribute(2, &text("x")),
        attribute(3, &text(kind)),
        attribute(5, &[family]),
        attribute(4, &[1]),
        attribute(11 | NET, &9_u16.to_be_bytes()),
        nest(7, options),
    ]);
    let messages = message(&[attribute(1, &[7]), attribute(2, &text("x")), nest(8, elements)]);
    IpsetRecord { sets, elements: vec![IpsetElements { set: "x".into(), whole: true, messages }], saved: Vec::new() }
}

fn saved(ipsets: &Ipsets) -> String {
    let mut text = String::new();
    print::save(ipsets, &mut text).expect("a string takes all");
    text
}

/// Decoded, printed, and parsed back to the same.
fn told(kind: &str, family: u8, options: &[Vec<u8>], elements: &[Vec<u8>]) -> String {
    let ipsets = decode::decode(&record(kind, family, options, elements));
    assert_eq!(ipsets.incomplete, Vec::<String>::new());
    assert_eq!(ipsets.by_index(9).map(|set| &*set.name), Some("x"));
    let text = saved(&ipsets);
    let (parsed, complaints) = parse("x", &text);
    assert_eq!(complaints, []);
    assert_eq!(saved(&parsed), text);
    assert_eq!(parsed.sets[0].elements, ipsets.sets[0].elements);
    text
}

/// Hash size and most elements, as every hash has them.
fn hash() -> [Vec<u8>; 2] {
    [attribute(18 | NET, &1024_u32.to_be_bytes()), attribute(19 | NET, &65536_u32.to_be_bytes())]
}

#[test]
fn marks_have_a_mask_in_the_hosts_byte_order() {
    let [size, most] = hash();
    let mask = attribute(11, &0xff00_u32.to_ne_bytes());
    let element = nest(7, &[ip(1, [10, 0, 0, 1]), attribute(10 | NET, &0x1200_u32.to_be_bytes())]);
    let text = told("hash:ip,mark", 2, &[size, most, mask], &[element]);
    assert_eq!(text, "create x hash:ip,mark family inet markmask 0x0000ff00 hashsize 1024 maxelem 65536\nadd x 10.0.0.1,0x00001200\n");
}

#[test]
fn ethernet_addresses_stand_alone_or_beside_an_address() {
    let mac = attribute(17, &[2, 0, 0, 0, 0xab, 0x1f]);
    let text = told("hash:mac", 0, &hash(), &[nest(7, std::slice::from_ref(&mac))]);
    assert_eq!(text, "create x hash:mac hashsize 1024 maxelem 65536\nadd x 02:00:00:00:AB:1F\n");
    let text = told("hash:ip,mac", 2, &hash(), &[nest(7, &[ip(1, [10, 0, 0, 1]), mac])]);
    assert_eq!(text, "create x hash:ip,mac family inet hashsize 1024 maxelem 65536\nadd x 10.0.0.1,02:00:00:00:AB:1F\n");
}

#[test]
fn pairs_of_networks_have_two_lengths() {
    let [size, most] = hash();
    let nets = [ip(1, [10, 0, 0, 0]), ip(20, [192, 168, 7, 0]), attribute(3, &[8]), attribute(21, &[24])];
    let exception = attribute(8 | NET, &4_u32.to_be_bytes());
    let mask = ip(12, [255, 255, 255, 0]);
    let element = nest(7, &[nets.concat(), exception.clone()]);
    let text = told("hash:net,net", 2, &[size, most, mask], &[element]);
    let create = "create x hash:net,net family inet hashsize 1024 maxelem 65536 bitmask 255.255.255.0\n";
    assert_eq!(text, format!("{create}add x 10.0.0.0/8,192.168.7.0/24 nomatch\n"));
    let port = [attribute(4 | NET, &443_u16.to_be_bytes()), attribute(7, &[6])];
    let element = nest(7, &[nets.concat(), port.concat(), exception]);
    let text = told("hash:net,port,net", 2, &hash(), &[element]);
    let create = "create x hash:net,port,net family inet hashsize 1024 maxelem 65536\n";
    assert_eq!(text, format!("{create}add x 10.0.0.0/8,tcp:443,192.168.7.0/24 nomatch\n"));
}

#[test]
fn what_cannot_be_read_is_no_element_less() {
    let element = nest(7, &[attribute(3, &[8])]);
    let ipsets = decode::decode(&record("hash:net", 2, &hash(), &[element]));
    assert!(matches!(ipsets.sets[0].elements, Elements::Unknown(_)));
    assert_eq!(ipsets.incomplete, ["ipset x: 1 of its elements cannot be read"]);
    let ipsets = decode::decode(&record("hash:moon", 2, &hash(), &[]));
    assert!(matches!(ipsets.sets[0].elements, Elements::Unknown(_)));
    assert_eq!(ipsets.incomplete, ["ipset x: sets of type hash:moon are not known to this program"]);
}

fn places(complaints: &[Complaint]) -> Vec<(usize, usize)> {
    complaints.iter().map(|complaint| (complaint.line, complaint.column)).collect()
}

#[test]
fn a_pasted_dump_is_read_around_what_is_not_understood() {
    let text = "root@gw:~# sudo ipset save\r\n\
                # taken at noon\r\n\
                create black hash:net family inet hashsize 1024 maxelem 65536 comment\r\n\
                add black 192.0.2.0/24 comment \"spam, and add what\"\r\n\
                add black 192.0.2.300\r\n\
                add black 198.51.100.7 nomatch colour red\r\n\
                \r\n\
                create odd hash:moon\r\n\
                add white 10.0.0.1\r\n\
                add black 203.0.113.0-203.0.113.2\r\n\
                root@gw:~#";
    let (ipsets, complaints) = parse("dump", text);
    assert_eq!(places(&complaints), [(5, 11), (6, 32), (8, 12), (9, 5)]);
    assert_eq!(complaints[0].to_string(), "dump:5:11: 192.0.2.300 is no IP address: add black 192.0.2.300");
    let keys: Vec<_> = ipsets.sets[0].elements.known().iter().map(|element| element.key[0].to_string()).collect();
    assert_eq!(keys, ["192.0.2.0/24", "203.0.113.0/31", "203.0.113.2"]);
}

#[test]
fn commands_of_a_script_do_what_they_say() {
    let text = "ipset -N old iphash\n/usr/sbin/ipset -! add old 10.0.0.0/30 timeout 5\nadd old 10.0.0.1\ndel old 10.0.0.2\n\
                create new hash:ip\nadd new 10.9.9.9\nswap old new\nrename old older\ndestroy nothing\n\
                create p bitmap:port range 1-100\nadd p 20-22\ncreate p6 hash:ip,port family inet6\nadd p6 ::1,80-81\nadd p6 ::1,icmpv6:ping\n\
                create l list:set\nadd l p before q\nflush p\n";
    let (ipsets, complaints) = parse("script", text);
    assert_eq!(complaints, []);
    let told: Vec<_> = ipsets.sets.iter().map(|set| (&*set.name, set.family, set.elements.known().len())).collect();
    let any = Family::Any;
    assert_eq!(told, [("new", Family::V4, 4), ("older", Family::V4, 1), ("p", any, 0), ("p6", Family::V6, 3), ("l", any, 1)]);
}

#[test]
fn a_dump_that_follows_another_replaces_its_sets() {
    let record = IpsetRecord {
        saved: vec![
            SavedText { name: "a".into(), text: "create x hash:ip\nadd x 10.0.0.1\ncreate x hash:ip\nadd x 10.0.0.2\nwhat".into() },
            SavedText { name: "b".into(), text: "create y hash:ip".into() },
        ],
        ..IpsetRecord::default()
    };
    let ipsets = decode::decode(&record);
    assert_eq!(saved(&ipsets), "create x hash:ip family inet\nadd x 10.0.0.2\ncreate y hash:ip family inet\n");
    assert_eq!(ipsets.incomplete, ["a:5:1: what is no command of ipset: what"]);
}

#[test]
fn ranges_do_not_fill_the_memory() {
    let text = "create x hash:ip\nadd x 0.0.0.0/0\ncreate y hash:ip,port,ip\nadd y 10.0.0.0/16,tcp:1-65535,10.0.0.1";
    let (ipsets, complaints) = parse("x", text);
    assert_eq!(places(&complaints), [(2, 7), (4, 19)]);
    assert!(ipsets.sets.iter().all(|set| set.elements.known().is_empty()));
}

#[test]
fn masks_cut_what_a_text_adds() {
    let (ipsets, _) = parse("x", "create x hash:ip netmask 24\nadd x 10.1.2.3\ncreate y hash:ip,mark markmask 0xff\nadd y 10.1.2.3,0x1234");
    let key = |at: usize| ipsets.sets[at].elements.known()[0].key.clone();
    assert_eq!(key(0), Key::from_iter([Part::Address("10.1.2.0/32".parse().expect("a network"))]));
    assert_eq!(key(1)[1], Part::Mark(0x34));
}

proptest! {
    #[test]
    fn any_bytes_are_decoded(sets in prop::collection::vec(any::<u8>(), 0..200), elements in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut record = record("hash:net,iface", 2, &hash(), std::slice::from_ref(&elements));
        record.elements.push(IpsetElements { set: "y".into(), whole: true, messages: Messages(elements) });
        let _ = saved(&decode::decode(&record));
        record.sets = Messages(sets);
        let _ = saved(&decode::decode(&record));
    }

    #[test]
    fn any_damage_is_decoded(kind in 0..16_usize, at in 0..400_usize, byte in any::<u8>()) {
        let parts = [
            ip(1, [10, 0, 0, 1]), ip(20, [10, 0, 0, 2]), attribute(3, &[8]), attribute(21, &[9]), attribute(4 | NET, &[0, 80]),
            attribute(7, &[6]), attribute(17, &[1; 6]), attribute(18, b"y\0"), attribute(23, b"eth0\0"), attribute(10 | NET, &[0; 4]),
        ];
        let mut record = record(super::kind::KINDS[kind].name, 2, &hash(), &[nest(7, &parts)]);
        for bytes in [&mut record.sets.0, &mut record.elements[0].messages.0] {
            let length = bytes.len();
            bytes[at % length] = byte;
        }
        let _ = saved(&decode::decode(&record));
    }

    #[test]
    fn any_text_is_parsed(lines in prop::collection::vec("(create|add|del|swap|rename|ipset|x)?( [a-c])?( (hash:ip,port|hash:net|bitmap:port|list:set|range|timeout|comment|-))? ?[ -~é\"]{0,30}", 0..12)) {
        let (ipsets, complaints) = parse("x", &lines.join("\n"));
        prop_assert!(complaints.len() <= 101);
        // What was understood is written so that it is understood again.
        let text = saved(&ipsets);
        let (again, complaints) = parse("x", &text);
        prop_assert_eq!(complaints, []);
        prop_assert_eq!(saved(&again), text);
    }
}

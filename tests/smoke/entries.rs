//! Where bytes come in: one entry for every decoder and parser. No bytes may make one panic, hang, or take memory out of proportion.
//!
//! `fuzz/` runs them with cargo-fuzz, the smoke test with mutated records. So this file is used from two crates, and knows only clearway.

use std::path::Path;

use clearway::{
    audits::{
        judge::judge,
        witness::{disagreements, packet},
    },
    demo,
    gateway::{
        self, Expression, Flow, Role, Start,
        proxy::{self, READERS},
        start::Error as StartError,
    },
    model::{Interface, IpVersion},
    network,
    packets::{self, Record, print, value::Words},
    report::{self, answer::Answers},
    ruleset::{
        nft::{decode, print as nft},
        xtables::{blob, print as xtables},
    },
    site::Site,
    snapshot::{ElementsRecord, LegacyTable, Messages, NftRecord, Snapshot, messages::Walk},
    world::{Answer, Question, Recorded, World},
};

/// What is given hostile bytes, by name.
pub type Entry = (&'static str, fn(&[u8]));

/// Every entry with its name.
pub const ENTRIES: &[Entry] = &[
    ("ruleset", ruleset),
    ("network", network),
    ("snapshot", snapshot),
    ("expression", expression),
    ("log", log),
    ("packet", packet_line),
    ("site", site),
    ("legacy", legacy),
    ("proxies", proxies),
    ("names", names),
];

/// An answer of a name server, as it may come from anybody on the way.
pub fn names(input: &[u8]) {
    let _ = clearway::collect::dns::addresses(input, SEED_ID, "app.example");
}

/// The number of the question that the seed answers.
const SEED_ID: u16 = 7;

/// nf_tables messages in a row: decoded, and printed as nft would.
pub fn ruleset(input: &[u8]) {
    let _ = decode::decode_element(input);
    let ruleset = decode::decode(&record(input));
    let mut text = String::new();
    let _ = nft::ruleset(&ruleset, &|_| None, &mut text, true);
}

/// Links, addresses, routes, policy rules, next hops and sockets, told apart by the kind of each message.
pub fn network(input: &[u8]) {
    let mut snapshot = Snapshot::default();
    for message in messages(input) {
        let part = match kind(message) {
            16 => &mut snapshot.links,
            RTM_NEWADDR => &mut snapshot.addresses,
            RTM_NEWROUTE => &mut snapshot.routes,
            RTM_NEWRULE => &mut snapshot.policy_rules,
            RTM_NEWNEXTHOP => &mut snapshot.nexthops,
            _ => &mut snapshot.sockets,
        };
        part.0.extend_from_slice(message);
    }
    let _ = network::decode::decode(&snapshot);
}

const RTM_NEWADDR: u16 = 20;
const RTM_NEWROUTE: u16 = 24;
const RTM_NEWRULE: u16 = 32;
const RTM_NEWNEXTHOP: u16 = 104;

/// A snapshot's file.
pub fn snapshot(input: &[u8]) {
    if let Ok(snapshot) = Snapshot::read_from(Path::new("input"), input) {
        let _ = Site::new(snapshot);
    }
}

/// A flow expression, which prints as what it was read from.
pub fn expression(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match text.parse::<Expression>() {
        Ok(read) => {
            assert_eq!(read.to_string().parse::<Expression>().as_ref(), Ok(&read), "{text}");
            let _ = starts(&Flow::new(read, Role::Client), gateway());
        }
        Err(error) => assert!((1..=text.chars().count() + 1).contains(&error.column), "{error}"),
    }
}

/// Lines of logs. What is read of them is a flow that can be written down, or a socket file.
pub fn log(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    for (event, _) in clearway::diagnose::read(text.lines()).events {
        if event.has_address() {
            let _ = event.flow().parse::<Expression>();
        }
        let _ = event.to();
    }
}

/// A line of packets.
pub fn packet_line(input: &[u8]) {
    let Ok(record) = serde_json::from_slice::<Record<'_>>(input) else { return };
    let site = gateway();
    let interfaces: &[Interface] = &site.lowered(IpVersion::V4).host.interfaces;
    let Ok(packet) = packets::packet(&record, interfaces) else { return };
    let get = |field| packet.known.iter().find(|(each, _)| *each == field).map(|(_, value)| *value);
    let _ = print::packet(Words { version: packet.version, interfaces }, get).line();
    let answer = Answers::new(site, &Recorded(&site.snapshot)).answer(record.id.as_ref(), &packet);
    assert!(serde_json::to_vec(&answer).is_ok());
}

/// nf_tables messages in a row become the rules of the demo's gateway, and narrow flows are followed through them.
pub fn site(input: &[u8]) {
    follow(Snapshot { nft: record(input), ..gateway().snapshot.clone() });
}

/// Legacy iptables tables: decoded and printed as iptables-save would, and narrow flows followed through them. Each table begins with its
/// length, whether it is of IPv6 (the highest bit of that), its hooks, and where chains and their policies begin, all 32 bits wide.
pub fn legacy(input: &[u8]) {
    let mut tables = Vec::new();
    let mut rest = input;
    while let Some((head, block)) = rest.split_first_chunk::<48>() {
        let mut numbers = head.chunks_exact(4).filter_map(|four| four.try_into().ok()).map(u32::from_ne_bytes);
        let mut number = || numbers.next().unwrap_or_default();
        let (length, hooks) = (number(), number());
        let (entries, others) = block.split_at((length as usize & 0xff_ffff).min(block.len()));
        let (first, policy) = ([(); 5].map(|()| number()), [(); 5].map(|()| number()));
        let name = ["filter", "nat", "mangle", "raw", "security"][tables.len() % 5].to_owned();
        tables.push(LegacyTable { ipv6: length >> 31 != 0, name, hooks, first, policy, entries: Messages(entries.to_vec()) });
        rest = others;
    }
    for table in &blob::decode(&tables).tables {
        xtables::table(table, &mut String::new());
    }
    follow(Snapshot { nft: NftRecord::default(), legacy: tables, ..gateway().snapshot.clone() });
}

/// So many pieces are replayed and told: more take longer than they are worth here.
const MOST_PIECES: usize = 100;

/// What becomes of a set of packets must become of each of them.
fn follow(snapshot: Snapshot) {
    let site = Site::new(snapshot);
    let world = Recorded(&site.snapshot);
    let mut judged = Vec::new();
    for text in ["tcp 198.51.100.0/24 -> 203.0.113.10:443 in eth0", "udp local -> [2001:db8:1::99]:53"] {
        let flow = Flow::new(text.parse().expect("a flow expression"), Role::Client);
        let starts = starts(&flow, &site).expect("its interface is there");
        judged.extend(starts.into_iter().map(|start| judge(&site, &world, &flow, start)));
    }
    let pieces: usize = judged.iter().flat_map(|each| &each.legs).map(|leg| leg.pieces.len()).sum();
    if pieces > MOST_PIECES {
        return;
    }
    let wrong = disagreements(&site, &world, &judged);
    assert!(wrong.is_empty(), "{}", wrong[0]);
    let answers = Answers::new(&site, &world);
    for each in &judged {
        let _ = report::json::flow(&site, each);
        if let Some(packet) = each.legs[0].pieces.first().and_then(|piece| packet(each, piece)) {
            let _ = serde_json::to_vec(&answers.answer(None, &packet));
        }
    }
}

thread_local! {
    static DEMO: &'static Site = Box::leak(Box::new(Site::new(demo::snapshot().expect("the demo is part of the program"))));
}

/// The demo's gateway; made once in each thread.
fn gateway() -> &'static Site {
    DEMO.with(|site| *site)
}

fn starts(flow: &Flow, site: &Site) -> Result<Vec<Start>, StartError> {
    gateway::starts(flow, [IpVersion::V4, IpVersion::V6].map(|version| &site.lowered(version).host), &site.network)
}

/// nf_tables messages in a row as a record, told apart by their kind.
fn record(input: &[u8]) -> NftRecord {
    let mut record = NftRecord::default();
    for message in messages(input) {
        let part = match kind(message) & 0xff {
            0 => &mut record.tables,
            3 => &mut record.chains,
            6 => &mut record.rules,
            9 => &mut record.sets,
            12 => elements(&mut record.elements, message),
            18 => &mut record.objects,
            _ => &mut record.flowtables,
        };
        part.0.extend_from_slice(message);
    }
    record
}

/// The record of the set whose elements a message brings.
fn elements<'a>(records: &'a mut Vec<ElementsRecord>, message: &[u8]) -> &'a mut Messages {
    let family = message.get(16).copied().unwrap_or_default();
    let name = |wanted| String::from_utf8_lossy(attribute(message, wanted)).trim_end_matches('\0').to_owned();
    let (table, set) = (name(1), name(2));
    let same = |each: &ElementsRecord| each.family == family && each.table == table && each.set == set;
    let at = records.iter().position(same).unwrap_or_else(|| {
        records.push(ElementsRecord { family, table, set, whole: true, ..ElementsRecord::default() });
        records.len() - 1
    });
    &mut records[at].messages
}

/// The value of a message's attribute behind `struct nfgenmsg`; empty if it has none.
fn attribute(message: &[u8], wanted: u16) -> &[u8] {
    let mut rest = message.get(20..).unwrap_or_default();
    while let [low, high, kind_low, kind_high, ..] = *rest {
        let length = usize::from(u16::from_ne_bytes([low, high]));
        let Some(value) = rest.get(4..length) else { break };
        if u16::from_ne_bytes([kind_low, kind_high]) == wanted {
            return value;
        }
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    &[]
}

/// Netlink messages with their headers; what is none any more comes whole at the end.
pub fn messages(input: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut walk = Walk::new(input);
    std::iter::from_fn(move || {
        let start = walk.offset();
        let _ = walk.next()?;
        input.get(start..walk.offset().min(input.len()))
    })
}

fn kind(message: &[u8]) -> u16 {
    message.get(4..6).and_then(|bytes| bytes.try_into().ok()).map_or(0, u16::from_ne_bytes)
}

/// A proxy's configuration, whose first byte chooses the proxy; each file that it includes is empty.
pub fn proxies(input: &[u8]) {
    let Some((&kind, text)) = input.split_first() else { return };
    let Some(reader) = READERS.get(usize::from(kind.saturating_sub(b'0')) % READERS.len()) else { return };
    let text = String::from_utf8_lossy(text).into_owned();
    for file in ["/main", "/main.toml"] {
        let given = proxy::given(reader, file, "/", &OneFile(file, &text));
        assert!(given.configuration.upstreams.len() < 1_000_000);
    }
}

/// A world of one file.
struct OneFile<'a>(&'a str, &'a str);

impl World for OneFile<'_> {
    fn ask(&self, question: &Question) -> Answer {
        match question {
            Question::File { path, .. } if path == self.0 => Answer::Text(self.1.to_owned()),
            Question::File { .. } => Answer::Text(String::new()),
            Question::Paths { .. } => Answer::Paths(vec!["/other".into(), self.0.into()]),
            _ => Answer::Unknown("not asked".into()),
        }
    }
}

//! Real input for each entry: recorded from running kernels, or written as people write it. Legacy tables are what Linux 6.18 handed out after
//! tests/data/legacy-tables.rules was loaded.

use clearway::{
    demo,
    snapshot::{LegacyTable, NftRecord, Snapshot},
};

/// The seeds of an entry by its name.
pub fn seeds(entry: &str) -> Vec<Vec<u8>> {
    let texts = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    let gateway = demo::snapshot().expect("the demo is part of the program");
    match entry {
        "ruleset" | "site" => {
            let every: NftRecord = record(include_bytes!("../data/every-expression.json.gz"));
            vec![messages(&gateway.nft), messages(&every)]
        }
        "legacy" => {
            let tables: Vec<LegacyTable> = record(include_bytes!("../data/legacy-tables.json.gz"));
            tables.iter().map(block).collect()
        }
        "network" => {
            let Snapshot { links, addresses, routes, policy_rules, nexthops, sockets, .. } = gateway;
            vec![[links.0, addresses.0, routes.0, policy_rules.0, nexthops.0, sockets.0].concat()]
        }
        "snapshot" => {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("seed");
            gateway.write(&path).expect("written");
            vec![serde_json::to_vec(&gateway).expect("JSON"), std::fs::read(path).expect("read")]
        }
        "expression" => texts(&[
            "tcp any -> 203.0.113.10:443",
            "tcp any:1024-65535 -> local:80,443 in eth0 mark 0x1 state new",
            "udp 10.0.0.0/8,192.168.1.1-192.168.1.9 -> 10.0.0.5:53 out eth1",
            "tcp [2001:db8::1,2001:db8::/32]:5 -> [::1]:443",
            "icmpv6 any -> 2001:db8::1,2001:db8::2",
            "89 any -> local",
        ]),
        "packet" => texts(&[
            r#"{"id":"7","src":"192.0.2.5","dst":"203.0.113.10","proto":"tcp","sport":40000,"dport":443,"flags":["syn"],"in":"eth0","ttl":64,"dscp":0,"length":40,"mark":0}"#,
            r#"{"src":"2001:db8::7","dst":"2001:db8:1::10","proto":58,"icmp_type":128,"icmp_code":0,"in":"eth0","ecn":1,"payload":"00ff","state":"new"}"#,
            r#"{"dst":"10.0.3.12","proto":"udp","frag":{"offset":1,"more":true,"df":false},"uid":33,"seq":1,"ack":2}"#,
        ]),
        other => panic!("{other} has no seeds"),
    }
}

fn record<T: serde::de::DeserializeOwned>(packed: &[u8]) -> T {
    serde_json::from_reader(std::io::BufReader::new(flate2::read::GzDecoder::new(packed))).expect("a record")
}

/// A legacy table as its entry reads it.
fn block(table: &LegacyTable) -> Vec<u8> {
    let length = u32::try_from(table.entries.0.len()).expect("a small table") | u32::from(table.ipv6) << 31;
    let numbers = [length, table.hooks].into_iter().chain(table.first).chain(table.policy);
    numbers.flat_map(u32::to_ne_bytes).chain(table.entries.0.iter().copied()).collect()
}

/// All messages of a record in a row.
fn messages(record: &NftRecord) -> Vec<u8> {
    let NftRecord { tables, chains, rules, sets, objects, flowtables, elements, .. } = record;
    let parts = [tables, chains, sets, objects, flowtables, rules];
    parts.into_iter().chain(elements.iter().map(|each| &each.messages)).flat_map(|part| part.0.iter().copied()).collect()
}

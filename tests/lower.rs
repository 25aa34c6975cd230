//! Real rules as the kernel holds them (tests/data/every-expression.nft), and the steps that they become for each IP version.

use std::fmt::Write as _;

use clearway::{
    lower::{self, Lowered, Origin, Rules},
    model::{Bits, Host, IpVersion, Source, Step, Test, set::Content},
    network::{Link, Network},
    ruleset::{nft::decode, xtables},
    snapshot::{NftRecord, Snapshot},
};

/// A host with the recorded rules and two interfaces.
fn lowered(version: IpVersion) -> (clearway::ruleset::nft::Ruleset, Lowered) {
    let file = flate2::read::GzDecoder::new(&include_bytes!("data/every-expression.json.gz")[..]);
    let record: NftRecord = serde_json::from_reader(std::io::BufReader::new(file)).expect("a record");
    let ruleset = decode::decode(&record);
    let link =
        |index, name: &str, hardware| Link { index, name: name.into(), hardware, loopback: hardware == 772, up: true, ..Link::default() };
    let network = Network { links: vec![link(1, "lo", 772), link(2, "eth0", 1), link(3, "wg0", 65534)], ..Network::default() };
    let lowered = lower::host(
        Rules { nft: &ruleset, xtables: &xtables::Ruleset::default(), ipsets: &Default::default() },
        &network,
        &Snapshot::default(),
        version,
    );
    (ruleset, lowered)
}

#[test]
fn every_rule_keeps_its_place_and_its_meaning() {
    for version in [IpVersion::V4, IpVersion::V6] {
        let (ruleset, lowered) = lowered(version);
        let mut text = String::new();
        for (chain, origin) in lowered.host.chains.iter().zip(&lowered.origins) {
            let Origin::Nft { table, chain: at } = origin else { panic!("there are no legacy tables") };
            let original = &ruleset.tables[*table].chains[*at];
            assert_eq!(chain.rules.len(), original.rules.len());
            writeln!(text, "{} {} {} {:?}", chain.family, chain.table, chain.name, chain.base).expect("memory");
            for (rule, original) in chain.rules.iter().zip(&original.rules) {
                assert_eq!(rule.handle, Some(original.handle));
                let steps: Vec<String> = rule.steps.iter().map(|step| describe(step, &lowered.host)).collect();
                writeln!(text, "  {} {}", original.handle, steps.join("; ")).expect("memory");
            }
        }
        insta::assert_snapshot!(format!("{version:?}"), text);
    }
}

fn describe(step: &Step, host: &Host) -> String {
    match step {
        Step::Test(test) => describe_test(test, host),
        Step::Write { field, bits } => format!("{field:?} := {}", describe_bits(bits)),
        Step::Look { key, map, register } => {
            let keys: Vec<String> = key.iter().map(describe_bits).collect();
            let set = &host.sets[map.0 as usize];
            let size = match &set.content {
                Content::Keys(_) => "keys".to_owned(),
                Content::Elements { elements, catch_all } => {
                    format!("{} elements{}", elements.len(), if catch_all.is_some() { " and *" } else { "" })
                }
                Content::Tiers(tiers) => format!("{} tiers", tiers.len()),
                Content::Asked { .. } => "asked".to_owned(),
                Content::Unknown(why) => why.clone(),
            };
            format!("look {} in {} {:?} ({size}) to {register:?}", keys.join(" . "), set.name, set.widths)
        }
        Step::Free { first, words, modulus, offset, condition } => {
            format!("registers {first}+{words} := {:?} mod {modulus:?} + {offset}", host.conditions[condition.0 as usize].text)
        }
        Step::Opaque(condition) => format!("opaque {:?}", host.conditions[condition.0 as usize].text),
        Step::Learn { key, set, delete, inverted, .. } => {
            let keys: Vec<String> = key.iter().map(describe_bits).collect();
            format!("learn {} in {} delete {delete} inverted {inverted}", keys.join(" . "), host.sets[set.0 as usize].name)
        }
        other => format!("{other:?}"),
    }
}

fn describe_test(test: &Test, host: &Host) -> String {
    let list = |tests: &[Test], word: &str| {
        let all: Vec<String> = tests.iter().map(|test| describe_test(test, host)).collect();
        format!("({})", all.join(word))
    };
    match test {
        Test::In { field, values } => match values.ranges(6) {
            Some(ranges) => {
                let ranges: Vec<String> = ranges
                    .iter()
                    .map(|&(low, high)| if low == high { format!("{low:#x}") } else { format!("{low:#x}-{high:#x}") })
                    .collect();
                format!("{field:?} in {}", ranges.join(","))
            }
            None => match values.as_mask() {
                Some((mask, value)) => format!("{field:?} & {mask:#x} == {value:#x}"),
                None => format!("{field:?} in many"),
            },
        },
        Test::All(tests) => list(tests, " and "),
        Test::Any(tests) => list(tests, " or "),
        Test::Not(test) => format!("not {}", describe_test(test, host)),
        Test::Holds { key, set } => {
            let keys: Vec<String> = key.iter().map(describe_bits).collect();
            format!("{} in set {}", keys.join(" . "), host.sets[set.0 as usize].name)
        }
        Test::Condition(condition) => format!("condition {:?}", host.conditions[condition.0 as usize].text),
        other => format!("{other:?}"),
    }
}

fn describe_bits(bits: &Bits) -> String {
    let parts: Vec<String> = bits
        .0
        .iter()
        .map(|part| match part.source {
            Source::Constant(value) => format!("{value:#x}/{}", part.width),
            Source::Field { field, low, flip: 0 } => format!("{field:?}[{low}+{}]", part.width),
            Source::Field { field, low, flip } => format!("{field:?}[{low}+{}]^{flip:#x}", part.width),
        })
        .collect();
    parts.join("~")
}

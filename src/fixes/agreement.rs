//! Whether a change came out as it was proved: of all first packets that a changed rule can touch, those pass on the host as it is now that pass on
//! the copy of the model on which the fix was tried, and no others.

use super::{edit::Edit, matching::Matching, opens, touched};
use crate::{
    model::{Field, HeaderSet, Host, IpVersion, Values},
    simulate::{Given, Simulation},
    site::Site,
    world::World,
};

/// A host with its world.
#[derive(Clone, Copy)]
pub struct State<'a> {
    pub site: &'a Site,
    pub world: &'a dyn World,
}

/// What differs between the host after a change and the host before it with these edits, each for its IP version; none if nothing does.
#[must_use]
pub fn differs(before: State<'_>, edits: &[(IpVersion, Edit)], after: State<'_>) -> Option<String> {
    [IpVersion::V4, IpVersion::V6].into_iter().find_map(|version| {
        let mut proved = before.site.lowered(version).host.clone();
        let own: Vec<&Edit> = edits.iter().filter(|(each, _)| *each == version).map(|(_, edit)| edit).collect();
        let start = own.iter().fold(touched::packets(before.site, after.site, version), |all, edit| joined(all, &start(edit)));
        own.iter().for_each(|edit| edit.apply(&mut proved));
        let is = &after.site.lowered(version).host;
        let start = by_ways_of_both(&start, &proved, is);
        let (should, passes) = (accepted(&proved, before.world, &start), accepted(is, after.world, &start));
        // A rule of iptables drops what ends before its ports (`tcp_mt`), one of nft misses it: only what programs send must pass.
        let (more, fewer) = (passes.minus(&should), honest(&should, version).minus(&passes));
        if more.is_overgrown() || fewer.is_overgrown() {
            return Some("what passes now can't be told exactly: it is too many pieces".into());
        }
        let told = |packets: &HeaderSet, what: &str| (!packets.is_empty()).then(|| format!("{what} {}", words(packets, is)));
        told(&more, "it opens more:").or_else(|| told(&fewer, "it does not let pass what it should:"))
    })
}

/// The packets that an edit is about, as they are when they begin.
fn start(edit: &Edit) -> HeaderSet {
    match edit {
        Edit::Insert { matching, .. } => {
            let fields = matching.fields().filter(|(field, _)| matches!(field, Field::InInterface | Field::Protocol | Field::Source));
            fields.fold(HeaderSet::all(), |set, (field, values)| set.split(*field, values).0)
        }
        // Its rule is one that the host does not have any more.
        Edit::Remove(_) => HeaderSet::empty(),
        Edit::Set(setting) => HeaderSet::all().split(Field::InInterface, &Values::one(32, u128::from(setting.interface()))).0,
    }
}

/// Those that this host sends, or that come in by an interface that it had before. Who comes in by lo is this host, whose packets begin before.
fn by_ways_of_both(start: &HeaderSet, before: &Host, after: &Host) -> HeaderSet {
    let both = before.interfaces.iter().filter(|old| !old.loopback && after.interfaces.iter().any(|new| new.index == old.index));
    let ways = both.map(|each| u128::from(each.index)).chain([0]).map(|index| (index, index));
    start.clone().split(Field::InInterface, &Values::from_ranges(32, ways)).0
}

/// What passes, or may.
fn accepted(host: &Host, world: &dyn World, start: &HeaderSet) -> HeaderSet {
    let (sent, received) = start.clone().split(Field::InInterface, &Values::one(32, 0));
    let simulation = Simulation::new(host, world);
    [sent, received].into_iter().filter(|packets| !packets.is_empty()).fold(HeaderSet::empty(), |all, packets| {
        let run = simulation.run(packets, Given::First);
        run.accepted().fold(all, |all, finished| joined(all, &finished.strand.space.of_packets()))
    })
}

fn joined(all: HeaderSet, more: &HeaderSet) -> HeaderSet {
    let new = more.minus(&all);
    all.or(new)
}

/// The packets among them with which programs begin: whole ones of TCP and UDP.
fn honest(packets: &HeaderSet, version: IpVersion) -> HeaderSet {
    let headers = if version == IpVersion::V4 { 20 } else { 40 };
    let kind = |protocol: u128, shortest: u128| {
        let whole = [
            (Field::Protocol, Values::one(8, protocol)),
            (Field::Length, Values::range(16, headers + shortest, 0xffff)),
            (Field::FragmentOffset, Values::one(Field::FragmentOffset.width(version), 0)),
            (Field::IpFlags, Values::masked(Field::IpFlags.width(version), 1, 0)),
        ];
        whole.iter().fold(packets.clone(), |set, (field, values)| set.split(*field, values).0)
    };
    let tcp = kind(6, 20).split(Field::TcpFlags, &Values::masked(8, 0x3f, 2)).0.split(Field::DataOffset, &Values::range(4, 5, 15)).0;
    tcp.or(kind(17, 8))
}

/// Who talks to whom, of all of them together.
fn words(packets: &HeaderSet, host: &Host) -> String {
    let fields = [Field::InInterface, Field::Protocol, Field::Source, Field::Destination, Field::DestinationPort];
    let (sent, received) = packets.clone().split(Field::InInterface, &Values::one(32, 0));
    let (packets, own) = if received.is_empty() { (sent, true) } else { (received, false) };
    Matching::of(&packets, &[], host, &fields)
        .map(|matching| opens::words(&matching, host, own))
        .filter(|words| !words.is_empty())
        .unwrap_or_else(|| "packets of every kind".into())
}

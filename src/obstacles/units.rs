//! Filters of addresses that systemd hangs on the cgroups of services: `IPAddressAllow=` and `IPAddressDeny=`.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::{
    gateway::expression::number,
    model::{Field, IpVersion, Values},
    snapshot::{Snapshot, obstacles::UnitSetting},
};

/// What a service may not talk with.
#[derive(Debug, Clone)]
pub struct Filter<'a> {
    /// Addresses that it may not send to nor receive from.
    pub denied: Values,
    /// What says so.
    pub settings: Vec<&'a UnitSetting>,
}

/// The units on a cgroup path, the outermost first. What is below a user's own manager is read from that user's files, which are not looked at.
pub fn on(cgroup: &str) -> impl Iterator<Item = &str> {
    let units = cgroup.split('/').filter(|part| [".slice", ".service", ".scope", ".socket"].iter().any(|kind| part.ends_with(kind)));
    let mut own = false;
    units.take_while(move |unit| !std::mem::replace(&mut own, unit.starts_with("user@")))
}

/// The filter of a cgroup; none if there is none. The lists of a service and its slices are one: what is allowed by any of them is not denied
/// (`bpf_firewall_compile`, which walks up the slices).
#[must_use]
pub fn filter<'a>(snapshot: &'a Snapshot, cgroup: &str, version: IpVersion) -> Option<Filter<'a>> {
    let width = Field::Source.width(version);
    let [mut allowed, mut denied] = [Values::none(width), Values::none(width)];
    let mut settings = Vec::new();
    for unit in on(cgroup) {
        for (key, all) in [("IPAddressAllow", &mut allowed), ("IPAddressDeny", &mut denied)] {
            let mut lists: Vec<&UnitSetting> = Vec::new();
            for setting in snapshot.obstacles.units.iter().filter(|setting| setting.unit == unit && setting.key == key) {
                // An empty one forgets those before it.
                if setting.value.is_empty() {
                    lists.clear();
                } else {
                    lists.push(setting);
                }
            }
            for setting in lists {
                let nets = setting.value.split_whitespace().flat_map(nets);
                let ranges = nets.filter(|net| net.addr().is_ipv4() == (version == IpVersion::V4));
                let values = Values::from_ranges(width, ranges.map(|net| (number(net.network()), number(net.broadcast()))));
                *all = all.or(&values);
                settings.push(setting);
            }
        }
    }
    let denied = denied.minus(&allowed);
    (!denied.is_empty()).then_some(Filter { denied, settings })
}

/// The networks of a word; those of one that is not known are none.
fn nets(word: &str) -> Vec<IpNet> {
    let parse = |words: &[&str]| words.iter().filter_map(|word| word.parse().ok()).collect();
    match word {
        "any" => vec![Ipv4Net::default().into(), Ipv6Net::default().into()],
        "localhost" => parse(&["127.0.0.0/8", "::1/128"]),
        "link-local" => parse(&["169.254.0.0/16", "fe80::/64"]),
        "multicast" => parse(&["224.0.0.0/4", "ff00::/8"]),
        _ => word.parse().ok().or_else(|| word.parse().ok().map(|address: std::net::IpAddr| address.into())).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_a_service_and_its_slices_are_one() {
        let setting = |unit: &str, key: &str, value: &str| UnitSetting {
            unit: unit.into(),
            key: key.into(),
            value: value.into(),
            ..UnitSetting::default()
        };
        let mut snapshot = Snapshot::default();
        snapshot.obstacles.units = vec![
            setting("system.slice", "IPAddressDeny", "any"),
            setting("web.service", "IPAddressAllow", "192.0.2.1"),
            setting("web.service", "IPAddressAllow", ""),
            setting("web.service", "IPAddressAllow", "localhost 10.0.0.0/8 nonsense"),
            setting("other.service", "IPAddressAllow", "any"),
        ];
        let denied = |cgroup: &str, address: &str| {
            let address: std::net::IpAddr = address.parse().expect("an address");
            let version = if address.is_ipv4() { IpVersion::V4 } else { IpVersion::V6 };
            filter(&snapshot, cgroup, version).is_some_and(|filter| filter.denied.contains(number(address)))
        };
        for (address, wanted) in [("127.0.0.1", false), ("10.1.2.3", false), ("192.0.2.1", true), ("::1", false), ("2001:db8::1", true)] {
            assert_eq!(denied("/system.slice/web.service", address), wanted, "{address}");
        }
        assert!(!denied("/system.slice/other.service", "192.0.2.1"));
        assert!(!denied("/user.slice/user-1000.slice", "192.0.2.1"));
        let units: Vec<_> = on("/user.slice/user-1.slice/user@1.service/app.slice/x.service").collect();
        assert_eq!(units, ["user.slice", "user-1.slice", "user@1.service"]);
    }
}

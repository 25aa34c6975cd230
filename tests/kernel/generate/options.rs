//! Matches on options and extension headers, on sockets and on routes.

use super::network::version;
use super::pool::Version;
use super::random::Random;
use super::scope::{Family, Scope};

/// A match on an option of TCP or IPv4, or on an extension header of IPv6.
pub fn on_option(random: &mut Random, scope: &mut Scope) -> String {
    if random.percent(55) && scope.transport.is_none_or(|protocol| protocol == "tcp") {
        if random.percent(70) {
            scope.transport = Some("tcp");
        }
        return format!(
            "tcp option {}",
            random.pick(&[
                "maxseg size 1460",
                "maxseg size > 1400",
                "maxseg size != 536",
                "maxseg exists",
                "maxseg missing",
                "sack-perm exists",
                "sack-perm missing",
                "window count 7",
                "window exists",
                "timestamp tsval 1",
                "timestamp exists",
                "@34,8,8 2",
                "254 exists",
            ])
        );
    }
    match version(random, scope) {
        Version::V4 => random.pick(&["ip option ra exists", "ip option rr missing", "ip option lsrr type 3"]).to_owned(),
        Version::V6 => random
            .pick(&[
                "exthdr frag exists",
                "exthdr frag missing",
                "exthdr hbh exists",
                "exthdr rt missing",
                "frag more-fragments 1",
                "frag frag-off 0",
                "frag frag-off != 0",
                "frag nexthdr udp",
                "hbh nexthdr tcp",
                "dst nexthdr != tcp",
                "rt type 0",
            ])
            .to_owned(),
    }
}

/// A match on the socket or the route of a packet.
pub fn on_socket(random: &mut Random, scope: &mut Scope) -> String {
    if scope.only(&["prerouting", "input"]) && random.percent(50) {
        return random
            .pick(&["socket transparent 0", "socket transparent 1", "socket wildcard 1", "socket mark 0", "socket mark != 1"])
            .to_owned();
    }
    // A raw IPv6 socket keeps the first destination in its route (`FLOWI_FLAG_KNOWN_NH`), which no other sender does.
    if (scope.version == Some(Version::V6) || scope.family == Family::Ip6) && !scope.only(&["prerouting", "input", "forward"]) {
        return "rt ip6 nexthop != 2001:db8:ffff::1".to_owned();
    }
    if !scope.only(&["prerouting", "input", "forward"]) {
        scope.version = Some(Version::V4);
    }
    match version(random, scope) {
        Version::V4 => random.pick(&["rt ip nexthop 10.1.0.254", "rt ip nexthop != 10.2.0.254", "rt ip nexthop 10.2.0.0/24"]),
        Version::V6 => random.pick(&["rt ip6 nexthop fd00:1::fe", "rt ip6 nexthop != fd00:2::fe", "rt ip6 nexthop fd00:2::/64"]),
    }
    .to_owned()
}

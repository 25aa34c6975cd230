//! Fixes in the words of those who keep the rules, run as they are printed, with the real programs: a packet that was stopped gets through,
//! nothing else does, and the owner's reload keeps it so.

#[path = "../harness/mod.rs"]
mod harness;
#[path = "../netns/mod.rs"]
mod netns;
mod place;

mod applied;
mod causes;
mod saved;

use harness::{Needs, Test, tests};
use place::Place;

const GROUPS: [&[Test]; 6] = [
    tests![Needs::Program("ufw"); ufw_puts_it_before_its_rule_that_denies, ufw_allows_what_nothing_else_does],
    tests![Needs::Program("firewalld"); firewalld_has_the_zone_of_the_interface],
    tests![Needs::Program("shorewall"); shorewall_takes_a_line_before_its_policy],
    tests![Needs::Program("fail2ban-server"); fail2ban_lifts_the_ban],
    tests![Needs::Namespaces; docker_has_a_chain_for_it, nftables_conf_has_a_place_for_it, a_setting_lasts],
    tests![Needs::Namespaces; what_others_would_overwrite_is_no_fix],
];

fn main() {
    let groups: Vec<&[Test]> = GROUPS.into_iter().chain(applied::TESTS).chain([causes::TESTS]).chain(saved::TESTS).collect();
    harness::main(&groups);
}

fn ufw_puts_it_before_its_rule_that_denies() {
    let place = Place::new("ufwd");
    place.shell("ufw --force enable; ufw limit 22/tcp; ufw deny 3000/tcp; ufw allow 80/tcp");
    let fix = place.mend("tcp 198.51.100.7 -> 203.0.113.10:3000 in eth0", "198.51.100.7", "203.0.113.10:3000", "ufw reload", |id| {
        id == "tcp 198.51.100.7 203.0.113.10 3000 eth0"
    });
    assert_eq!((&fix["owner"], &fix["persistent"]), (&"ufw".into(), &true.into()));
    assert!(fix["commands"][0].as_str().is_some_and(|command| command.starts_with("ufw insert 2 allow ")), "{fix:#}");
    // Of IPv6 the numbers begin after those of IPv4.
    assert!(!place.reaches("2001:db8::1", "[2001:db8::10]:3000"));
    let fix = place.fix("tcp 2001:db8::1 -> [2001:db8::10]:3000 in eth0");
    assert!(fix["commands"][0].as_str().is_some_and(|command| command.starts_with("ufw insert 6 allow ")), "{fix:#}");
    place.shell(fix["commands"][0].as_str().expect("text"));
    assert!(place.reaches("2001:db8::1", "[2001:db8::10]:3000"));
}

fn ufw_allows_what_nothing_else_does() {
    let place = Place::new("ufwa");
    place.shell("ufw --force enable; ufw allow 22/tcp; ufw default deny outgoing; ufw default deny routed");
    let fix =
        place.mend("tcp local -> 10.0.3.12:8080", "gateway", "10.0.3.12:8080", "ufw reload", |id| id == "tcp 10.0.3.5 10.0.3.12 8080 ");
    assert!(fix["commands"][0].as_str().is_some_and(|command| command.starts_with("ufw allow out ")), "{fix:#}");
    let fix = place.mend("tcp 198.51.100.7 -> 10.0.3.12:80 in eth0", "198.51.100.7", "10.0.3.12:80", "ufw reload", |id| {
        id == "tcp 198.51.100.7 10.0.3.12 80 eth0"
    });
    assert!(fix["commands"][0].as_str().is_some_and(|command| command.starts_with("ufw route allow ")), "{fix:#}");
}

/// With zones of both interfaces, and one client that is dropped.
fn firewalld(purpose: &str) -> Place {
    let mut place = Place::new(purpose);
    place.shell("mkdir -p /run/dbus /run/lock");
    place.start("dbus-daemon --system --nofork --nopidfile", "test -S /run/dbus/system_bus_socket");
    place.start("firewalld --nofork --nopid", "firewall-cmd --state");
    for (zone, interface) in [("public", "eth0"), ("internal", "eth1")] {
        place.shell(&format!("firewall-cmd --permanent --zone={zone} --change-interface={interface}"));
    }
    place.shell(
        "firewall-cmd --permanent --zone=public --add-rich-rule='rule family=ipv4 source address=198.51.100.7 drop'; firewall-cmd --reload",
    );
    place
}

fn firewalld_has_the_zone_of_the_interface() {
    let place = firewalld("fwd");
    let to_443 = |id: &str| id.ends_with(" 203.0.113.10 443 eth0") && id.starts_with("tcp") && !id.contains("198.51.100.7");
    let fix = place.mend("tcp any -> 203.0.113.10:443 in eth0", "203.0.113.1", "203.0.113.10:443", "firewall-cmd --reload", to_443);
    assert!(fix["commands"][0].as_str().is_some_and(|command| command.contains("--zone=public ")), "{fix:#}");
    let denied = |id: &str| id == "tcp 198.51.100.7 203.0.113.10 80 eth0";
    let fix = place.mend("tcp 198.51.100.7 -> 203.0.113.10:80 in eth0", "198.51.100.7", "203.0.113.10:80", "firewall-cmd --reload", denied);
    assert!(fix["commands"][0].as_str().is_some_and(|command| command.contains("priority=\"-1\"")), "{fix:#}");
}

/// With two zones and few rules.
fn shorewall(purpose: &str) -> Place {
    let place = Place::new(purpose);
    place.shell("mkdir -p /var/lib/shorewall /run/lock");
    let files = [
        ("zones", "fw firewall\nnet ipv4\nloc ipv4\n"),
        ("interfaces", "?FORMAT 2\nnet eth0 tcpflags,nosmurfs\nloc eth1\n"),
        ("policy", "$FW loc REJECT info\nnet all DROP info\nall all REJECT info\n"),
        ("rules", "?SECTION ALL\n?SECTION NEW\nSSH(ACCEPT) net $FW\nDROP net:198.51.100.9 $FW\n"),
    ];
    for (name, text) in files {
        place.write(&format!("shorewall/{name}"), text);
    }
    place.shell("shorewall start");
    place
}

fn shorewall_takes_a_line_before_its_policy() {
    let place = shorewall("shw");
    let fix = place.mend("tcp 198.51.100.7 -> 203.0.113.10:443 in eth0", "198.51.100.7", "203.0.113.10:443", "shorewall reload", |id| {
        id == "tcp 198.51.100.7 203.0.113.10 443 eth0"
    });
    assert_eq!(fix["owner"], "Shorewall");
    place.mend("tcp local -> 10.0.3.12:8080", "gateway", "10.0.3.12:8080", "shorewall reload", |id| id == "tcp 10.0.3.5 10.0.3.12 8080 ");
}

/// With a jail that has two clients.
fn fail2ban(purpose: &str) -> Place {
    let mut place = Place::new(purpose);
    place.shell(
        "mkdir -p /run/fail2ban /var/lib/fail2ban /run/lock; rm -f /etc/fail2ban/jail.d/*; touch /run/web.log
        sed -i 's|^logtarget.*|logtarget = SYSOUT|; s|^dbfile.*|dbfile = :memory:|' /etc/fail2ban/fail2ban.conf",
    );
    let jail = "[DEFAULT]\nbackend = polling\nbanaction = iptables-multiport\n[web]\nenabled = true\nport = 80,443\nlogpath = /run/web.log\nfilter = nginx-botsearch\n";
    place.write("fail2ban/jail.local", jail);
    place.start("fail2ban-server -f start", "fail2ban-client ping");
    place.shell(
        "fail2ban-client set web banip 203.0.113.1; fail2ban-client set web banip 198.51.100.7
        for each in 1 2 3 4 5 6 7 8 9; do iptables-save | grep -q 198.51.100.7 && break; sleep 0.2; done",
    );
    place
}

fn fail2ban_lifts_the_ban() {
    let place = fail2ban("f2b");
    let freed = |id: &str| id.starts_with("tcp 198.51.100.7 ") && (id.contains(" 80 ") || id.contains(" 443 "));
    let from = "198.51.100.7";
    assert!(!place.reaches(from, "203.0.113.10:80"));
    let fix = place.fix("tcp 198.51.100.7 -> 203.0.113.10:80 in eth0");
    assert_eq!(fix["owner"], "fail2ban");
    let before = place.accepted();
    place.shell(fix["commands"][0].as_str().expect("text"));
    place.shell("fail2ban-client reload");
    assert!(place.reaches(from, "203.0.113.10:80"));
    assert!(!place.reaches("203.0.113.1", "203.0.113.10:80"), "the other stays banned");
    let new: Vec<_> = place.accepted().into_iter().filter(|id| !before.contains(id)).collect();
    assert!(!new.is_empty() && new.iter().all(|id| freed(id)), "{new:?}");
}

/// The chains as Docker 28 makes them.
const DOCKER: &str = "*filter\n:FORWARD DROP\n:DOCKER -\n:DOCKER-FORWARD -\n:DOCKER-USER -\n-A FORWARD -j DOCKER-USER\n-A FORWARD -j DOCKER-FORWARD
-A DOCKER-USER -j RETURN\n-A DOCKER-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A DOCKER-FORWARD -o eth1 -j DOCKER\n-A DOCKER-FORWARD -i eth1 -j ACCEPT
-A DOCKER ! -i eth1 -o eth1 -j DROP\nCOMMIT\n";

fn docker_has_a_chain_for_it() {
    let place = Place::new("dkr");
    place.shell(&format!("iptables-restore <<'END'\n{DOCKER}END\n"));
    let fix = place.mend("tcp 198.51.100.7 -> 10.0.3.12:80 in eth0", "198.51.100.7", "10.0.3.12:80", "", |id| {
        id == "tcp 198.51.100.7 10.0.3.12 80 eth0"
    });
    assert!(fix["commands"][0].as_str().is_some_and(|command| command.starts_with("iptables -I DOCKER-USER 1 ")), "{fix:#}");
    assert_eq!(fix["persistent"], false);
}

const CONF: &str =
    "#!/usr/sbin/nft -f\nflush ruleset\n\ntable inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy accept;
\t\tct state established,related accept\n\t\ticmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n\t\ttcp dport 22 accept
\t\ttcp dport 1-9999 counter drop\n\t}\n}\n";

fn nftables_conf_has_a_place_for_it() {
    let place = Place::new("nfc");
    place.write("nftables.conf", CONF);
    place.shell("nft -f /etc/nftables.conf");
    let only = |id: &str| id == "tcp 198.51.100.7 203.0.113.10 443 eth0";
    let fix = place.mend("tcp 198.51.100.7 -> 203.0.113.10:443 in eth0", "198.51.100.7", "203.0.113.10:443", "", only);
    assert_eq!(fix["owner"], "nft");
    let persist = fix["persist"][0].as_str().expect("a line for the file");
    let now = place.accepted();
    place.shell(&format!("{persist}\nnft -f /etc/nftables.conf"));
    assert_eq!(place.accepted(), now, "the file means the same");
    assert!(place.reaches("198.51.100.7", "203.0.113.10:443"));
}

fn a_setting_lasts() {
    let place = Place::new("set");
    let flow = "tcp 198.51.100.7 -> 10.0.3.12:80 in eth0";
    place.shell("sysctl -qw net.ipv4.ip_forward=0");
    let report = place.clearway(&format!("--no-discover --flow '{flow}'"));
    assert!(report.contains("would open more than this flow"), "the rules let everything through: {report}");
    place.shell(
        "iptables -P FORWARD DROP; iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        iptables -A FORWARD -s 198.51.100.7 -d 10.0.3.12 -p tcp --dport 80 -j ACCEPT",
    );
    let boot = "sysctl -qw net.ipv4.ip_forward=0; sysctl -qp /etc/sysctl.d/90-clearway.conf";
    let fix = place.mend(flow, "198.51.100.7", "10.0.3.12:80", boot, |id| id == "tcp 198.51.100.7 10.0.3.12 80 eth0");
    assert_eq!((&fix["owner"], &fix["persistent"]), (&"sysctl".into(), &true.into()));
}

fn what_others_would_overwrite_is_no_fix() {
    let place = Place::new("kube");
    place.shell("iptables -N KUBE-FIREWALL; iptables -A INPUT -j KUBE-FIREWALL; iptables -A KUBE-FIREWALL -p tcp --dport 443 -j DROP");
    let report = place.clearway("--no-discover --flow 'tcp 198.51.100.7 -> 203.0.113.10:443 in eth0'");
    assert!(report.contains("no fix       kube-proxy keeps these rules"), "{report}");
}

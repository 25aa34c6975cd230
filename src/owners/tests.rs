use super::*;

fn words(place: Place<'_>) -> String {
    owner(&place).map_or_else(|| "nobody".to_owned(), |owner| owner.words())
}

#[test]
fn rules_are_told_by_their_chains_comments_and_sets() {
    let filter = |chain| Place { table: "filter", chain, ..Place::default() };
    for (place, wanted) in [
        (filter("ufw-user-input"), "ufw: rules of the command ufw; \"ufw status numbered\" lists them"),
        (Place { leads_to: Some("ufw-before-input"), ..filter("INPUT") }, "ufw: /etc/ufw/before.rules"),
        (
            Place { comment: Some("dapp_Nginx%20Full"), ..filter("ufw6-user-input") },
            "ufw: application Nginx Full, rules of the command ufw; \"ufw status numbered\" lists them",
        ),
        (Place { chains: &["INPUT", "ufw-user-input"], ..filter("INPUT") }, "ufw: default policy; \"ufw status verbose\" shows it"),
        (
            Place { table: "firewalld", chain: "filter_IN_public_allow", ..Place::default() },
            "firewalld: zone public, services, ports and sources that the zone accepts",
        ),
        (Place { table: "firewalld", chain: "filter_INPUT", ..Place::default() }, "firewalld"),
        (Place { chains: &["INPUT_ZONES"], ..filter("IN_dmz_deny") }, "firewalld: zone dmz, what the zone rejects or drops"),
        (filter("DOCKER-USER"), "Docker: the place for the operator's own rules about containers; Docker never changes it"),
        (
            Place { table: "docker-bridges", chain: "filter-forward-in__br-0123456789ab", ..Place::default() },
            "Docker: network br-0123456789ab",
        ),
        (filter("f2b-nginx-limit"), "fail2ban: jail nginx-limit, banned addresses; fail2ban-client status JAIL lists them"),
        (
            Place { table: "f2b-table", chain: "f2b-chain", sets: &["addr-set-sshd"], ..Place::default() },
            "fail2ban: jail sshd, banned addresses; fail2ban-client status JAIL lists them",
        ),
        (
            Place { sets: &["crowdsec-blacklists"], ..filter("INPUT") },
            "CrowdSec: addresses under a decision; cscli decisions list shows them",
        ),
        (
            Place { table: "nat", chain: "KUBE-SEP-ABC", comment: Some("default/web:http"), ..Place::default() },
            "kube-proxy: service default/web:http, one endpoint of a service",
        ),
        (Place { comment: Some("generated for LXD network lxdbr0"), ..filter("INPUT") }, "LXD: network lxdbr0"),
        (
            Place { chains: &["smurfs", "tcpflags", "net-fw"], ..filter("net-fw") },
            "Shorewall: zone net to fw, /etc/shorewall/rules and policy",
        ),
        (filter("INPUT"), "nobody"),
        (filter("web-2"), "nobody"),
        (filter("IN_dmz"), "nobody"),
        (filter("DENYIN"), "nobody"),
    ] {
        assert_eq!(words(place), wanted, "{place:?}");
    }
}

//! What the next boot restores, as clearway reads it, is what the real programs make of the same files.

use crate::harness::{Needs, Test, tests};
use crate::place::Place;

pub const TESTS: [&[Test]; 2] =
    [tests![Needs::Program("ufw"); ufw_restores_what_its_files_say], tests![Needs::Namespaces; what_netfilter_persistent_restores]];

/// Runs clearway as the host's boot sees it: in the network namespace of the first process.
fn clearway(place: &Place, arguments: &str) -> (i32, String) {
    let script = format!("unshare --pid --fork --mount-proc {} {arguments}", env!("CARGO_BIN_EXE_clearway"));
    let output = place.command(&script).output().expect("ip runs");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap_or(-1), text)
}

/// Nothing else restores rules here, whatever the machine has.
const ALONE: &str = "rm -f /etc/systemd/system/*.wants/*; mkdir -p /etc/systemd/system/multi-user.target.wants /run/lock";

fn ufw_restores_what_its_files_say() {
    let place = Place::new("ufws");
    place.shell(&format!(
        "{ALONE}; ln -s /dev/null /etc/systemd/system/multi-user.target.wants/ufw.service
        ufw --force enable; ufw limit 22/tcp; ufw deny 3000/tcp; ufw allow from 198.51.100.0/24 to any port 80,8000:8010 proto tcp
        ufw route allow in on eth0 out on eth1 to 10.0.3.12 port 80 proto tcp; ufw default reject outgoing; ufw allow out 53; ufw logging medium"
    ));
    // As at boot: from nothing.
    place.shell(
        "for each in iptables ip6tables; do $each -F; $each -X; for chain in INPUT OUTPUT FORWARD; do $each -P $chain ACCEPT; done; done
        /lib/ufw/ufw-init start",
    );
    let flows = "--no-discover --flow 'tcp any -> 203.0.113.10:3000' --flow 'tcp any -> 203.0.113.10:80' --flow 'tcp any -> 10.0.3.12:80' --flow 'udp local -> 10.0.3.12:53'";
    let (exit, told) = clearway(&place, &format!("diff running saved {flows}"));
    assert_eq!(exit, 0, "{told}");
    let (_, told) = clearway(&place, &format!("audit {flows}"));
    assert!(!told.contains("rule-not-persistent") && !told.contains("saved-differs"), "every running rule is among the saved: {told}");
    place.shell("iptables -I ufw-user-input -p tcp --dport 3000 -s 198.51.100.7 -j ACCEPT");
    let (exit, told) = clearway(&place, &format!("diff running saved {flows}"));
    assert!(exit == 1 && told.contains("clients in 198.51.100.7"), "{told}");
    let (_, told) = clearway(&place, &format!("audit {flows}"));
    assert!(told.contains("warning[saved-differs-from-running]") && told.contains("/etc/ufw/user.rules:"), "{told}");
    assert!(told.contains("1 rule will be gone after a reboot: ufw does not restore them"), "{told}");
}

fn what_netfilter_persistent_restores() {
    let place = Place::new("nfps");
    place.shell(&format!(
        "{ALONE}; ln -s /dev/null /etc/systemd/system/multi-user.target.wants/netfilter-persistent.service; mkdir -p /etc/iptables
        iptables -P INPUT DROP; iptables -A INPUT -m state --state ESTABLISHED -j ACCEPT; iptables -A INPUT -p tcp --dport 80 -j ACCEPT
        iptables-save > /etc/iptables/rules.v4; ip6tables-save > /etc/iptables/rules.v6"
    ));
    let flow = "--no-discover --flow 'tcp any -> 203.0.113.10:80' --flow 'tcp any -> 203.0.113.10:443'";
    let (exit, told) = clearway(&place, &format!("diff running saved {flow}"));
    assert_eq!(exit, 0, "{told}");
    place.shell("iptables -A INPUT -p tcp --dport 443 -j ACCEPT");
    let (exit, told) = clearway(&place, &format!("diff running saved {flow}"));
    assert!(exit == 1 && told.contains("clients -> 203.0.113.10:443/tcp (IPv4): pass -> BLOCKED"), "{told}");
    // So it is.
    assert!(place.reaches("203.0.113.1", "203.0.113.10:443"));
    place.shell("iptables-restore < /etc/iptables/rules.v4");
    assert!(!place.reaches("203.0.113.1", "203.0.113.10:443") && place.reaches("203.0.113.1", "203.0.113.10:80"));
}

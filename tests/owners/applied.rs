//! Fixes that clearway makes itself: confirmed they stay; otherwise everything is as it was before, whatever happens to the program.

use std::{
    io::Read as _,
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt as _,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use clearway::collect::namespace;
use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};

use crate::{
    harness::{Needs, Test, tests},
    place::Place,
};

pub const TESTS: [&[Test]; 6] = [
    tests![Needs::Program("firewalld"); firewalld_has_it_back],
    tests![Needs::Program("shorewall"); shorewall_has_it_back],
    tests![Needs::Program("fail2ban-server"); fail2ban_has_it_back],
    tests![Needs::Folder("target/netfilter-persistent"); netfilter_persistent_keeps_it],
    tests![Needs::Namespaces; confirmed_it_stays, unconfirmed_it_goes, it_goes_with_the_program, it_goes_with_the_guard, what_differs_goes,
        what_others_did_meanwhile_is_left, what_others_break_meanwhile_is_noticed, a_session_must_get_through, without_room_nothing_happens,
        iptables_waits_for_its_lock, nftables_conf_keeps_it, a_change_that_lost_its_guard_is_undone_by_the_next],
    tests![Needs::Program("ufw"); ufw_has_its_files_back],
];

const FLOW: &str = "tcp 198.51.100.7 -> 203.0.113.10:443 in eth0";
const CLIENT: &str = "198.51.100.7";
const SERVER: &str = "203.0.113.10:443";

const RULES: &str = "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;
\t\tct state established,related accept\n\t\ticmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n\t\ttcp dport 22 counter accept\n\t}\n}\n";

/// A run of `clearway fix --apply`, which ends with the test.
struct Run(Child);

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Run {
    fn begin(place: &Place, before: &str, arguments: &str) -> Self {
        let program = env!("CARGO_BIN_EXE_clearway");
        let script = format!("{before}\nexec {program} fix --no-discover --flow '{FLOW}' --apply client-blocked {arguments}");
        let mut command = place.command(&script);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
        Self(command.spawn().expect("ip runs"))
    }

    /// How it ended, and what it told.
    fn end(&mut self) -> (Option<i32>, String) {
        let mut told = String::new();
        self.0.stderr.take().expect("piped").read_to_string(&mut told).expect("text");
        (self.0.wait().expect("it ends").code(), told)
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.0.id().try_into().expect("a number"))
    }

    fn is_running(&mut self) -> bool {
        self.0.try_wait().expect("its state").is_none()
    }
}

/// Waits until something is so.
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(25), "{what}");
        thread::sleep(Duration::from_millis(50));
    }
}

impl Place {
    fn with_rules(purpose: &str) -> Self {
        let place = Self::new(purpose);
        place.shell(&format!("nft -f - <<'END'\n{RULES}END\n"));
        assert!(!place.reaches(CLIENT, SERVER));
        place
    }

    fn rules(&self) -> String {
        self.shell("nft -s list ruleset")
    }

    fn journal(&self) -> String {
        self.shell("cat /var/lib/clearway/journal")
    }

    /// Waits until a change is made and verified.
    fn until_verified(&self, run: &mut Run) {
        until("it is not verified", || {
            assert!(run.is_running(), "{:?}", run.end());
            self.shell("ls /var/lib/clearway/changes/*/verified 2>/dev/null || true").contains("verified")
        });
    }

    fn guard(&self) -> Pid {
        let text = self.shell("cat /var/lib/clearway/changes/*/guarded");
        Pid::from_raw(text.split(' ').next().and_then(|word| word.parse().ok()).expect("a number"))
    }

    fn assert_undone(&self, before: &str, why: &str) {
        until("it is not undone", || self.journal().contains("is undone"));
        assert_eq!(self.rules(), before);
        assert!(!self.reaches(CLIENT, SERVER));
        let journal = self.journal();
        assert!(journal.contains("is undone: the host is in the old state") && journal.contains(why), "{journal}");
    }
}

fn confirmed_it_stays() {
    let place = Place::with_rules("acf");
    let mut run = Run::begin(&place, "", "--confirm 60");
    place.until_verified(&mut run);
    assert!(place.reaches(CLIENT, SERVER));
    // Meanwhile there is no other.
    let (code, told) = Run::begin(&place, "", &format!("--flow '{}'", FLOW.replace(":443", ":80"))).end();
    assert!(code == Some(3) && told.contains("is not confirmed yet"), "{told}");
    place.shell(&format!("{} fix --confirm-now", env!("CARGO_BIN_EXE_clearway")));
    let (code, told) = run.end();
    assert!(code == Some(0) && told.contains("confirmed"), "{told}");
    assert!(place.reaches(CLIENT, SERVER));
    let journal = place.journal();
    assert!(journal.contains("is confirmed: the host is in the new state"), "{journal}");
    let rules = place.rules();
    let (code, told) = Run::begin(&place, "", "--confirm 60").end();
    assert!(code == Some(0) && told.contains("nothing to fix"), "{told}");
    assert_eq!((place.rules(), place.journal()), (rules, journal), "a second run changes nothing");
}

fn unconfirmed_it_goes() {
    let place = Place::with_rules("anc");
    let before = place.rules();
    let mut run = Run::begin(&place, "", "--confirm 8");
    place.until_verified(&mut run);
    assert!(place.reaches(CLIENT, SERVER));
    let (code, told) = run.end();
    assert!(code == Some(1) && told.contains("is undone"), "{told}");
    place.assert_undone(&before, "not confirmed in time");
}

fn it_goes_with_the_program() {
    let place = Place::with_rules("akl");
    let before = place.rules();
    let mut run = Run::begin(&place, "", "--confirm 60");
    place.until_verified(&mut run);
    assert!(place.reaches(CLIENT, SERVER));
    // With all that is in its group.
    killpg(run.pid(), Signal::SIGKILL).expect("it is there");
    place.assert_undone(&before, "ended without a decision");
}

fn it_goes_with_the_guard() {
    for (signal, why) in [(Signal::SIGTERM, "told to end"), (Signal::SIGKILL, "not confirmed in time")] {
        let place = Place::with_rules("agd");
        let before = place.rules();
        let mut run = Run::begin(&place, "", "--confirm 8");
        place.until_verified(&mut run);
        kill(place.guard(), signal).expect("it is there");
        let (code, told) = run.end();
        assert!(code == Some(1) && told.contains("is undone"), "{told}");
        place.assert_undone(&before, why);
    }
}

/// A program in the place of nft, which adds a rule of its own to every rule that it is to insert or add.
const WIDER: &str = "mkdir -p /run/bin; cat >/run/bin/nft <<'END'\n#!/bin/sh
case $1 in insert|add) /usr/sbin/nft add rule inet filter input udp dport 53 accept ;; esac\nexec /usr/sbin/nft \"$@\"\nEND
chmod +x /run/bin/nft; export PATH=/run/bin:$PATH";

fn what_differs_goes() {
    let place = Place::with_rules("adf");
    let before = place.rules();
    let (code, told) = Run::begin(&place, WIDER, "--confirm 60").end();
    assert!(code == Some(3) && told.contains("is not what was proved: more rules"), "{told}");
    place.assert_undone(&before, "udp dport 53 accept");
    // As many rules as it should, of which one lets pass whoever asks.
    let place = Place::with_rules("adw");
    let before = place.rules();
    let anyone = "mkdir -p /run/bin; cat >/run/bin/nft <<'END'\n#!/bin/sh
case $1 in insert|add) exec /usr/sbin/nft $(echo \"$*\" | sed 's/ip saddr [^ ]*//') ;; esac\nexec /usr/sbin/nft \"$@\"\nEND
chmod +x /run/bin/nft; export PATH=/run/bin:$PATH";
    let (code, told) = Run::begin(&place, anyone, "--confirm 60").end();
    assert!(code == Some(3) && told.contains("is not what was proved: it opens more: tcp/443"), "{told}");
    place.assert_undone(&before, "it opens more");
    // It succeeds and does nothing.
    let idle = "mkdir -p /run/bin; printf '#!/bin/sh\\ncase $1 in insert|add) exit 0 ;; esac\\nexec /usr/sbin/nft \"$@\"\\n' >/run/bin/nft; export PATH=/run/bin:$PATH";
    let (code, told) = Run::begin(&place, idle, "--confirm 60").end();
    assert!(code == Some(3) && told.contains("does not let pass what it should: tcp/443 from 198.51.100.7"), "{told}");
    assert_eq!(place.rules(), before);
}

fn what_others_did_meanwhile_is_left() {
    let place = Place::with_rules("aot");
    let mut run = Run::begin(&place, "", "--confirm 60");
    place.until_verified(&mut run);
    place.shell("nft add rule inet filter input udp dport 123 accept; nft add table inet other");
    killpg(run.pid(), Signal::SIGKILL).expect("it is there");
    until("it is not undone", || place.journal().contains("is undone"));
    assert!(!place.reaches(CLIENT, SERVER));
    let rules = place.rules();
    assert!(rules.contains("udp dport 123 accept") && rules.contains("table inet other") && !rules.contains("443"), "{rules}");
    assert!(place.journal().contains("what another program changed meanwhile is left"));
}

fn what_others_break_meanwhile_is_noticed() {
    let place = Place::with_rules("abr");
    let mut run = Run::begin(&place, "", "--confirm 60");
    place.until_verified(&mut run);
    place.shell("nft insert rule inet filter input ip saddr 198.51.100.0/24 tcp dport 443 counter drop");
    let (code, told) = run.end();
    assert!(code == Some(1) && told.contains("another program changed the rules meanwhile"), "{told}");
    let rules = place.rules();
    assert!(rules.contains("tcp dport 443 counter drop") && !rules.contains("tcp dport 443 accept"), "{rules}");
}

fn a_session_must_get_through() {
    let place = Place::with_rules("ass");
    place.shell("nft add rule inet filter input tcp dport 2222 accept");
    let gateway = place.gateway.0.clone();
    let listen = move || {
        namespace::enter(&gateway).expect("the namespace is there");
        TcpListener::bind("203.0.113.10:2222").expect("a free port")
    };
    let listener = thread::spawn(listen).join().expect("a listener");
    let name = place.client();
    let connect = move || {
        namespace::enter(&name).expect("the namespace is there");
        TcpStream::connect("203.0.113.10:2222").expect("a session")
    };
    let session = thread::spawn(connect).join().expect("a connection");
    let _server = listener.accept().expect("its other end");
    let from = session.local_addr().expect("an address");
    let environment = format!("export SSH_CONNECTION='{} {} 203.0.113.10 2222'", from.ip(), from.port());
    // The session goes on, and a new one would not begin.
    place.shell("nft flush chain inet filter input; nft add rule inet filter input ct state established accept");
    let before = place.rules();
    let (code, told) = Run::begin(&place, &environment, "--confirm 60").end();
    assert!(code == Some(3) && told.contains("a new session like yours") && told.contains("nothing was done"), "{told}");
    assert_eq!(place.rules(), before);
    place.shell("nft add rule inet filter input tcp dport 2222 accept");
    let (code, told) = Run::begin(&place, &environment, "--confirm 0").end();
    assert!(code == Some(0) && told.contains("confirmed"), "{told}");
    assert!(place.reaches(CLIENT, SERVER));
}

fn without_room_nothing_happens() {
    let place = Place::with_rules("afl");
    let before = place.rules();
    for size in ["4k", "16k"] {
        let full = format!("mount -t tmpfs -o size={size} none /var/lib; dd if=/dev/zero of=/var/lib/full bs=1k status=none || true");
        let (code, told) = Run::begin(&place, &full, "--confirm 60").end();
        assert!(code == Some(3) && told.contains("No space left"), "{told}");
        assert_eq!(place.rules(), before);
    }
}

fn iptables_waits_for_its_lock() {
    for program in ["iptables-legacy", "iptables-nft"] {
        let place = Place::new("alk");
        place.shell(&format!(
            "mkdir -p /run/bin; for name in '' -save -restore; do ln -s /usr/sbin/{program}$name /run/bin/iptables$name; done; export PATH=/run/bin:$PATH
             iptables -P INPUT DROP; iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; iptables -A INPUT -p tcp --dport 22 -j ACCEPT"
        ));
        let saved = || place.shell(&format!("/usr/sbin/{program}-save | sed '/^#/d; s/\\[.*\\]//'"));
        let before = saved();
        let mut holder = place.command("exec flock /run/xtables.lock sleep 3").spawn().expect("ip runs");
        let mut run = Run::begin(&place, "export PATH=/run/bin:$PATH", "--confirm 60");
        while holder.try_wait().expect("its state").is_none() {
            assert_eq!(saved(), before, "changed while another has the lock");
            assert!(run.is_running());
            thread::sleep(Duration::from_millis(100));
        }
        until("it is not made", || place.reaches(CLIENT, SERVER));
        killpg(run.pid(), Signal::SIGKILL).expect("it is there");
        until("it is not undone", || place.journal().contains("is undone"));
        assert_eq!(saved(), before);
        assert!(!place.reaches(CLIENT, SERVER));
    }
}

fn a_change_that_lost_its_guard_is_undone_by_the_next() {
    let place = Place::with_rules("alo");
    let before = place.rules();
    let mut run = Run::begin(&place, "", "--confirm 60");
    place.until_verified(&mut run);
    kill(place.guard(), Signal::SIGKILL).expect("it is there");
    killpg(run.pid(), Signal::SIGKILL).expect("it is there");
    drop(run);
    assert!(place.reaches(CLIENT, SERVER), "nobody is left who would undo it");
    // The next has another finding to mend, and mends nothing of this one's.
    let (_, told) = Run::begin(&place, "nft insert rule inet filter input tcp dport 443 counter drop", "--confirm 1").end();
    let journal = place.journal();
    assert!(journal.contains("its guard ended before it was decided"), "{journal}{told}");
    let rules = place.rules();
    assert_eq!(
        rules.replace("\t\ttcp dport 443 counter drop\n", "").replace("\t\ttcp dport 443 counter packets 0 bytes 0 drop\n", ""),
        before
    );
}

fn ufw_has_its_files_back() {
    let place = Place::new("auf");
    place.shell("ufw --force enable; ufw limit 22/tcp; ufw deny 443/tcp");
    let state = || place.shell("cat /etc/ufw/user.rules /etc/ufw/user6.rules; iptables-save | sed '/^#/d; s/\\[.*\\]//'; ls /etc/ufw");
    let before = state();
    // Of "limit" ufw loads one half at once and the other, of IPv6, with its next change.
    let (code, told) = Run::begin(&place, "", "--confirm 60").end();
    assert!(code == Some(3) && told.contains("more rules than that changed") && told.contains("ufw6-user-limit"), "{told}");
    assert_eq!(state(), before);
    place.shell("ufw reload; rm -r /var/lib/clearway");
    let before = state();
    let mut run = Run::begin(&place, "", "--confirm 20");
    place.until_verified(&mut run);
    assert!(place.reaches(CLIENT, SERVER));
    assert_ne!(state(), before);
    killpg(run.pid(), Signal::SIGKILL).expect("it is there");
    let _ = run.end();
    until("it is not undone", || place.journal().contains("is undone"));
    assert_eq!(state(), before);
    assert!(!place.reaches(CLIENT, SERVER));
    let (code, told) = Run::begin(&place, "", "--confirm 0").end();
    assert!(code == Some(0), "{told}");
    assert!(place.reaches(CLIENT, SERVER));
}

/// The rules of either IP version, without what counts.
const SAVED: &str = "{ iptables-save; ip6tables-save; } | sed '/^#/d; s/\\[.*\\]//'";

fn netfilter_persistent_keeps_it() {
    let mut place = Place::new("anp");
    place.overlay("target/netfilter-persistent");
    let rules = "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT";
    place.shell(&format!(
        "iptables-restore <<'END'\n*filter\n:INPUT DROP\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n{rules}\nCOMMIT\nEND\nnetfilter-persistent save"
    ));
    let (code, told) = Run::begin(&place, "", "--confirm 0 --persist").end();
    assert!(code == Some(0) && told.contains("a start with it lets the same pass"), "{told}");
    assert!(told.contains("for good: netfilter-persistent save"), "{told}");
    let before = place.shell(SAVED);
    place.shell("netfilter-persistent flush");
    assert_ne!(place.shell(SAVED), before);
    place.shell("netfilter-persistent start");
    assert_eq!(place.shell(SAVED), before, "its reload keeps it");
    assert!(place.reaches(CLIENT, SERVER) && !place.reaches("203.0.113.1", SERVER));
    // A program that says that it saves, and does not.
    place.shell(
        "iptables -D INPUT 3; printf 'IPTABLES_SKIP_SAVE=yes\n' >/etc/default/netfilter-persistent; iptables-save >/etc/iptables/rules.v4",
    );
    let (code, told) = Run::begin(&place, "", "--confirm 0 --persist").end();
    assert!(code == Some(3) && told.contains("what is saved is not what runs"), "{told}");
}

fn nftables_conf_keeps_it() {
    let place = Place::new("anf");
    place.write("nftables.conf", &format!("#!/usr/sbin/nft -f\nflush ruleset\n\n{RULES}"));
    place.shell("nft -f /etc/nftables.conf");
    let flows =
        format!("--flow '{}' --flow '{}' --confirm 0 --persist", FLOW.replace(":443", ":80"), FLOW.replace(":443", ":22 state new"));
    let (code, told) = Run::begin(&place, "", &flows).end();
    assert!(code == Some(0) && told.contains("a start with it lets the same pass"), "{told}");
    let rules = place.shell("nft -s list ruleset | sort");
    place.shell("nft -f /etc/nftables.conf");
    assert_eq!(place.shell("nft -s list ruleset | sort"), rules);
    assert!(place.reaches(CLIENT, SERVER) && place.reaches(CLIENT, "203.0.113.10:80") && !place.reaches(CLIENT, "203.0.113.10:3000"));
}

/// Everything of an owner is as before when the program is killed.
fn comes_back(place: &Place, state: &str) {
    // Shorewall names two chains after a sum over what it compiled, and when.
    let state = || place.shell(&format!("{{ {state}; {SAVED}; nft -s list ruleset; }} | grep -v sha-"));
    assert!(!place.reaches(CLIENT, SERVER));
    let before = state();
    let mut run = Run::begin(place, "", "--confirm 60");
    place.until_verified(&mut run);
    assert!(place.reaches(CLIENT, SERVER));
    killpg(run.pid(), Signal::SIGKILL).expect("it is there");
    let (_, told) = run.end();
    until("it is not undone", || place.journal().contains("is undone"));
    assert!(!place.reaches(CLIENT, SERVER), "{told}");
    assert!(place.journal().contains("the host is in the old state"), "{}", place.journal());
    // A daemon that does later what it was told would do it twice.
    thread::sleep(Duration::from_secs(1));
    assert!(state() == before, "{}", state());
}

fn firewalld_has_it_back() {
    comes_back(&super::firewalld("afw"), "firewall-cmd --list-all-zones; firewall-cmd --permanent --list-all-zones");
}

fn shorewall_has_it_back() {
    comes_back(&super::shorewall("asw"), "cat /etc/shorewall/rules");
}

fn fail2ban_has_it_back() {
    comes_back(&super::fail2ban("afb"), "fail2ban-client status web | grep -v 'Total banned'");
}

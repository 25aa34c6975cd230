//! Statements that remember something, or that only time, load or chance decides.

use super::network::version;
use super::random::Random;
use super::scope::Scope;

/// A match that only time, load or chance decides.
pub fn on_load(random: &mut Random, scope: &mut Scope) -> String {
    let limits = ["limit rate 1000000/second burst 100000 packets", "limit rate over 1000000/second burst 100000 packets"];
    let chances = ["numgen inc mod 2 0", "numgen random mod 10 < 5", "symhash mod 2 0", "meta random > 2147483648"];
    if random.percent(90) {
        // Chance of one possibility is none.
        return random.pick(&["numgen inc mod 1 0", "numgen random mod 1 < 1", "symhash mod 1 offset 3 3"]).to_owned();
    }
    match random.below(5) {
        0 | 1 => random.pick(&limits).to_owned(),
        2 => random.pick(&["quota 25 mbytes", "quota over 25 mbytes"]).to_owned(),
        3 => {
            let version = version(random, scope);
            format!("jhash {} saddr mod {} seed 0xdeadbeef 1", version.word(), random.one(&[1, 2, 4]))
        }
        _ => random.pick(&chances).to_owned(),
    }
}

/// A statement that remembers something of the packet, or tells of it.
pub fn remember(random: &mut Random, scope: &mut Scope) -> String {
    if random.percent(30) {
        return random.pick(&["log group 7", "log group 7 prefix \"seen\"", "log group 7 snaplen 40"]).to_owned();
    }
    let learning = scope.named.iter().filter(|set| set.kind.starts_with("learned")).collect::<Vec<_>>();
    if learning.is_empty() {
        return "log group 7".to_owned();
    }
    let set = learning[random.below(learning.len())];
    let verb = random.pick(&["add", "add", "update", "delete"]);
    format!("{verb} @{} {{ {} }}", set.name, key(set.kind))
}

/// A match on a set that rules change.
pub fn on_learned(random: &mut Random, scope: &mut Scope) -> Option<String> {
    let learning = scope.named.iter().filter(|set| set.kind.starts_with("learned")).collect::<Vec<_>>();
    let set = learning.get(random.below(learning.len()))?;
    Some(format!("{} {}@{}", key(set.kind), random.pick(&["", "!= "]), set.name))
}

fn key(kind: &str) -> &'static str {
    match kind {
        "learned ip" => "ip saddr",
        "learned ip6" => "ip6 saddr",
        "learned ip . port" => "ip saddr . tcp dport",
        "learned ip6 . port" => "ip6 saddr . tcp dport",
        _ => "meta mark",
    }
}

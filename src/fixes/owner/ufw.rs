//! ufw: its command puts a rule into the chain `ufw-user-input`, `-output` or `-forward`, at the end or, with `insert N`, before a rule of its
//! own. Its chains `ufw-before-…` come from files.

use super::{Blocked, Lasting, Proposal, files};
use crate::{
    fixes::{action::Action, edit::Edit, matching::Matching, prove::Unproved, terms::Terms},
    model::{ChainId, Hook, IpVersion},
};

/// `ufw allow …`: at the end of ufw's own rules, or before the one of them that stops the packets.
pub fn proposals(blocked: &Blocked<'_>, matching: &Matching) -> Result<Vec<Proposal>, Unproved> {
    let direction = match blocked.hook {
        Hook::Input => "input",
        Hook::Output => "output",
        Hook::Forward => "forward",
        _ => return Err(owned("ufw's commands reach input, output and forward only")),
    };
    let prefix = if blocked.host.version == IpVersion::V4 { "ufw" } else { "ufw6" };
    let (user, rules) = blocked.neighbour(&format!("{prefix}-user-{direction}")).ok_or_else(|| owned("its chains are not complete"))?;
    let here = blocked.chain().map_or("", |chain| chain.name.as_str());
    if here.contains("-before-") || here.ends_with("-not-local") {
        return Err(owned(
            "the rule is of /etc/ufw/before.rules or before6.rules, which no command of ufw changes; edit it, then \"ufw reload\"",
        ));
    }
    let terms = Terms::of(matching, blocked.host).ok_or(Unproved::NoMatch)?;
    let (index, place) = match blocked.rule.filter(|_| blocked.chain == user) {
        None => (rules.rules.len(), Vec::new()),
        Some(rule) => place(blocked, user, rule)?,
    };
    let actions = commands(&terms, direction, &place).ok_or(Unproved::NoMatch)?;
    let edit = Edit::Insert { chain: user, index, matching: matching.clone() };
    Ok(vec![Proposal { owner: "ufw", edit, actions, persist: Vec::new(), lasting: Lasting::Always, remarks: Vec::new() }])
}

fn owned(hint: &str) -> Unproved {
    Unproved::Owned { owner: "ufw", hint: hint.to_owned() }
}

/// The index of the first kernel rule of the ufw rule to which a kernel rule belongs, with the words that put another before it.
/// Without ufw's files, or where they are not what the kernel has, it goes before all.
fn place(blocked: &Blocked<'_>, user: ChainId, rule: usize) -> Result<(usize, Vec<String>), Unproved> {
    let first = || (0, vec!["prepend".to_owned()]);
    let texts = files::UFW.map(|path| files::text(blocked.world, path));
    let [Some(four), Some(six)] = texts else { return Ok(first()) };
    let chain = blocked.host.chains.get(user.0 as usize).ok_or(Unproved::NoMatch)?;
    let (own, before) = if blocked.host.version == IpVersion::V4 { (&four, 0) } else { (&six, tuples(&four).len()) };
    let mut start = 0;
    for (number, (_, counts)) in tuples(own).iter().enumerate() {
        let count = counts.iter().filter(|name| **name == chain.name).count();
        if (start..start + count).contains(&rule) {
            return Ok((start, vec!["insert".to_owned(), (before + number + 1).to_string()]));
        }
        start += count;
    }
    Ok(first())
}

/// The rules of one of ufw's files: its own words, and the chains that its rules of iptables stand in.
fn tuples(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut tuples: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in text.lines() {
        if let Some(words) = line.strip_prefix("### tuple ### ") {
            tuples.push((words, Vec::new()));
        } else if line.starts_with("### END RULES") {
            break;
        } else if let (Some(chain), Some((_, chains))) = (line.strip_prefix("-A "), tuples.last_mut()) {
            chains.extend(chain.split(' ').next());
        }
    }
    tuples
}

/// A command for each pair of networks. One of them must be named, or ufw would make a rule of the other IP version, too.
fn commands(terms: &Terms, direction: &str, place: &[String]) -> Option<Vec<Action>> {
    let pairs = terms.pairs();
    // Several ports of one rule may be 15, of which a range counts two (`-m multiport`).
    let room: usize = terms.ports.iter().map(|(low, high)| if low == high { 1 } else { 2 }).sum();
    let named = pairs.iter().all(|(source, destination)| source.is_some() || destination.is_some());
    if !named || room > 15 || (direction == "output" && terms.incoming.is_some()) || (direction == "input" && terms.outgoing.is_some()) {
        return None;
    }
    let command = |(source, destination): &(Option<&str>, Option<&str>)| {
        let mut words: Vec<String> = vec!["ufw".into()];
        let mut say = |more: &[&str]| words.extend(more.iter().map(|word| (*word).to_owned()));
        if direction == "forward" {
            say(&["route"]);
        }
        say(&place.iter().map(String::as_str).collect::<Vec<_>>());
        say(&["allow"]);
        match direction {
            "output" => say(&["out"]),
            "input" if terms.incoming.is_some() => say(&["in"]),
            _ => {}
        }
        for (name, word) in [(&terms.incoming, "in"), (&terms.outgoing, "out")] {
            if let Some(name) = name {
                let more: &[&str] = if direction == "forward" { &[word, "on", name] } else { &["on", name] };
                say(more);
            }
        }
        say(&["proto", terms.protocol, "from", source.unwrap_or("any"), "to", destination.unwrap_or("any")]);
        say(&["port", &terms.ports(':').join(",")]);
        Action::run(words)
    };
    pairs.iter().map(command).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_numbered_as_ufw_does() {
        let text = "*filter\n:ufw-user-input - [0:0]\n### RULES ###\n\n### tuple ### limit tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n\
            -A ufw-user-input -p tcp --dport 22 -m conntrack --ctstate NEW -m recent --set\n-A ufw-user-input -p tcp --dport 22 -j ufw-user-limit\n\n\
            ### tuple ### deny any 53 0.0.0.0/0 any 0.0.0.0/0 out\n-A ufw-user-output -p tcp --dport 53 -j DROP\n-A ufw-user-output -p udp --dport 53 -j DROP\n\n\
            ### END RULES ###\n### LOGGING ###\n-A ufw-after-logging-input -j LOG\n";
        let tuples = tuples(text);
        assert_eq!(tuples.len(), 2);
        assert_eq!(tuples[0].1, ["ufw-user-input"; 2]);
        assert_eq!(tuples[1].1, ["ufw-user-output"; 2]);
    }
}

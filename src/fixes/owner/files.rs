//! What the owners' files say that a fix needs to know. All of it is asked through the world, so that a snapshot holds it.

use crate::{
    fixes::action::Action,
    world::{Answer, Question, World},
};

/// ufw's own rules, in the order in which `ufw status numbered` counts them.
pub const UFW: [&str; 2] = ["/etc/ufw/user.rules", "/etc/ufw/user6.rules"];

/// What is loaded at boot by the service nftables.
pub const NFTABLES: &str = "/etc/nftables.conf";

/// Saves and restores the rules of iptables.
const NETFILTER_PERSISTENT: &str = "/usr/sbin/netfilter-persistent";

/// A file's text, if it is there and can be read.
pub fn text(world: &dyn World, path: &str) -> Option<String> {
    match world.ask(&Question::File { root: None, path: path.to_owned() }) {
        Answer::Text(text) => Some(text),
        _ => None,
    }
}

/// What saves the rules of iptables for the next boot, if something does.
pub fn save_iptables(world: &dyn World) -> Option<Action> {
    let there = matches!(
        world.ask(&Question::Paths { root: None, pattern: NETFILTER_PERSISTENT.into() }),
        Answer::Paths(paths) if !paths.is_empty()
    );
    there.then(|| Action::run(["netfilter-persistent", "save"])).flatten()
}

/// Asks everything now: later nothing can be opened any more.
pub fn ask(world: &dyn World) {
    for path in UFW.iter().chain([&NFTABLES]) {
        let _ = text(world, path);
    }
    let _ = save_iptables(world);
}

//! The rules that the next boot brings: what restores rules on this host, and what its files say.
//!
//! Files are read in the stead of the running rules, with everything else of the host as it is. What can't be read is not guessed: then the
//! rules after a boot are not known, and the reason is told.

mod assembled;

mod files;

mod ufw;

use crate::{
    model::{ChainId, IpVersion, RuleId},
    site::Site,
    snapshot::{Missing, NftRecord, SavedText, Snapshot},
    world::Question,
};
use assembled::Assembled;
use files::Files;

/// What the next boot brings.
pub enum Boot {
    /// Nobody looked: it is another network namespace than that of the host's boot, or an older snapshot.
    NotKnown,
    /// Nothing that is known restores rules.
    Nothing,
    /// Something restores rules which can't be read here, each as a sentence.
    NotRead(Vec<String>),
    /// These rules.
    Rules(Box<Restored>),
}

/// A host as the next boot leaves it, as far as rules go.
pub struct Restored {
    /// What restores them: `ufw`, `netfilter-persistent`.
    pub saver: &'static str,
    /// The host with them.
    pub site: Site,
    texts: [Assembled; 2],
}

/// What restores rules at boot.
struct Saver {
    name: &'static str,
    unit: &'static str,
    reads: Reads,
}

/// How its files are read.
enum Reads {
    /// Two texts of iptables-save, of both IP versions.
    Dumps([&'static str; 2]),
    Ufw,
    /// They are not.
    Not(&'static str),
}

const SAVERS: [Saver; 6] = [
    Saver { name: "ufw", unit: "ufw", reads: Reads::Ufw },
    Saver {
        name: "netfilter-persistent",
        unit: "netfilter-persistent",
        reads: Reads::Dumps(["/etc/iptables/rules.v4", "/etc/iptables/rules.v6"]),
    },
    Saver { name: "iptables.service", unit: "iptables", reads: Reads::Dumps(["/etc/sysconfig/iptables", "/etc/sysconfig/ip6tables"]) },
    Saver { name: "nftables.service", unit: "nftables", reads: Reads::Not("/etc/nftables.conf") },
    Saver { name: "firewalld", unit: "firewalld", reads: Reads::Not("the permanent configuration of firewalld") },
    Saver { name: "Shorewall", unit: "shorewall", reads: Reads::Not("the configuration of Shorewall") },
];

/// Where the init system keeps what it starts at boot.
fn enabled(unit: &str) -> [String; 2] {
    [format!("/etc/systemd/system/*.wants/{unit}.service"), format!("/etc/rc[S2].d/S??{unit}")]
}

/// All that has to be asked of the host, for [`Snapshot::at_boot`].
#[must_use]
pub fn questions() -> Vec<Question> {
    let mut questions: Vec<Question> = Vec::new();
    for saver in &SAVERS {
        questions.extend(enabled(saver.unit).map(|pattern| Question::Paths { root: None, pattern }));
        if let Reads::Dumps(paths) = saver.reads {
            questions.extend(paths.map(|path| Question::File { root: None, path: path.into() }));
        }
    }
    questions.extend(ufw::FILES.map(|path| Question::File { root: None, path: path.into() }));
    questions.extend(ufw::HOOKS.map(|path| Question::SocketFile { root: None, path: path.into() }));
    questions
}

/// Reads what the next boot brings.
#[must_use]
pub fn read(snapshot: &Snapshot) -> Boot {
    let files = Files(&snapshot.at_boot);
    if snapshot.at_boot.is_empty() {
        return Boot::NotKnown;
    }
    let mut savers = Vec::new();
    for saver in &SAVERS {
        let mut found = enabled(saver.unit).into_iter().map(|pattern| files.is_there(&pattern));
        let is_enabled = found.try_fold(false, |any, there| there.map(|there| any || there));
        match is_enabled.and_then(|enabled| Ok(enabled && (!matches!(saver.reads, Reads::Ufw) || ufw::is_enabled(&files)?))) {
            Ok(true) => savers.push(saver),
            Ok(false) => {}
            Err(why) => return Boot::NotRead(vec![format!("whether {} restores rules at boot is not known: {why}", saver.name)]),
        }
    }
    let [saver] = savers.as_slice() else {
        let names: Vec<&str> = savers.iter().map(|saver| saver.name).collect();
        return match names.as_slice() {
            [] => Boot::Nothing,
            several => Boot::NotRead(vec![format!(
                "several programs restore rules at boot, and which comes last is not known: {}",
                several.join(", ")
            )]),
        };
    };
    let texts = match &saver.reads {
        Reads::Not(what) => Err(format!("{what} is not read: the rules that {} loads at the next boot are not known", saver.name)),
        Reads::Ufw => ufw::texts(&files),
        Reads::Dumps(paths) => dumps(&files, paths),
    };
    match texts {
        Ok(texts) => Boot::Rules(Box::new(Restored { saver: saver.name, site: Site::new(with(snapshot, saver.name, &texts)), texts })),
        Err(why) => Boot::NotRead(vec![why]),
    }
}

/// The host with the rules of the next boot. Where they can't be read it says so, and nothing can be said to pass.
#[must_use]
pub fn site(snapshot: &Snapshot) -> Site {
    let missing = |what: &str, why: String, decisive: bool| Missing { what: what.to_owned(), why, decisive };
    let without_rules = |told: Vec<Missing>| {
        let mut site = with(snapshot, "nothing", &[Assembled::default(), Assembled::default()]);
        site.missing.extend(told);
        Site::new(site)
    };
    let rules = "rules of the next boot";
    match read(snapshot) {
        Boot::Rules(restored) => restored.site,
        Boot::Nothing => without_rules(vec![missing(rules, "nothing that is known here restores any".into(), false)]),
        Boot::NotRead(why) => without_rules(why.into_iter().map(|why| missing(rules, why, true)).collect()),
        Boot::NotKnown => without_rules(vec![missing(rules, "this is not the network namespace of the host's boot".into(), true)]),
    }
}

fn dumps(files: &Files<'_>, paths: &[&'static str; 2]) -> Result<[Assembled; 2], String> {
    let mut texts = [Assembled::default(), Assembled::default()];
    for (assembled, path) in texts.iter_mut().zip(paths) {
        // Without a file of its own nothing is loaded for that IP version.
        if let Some(text) = files.text(path)? {
            assembled.add(path, &text);
        }
    }
    Ok(texts)
}

/// The host with these rules and no others.
fn with(snapshot: &Snapshot, saver: &str, texts: &[Assembled; 2]) -> Snapshot {
    let saved = |assembled: &Assembled| SavedText { name: format!("what {saver} restores"), text: assembled.text() };
    let [four, six] = texts;
    Snapshot {
        nft: NftRecord { generation: snapshot.nft.generation, ..NftRecord::default() },
        legacy: Vec::new(),
        nft_json: Vec::new(),
        iptables_save: vec![saved(four)],
        ip6tables_save: vec![saved(six)],
        at_boot: Vec::new(),
        ..snapshot.clone()
    }
}

impl Restored {
    /// File and line of a rule, if they can be told.
    #[must_use]
    pub fn place(&self, version: IpVersion, rule: RuleId) -> Option<String> {
        let chain = self.site.chain(version, rule.chain)?;
        self.text(version).rule(&chain.table, &chain.name, rule.index as usize, chain.rules.len())
    }

    /// File and line of a policy.
    #[must_use]
    pub fn policy(&self, version: IpVersion, chain: ChainId) -> Option<String> {
        let chain = self.site.chain(version, chain)?;
        self.text(version).policy(&chain.table, &chain.name)
    }

    fn text(&self, version: IpVersion) -> &Assembled {
        let [four, six] = &self.texts;
        if version == IpVersion::V4 { four } else { six }
    }
}

#[cfg(test)]
mod tests;

//! A host whose rules are texts that somebody saved, with no kernel at hand.

use std::{
    collections::BTreeSet,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use super::Error;
use crate::{
    model::{IpVersion, chain::Backend},
    ruleset::{
        nft::{Family, import},
        xtables::save,
    },
    snapshot::{Missing, NftRecord, SavedText, Snapshot, VERSION, described::Description},
};

/// Options that name the texts.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct OfflineArgs {
    /// Audit the rules of a saved `iptables-save` (or several in one file); - reads standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["netns", "snapshot"])]
    pub iptables_save: Option<PathBuf>,
    /// Audit the rules of a saved `ip6tables-save`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["netns", "snapshot"])]
    pub ip6tables_save: Option<PathBuf>,
    /// Audit the rules of a saved `nft -j list ruleset`; may stand beside those of iptables
    #[arg(long, value_name = "FILE", conflicts_with_all = ["netns", "snapshot"])]
    pub nft_json: Option<PathBuf>,
    /// The sets of a saved `ipset save`, for rules that match them
    #[arg(long, value_name = "FILE", conflicts_with_all = ["netns", "snapshot"])]
    pub ipset_save: Option<PathBuf>,
    /// The host around saved rules: its interfaces, addresses, routes and listeners as TOML, or a snapshot of it, whose rules do not count
    ///
    /// Without it a host is assumed, and the report says so.
    #[arg(long, value_name = "FILE")]
    pub host: Option<PathBuf>,
}

/// What a gzip file begins with: a snapshot.
const GZIP: [u8; 2] = [0x1f, 0x8b];

impl OfflineArgs {
    /// Whether a text is named.
    #[must_use]
    pub fn is_given(&self) -> bool {
        [&self.iptables_save, &self.ip6tables_save, &self.nft_json, &self.ipset_save].iter().any(|file| file.is_some())
    }

    /// The host that they make; None if none is given.
    pub fn snapshot(&self) -> Result<Option<Snapshot>, Error> {
        if !self.is_given() {
            return match &self.host {
                None => Ok(None),
                Some(_) => {
                    Err(Error::Usage("--host tells of the host around saved rules: name them with --iptables-save or --nft-json".into()))
                }
            };
        }
        let saved = |file: &Option<PathBuf>| file.iter().map(|path| text(path)).collect::<Result<Vec<_>, _>>();
        let (four, six, sets) = (saved(&self.iptables_save)?, saved(&self.ip6tables_save)?, saved(&self.ipset_save)?);
        let listings = saved(&self.nft_json)?;
        let mut snapshot = match &self.host {
            Some(path) => host(path)?,
            None => assumed(&four, &six, &listings),
        };
        // Whichever back end the text is of, there the program works on it.
        let has_iptables = !four.is_empty() || !six.is_empty();
        snapshot.iptables = Some(if has_iptables { Backend::Xtables } else { Backend::NfTables });
        snapshot.iptables_save = four;
        snapshot.ip6tables_save = six;
        snapshot.nft_json = listings;
        snapshot.ipset.saved = sets;
        Ok(Some(snapshot))
    }
}

/// A file's text; what is no UTF-8 in it is kept as replacement characters.
fn text(path: &Path) -> Result<SavedText, Error> {
    Ok(SavedText { name: path.display().to_string(), text: String::from_utf8_lossy(&bytes(path)?).into_owned() })
}

fn bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let read = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    read.map_err(|error| Error::Read { path: path.into(), error })
}

/// The host of `--host`, without rules.
fn host(path: &Path) -> Result<Snapshot, Error> {
    let bytes = bytes(path)?;
    if bytes.starts_with(&GZIP) {
        let snapshot = Snapshot::read(path)?;
        let missing = snapshot.missing.into_iter().filter(|missing| !missing.what.contains("rules") && !missing.what.contains("ipset"));
        return Ok(Snapshot {
            missing: missing.collect(),
            nft: NftRecord::default(),
            legacy: Vec::new(),
            ipset: crate::snapshot::IpsetRecord::default(),
            ..snapshot
        });
    }
    let text = String::from_utf8_lossy(&bytes);
    let description: Description = toml::from_str(&text).map_err(|error| Error::Usage(format!("{}: {error}", path.display())))?;
    Ok(described(description))
}

/// A host of which only the rules are known.
fn assumed(four: &[SavedText], six: &[SavedText], listings: &[SavedText]) -> Snapshot {
    let mut names = BTreeSet::new();
    let (mut of_four, mut of_six) = (!four.is_empty(), !six.is_empty());
    for (texts, version) in [(four, IpVersion::V4), (six, IpVersion::V6)] {
        for table in texts.iter().flat_map(|saved| save::parse(&saved.text, version).ruleset.tables) {
            of_four |= table.version == IpVersion::V4;
            of_six |= table.version == IpVersion::V6;
            let rules = table.chains.iter().flat_map(|chain| &chain.rules);
            let interfaces = rules.flat_map(|rule| [&rule.header.incoming, &rule.header.outgoing]).flatten();
            names.extend(interfaces.map(|interface| interface.text()).filter(|name| !name.ends_with('+')));
        }
    }
    for listing in listings {
        names.extend(import::interfaces(&listing.text));
        for family in import::families(&listing.text) {
            of_four |= family != Family::Ip6;
            of_six |= family != Family::Ip;
        }
    }
    let description = Description::assumed(&names, of_four, of_six);
    let why = format!("the text has none, so they are assumed ({description}); --host FILE tells them");
    let missing = Missing { what: "addresses, routes and listeners".into(), why, decisive: false };
    Snapshot { missing: vec![missing], ..described(description) }
}

fn described(description: Description) -> Snapshot {
    let kernel = if description.kernel.is_empty() { "unknown".to_owned() } else { description.kernel.clone() };
    let host = if description.name.is_empty() { "saved rules".to_owned() } else { description.name.clone() };
    Snapshot {
        version: VERSION,
        clearway: env!("CARGO_PKG_VERSION").to_owned(),
        taken: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        kernel,
        host,
        sysctls: description.sysctls(),
        described: Some(description),
        ..Snapshot::default()
    }
}

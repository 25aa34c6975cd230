//! What systemd's unit files say of addresses: those of services that own sockets, and of the slices that these are in.
//!
//! The files are read as systemd.unit(5) orders them. That the running service was started with what they say now is not known.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use super::owners::entries;
use crate::snapshot::obstacles::UnitSetting;

/// Folders of units, those first that win (`lookup_paths_init`).
const FOLDERS: [&str; 9] = [
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/etc/systemd/system",
    "/run/systemd/system",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

const KEYS: [&str; 2] = ["IPAddressAllow", "IPAddressDeny"];

/// The settings of the units on these cgroup paths, each unit's in the order in which they count.
#[must_use]
pub fn of<'a>(cgroups: impl Iterator<Item = &'a str>) -> Vec<UnitSetting> {
    let units: BTreeSet<&str> = cgroups.flat_map(crate::obstacles::units::on).collect();
    units.into_iter().flat_map(|unit| settings(unit, &FOLDERS.map(PathBuf::from))).collect()
}

fn settings(unit: &str, folders: &[PathBuf]) -> Vec<UnitSetting> {
    let mut files: Vec<PathBuf> = files_of(unit)
        .iter()
        .find_map(|name| folders.iter().map(|folder| folder.join(name)).find(|path| path.exists()))
        .into_iter()
        .collect();
    // Of drop-ins of one name only the first counts; they are read by name.
    let mut drop_ins: BTreeMap<String, PathBuf> = BTreeMap::new();
    for named in drop_in_folders(unit) {
        for folder in folders.iter().map(|folder| folder.join(&named)) {
            for name in entries(&folder).filter(|name| name.ends_with(".conf")) {
                drop_ins.entry(name.clone()).or_insert_with(|| folder.join(name));
            }
        }
    }
    files.extend(drop_ins.into_values());
    files.iter().flat_map(|file| lines(unit, file)).collect()
}

/// Its own file, and that of its template.
fn files_of(unit: &str) -> Vec<String> {
    std::iter::once(unit.to_owned()).chain(template(unit)).collect()
}

/// `a@b.service` is made from `a@.service`.
fn template(unit: &str) -> Option<String> {
    let (name, kind) = unit.rsplit_once('.')?;
    let (name, _) = name.split_once('@')?;
    Some(format!("{name}@.{kind}"))
}

/// `a-b.service.d`, `a-.service.d`, `service.d`.
fn drop_in_folders(unit: &str) -> Vec<String> {
    let mut folders: Vec<String> = files_of(unit).into_iter().map(|file| format!("{file}.d")).collect();
    if let Some((name, kind)) = unit.rsplit_once('.') {
        let dashes: Vec<usize> = name.match_indices('-').map(|(at, _)| at).filter(|at| at + 1 < name.len()).collect();
        folders.extend(dashes.into_iter().rev().filter_map(|at| Some(format!("{}.{kind}.d", name.get(..=at)?))));
        folders.push(format!("{kind}.d"));
    }
    folders
}

fn lines(unit: &str, file: &Path) -> Vec<UnitSetting> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let setting = |(number, line): (u32, &str)| {
        let (key, value) = line.split_once('=')?;
        let key = key.trim();
        KEYS.contains(&key).then(|| UnitSetting {
            unit: unit.to_owned(),
            file: file.to_string_lossy().into_owned(),
            line: number,
            key: key.to_owned(),
            value: value.trim().to_owned(),
        })
    };
    (1..).zip(text.lines()).filter_map(setting).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_in_the_order_in_which_they_count() {
        let folder = tempfile::tempdir().expect("a folder");
        let [etc, lib] = ["etc", "lib"].map(|name| folder.path().join(name));
        let write = |path: PathBuf, text: &str| {
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        };
        write(lib.join("web-a@.service"), "[Service]\nExecStart=/bin/true\nIPAddressDeny=any\n");
        write(lib.join("web-a@1.service.d/20.conf"), "[Service]\nIPAddressAllow = 192.0.2.0/24 \n");
        write(etc.join("web-a@1.service.d/20.conf"), "[Service]\nIPAddressAllow=\n");
        write(etc.join("service.d/10.conf"), "[Service]\nIPAddressAllow=localhost\n");
        write(etc.join("web-.service.d/30.conf"), "# IPAddressDeny=1.2.3.4\n");
        let found = settings("web-a@1.service", &[etc, lib]);
        let told: Vec<_> = found.iter().map(|each| (each.key.as_str(), each.value.as_str(), each.line)).collect();
        assert_eq!(told, [("IPAddressDeny", "any", 3), ("IPAddressAllow", "localhost", 2), ("IPAddressAllow", "", 2)]);
    }
}

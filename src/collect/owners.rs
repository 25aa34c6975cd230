//! Which processes own the sockets, found in /proc.

use std::{fs, io, os::unix::fs::MetadataExt as _, path::Path};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::snapshot::{Missing, Owner};

/// Finds an owner for each of the inodes. Where several processes share a socket, the one with the lowest id, which started it.
#[must_use]
pub fn find(mut wanted: FxHashSet<u32>) -> (Vec<Owner>, Option<Missing>) {
    // Sockets of the kernel itself (NFS, VXLAN) have no inode.
    wanted.remove(&0);
    if wanted.is_empty() {
        return (Vec::new(), None);
    }
    let mut finder = Finder { wanted, owners: Vec::new(), users: None, forbidden: false };
    let mut processes: Vec<u32> = entries("/proc").filter_map(|name| name.parse().ok()).collect();
    processes.sort_unstable();
    // Nearly always a socket belongs to a process of its own network namespace; so ask the others only for what is left then.
    let here = namespace("thread-self");
    let (near, far): (Vec<u32>, Vec<u32>) = processes.into_iter().partition(|pid| here.is_some() && namespace(&pid.to_string()) == here);
    for pid in near.into_iter().chain(far) {
        if finder.wanted.is_empty() {
            break;
        }
        finder.search(pid);
    }
    let missing = finder.forbidden && !finder.wanted.is_empty();
    let missing = missing.then(|| missing_of(finder.wanted.len(), "it takes the capability CAP_SYS_PTRACE (run as root)"));
    (finder.owners, missing)
}

/// The sockets among the open files of a process: one item a file, none for one that is no socket. Empty where they can't be read.
pub fn sockets(pid: u32) -> impl Iterator<Item = Option<u32>> {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().filter_map(Result::ok);
    files.map(|entry| fs::read_link(entry.path()).ok().and_then(|target| socket(target.to_str()?)))
}

/// Owners that are not known, and why.
pub fn missing_of(sockets: usize, why: &str) -> Missing {
    Missing { what: format!("owners of {sockets} sockets"), why: why.to_owned(), decisive: false }
}

struct Finder {
    wanted: FxHashSet<u32>,
    owners: Vec<Owner>,
    /// Names of users, read when first needed.
    users: Option<FxHashMap<u32, String>>,
    forbidden: bool,
}

impl Finder {
    fn search(&mut self, pid: u32) {
        let folder = format!("/proc/{pid}/fd");
        let listing = match fs::read_dir(&folder) {
            Ok(listing) => listing,
            Err(error) => {
                self.forbidden |= error.kind() == io::ErrorKind::PermissionDenied;
                return;
            }
        };
        let mut found = Vec::new();
        for entry in listing.filter_map(Result::ok) {
            let inode = fs::read_link(entry.path()).ok().and_then(|target| socket(target.to_str()?));
            found.extend(inode.filter(|inode| self.wanted.remove(inode)));
        }
        if !found.is_empty() {
            let owner = self.describe(pid);
            self.owners.extend(found.into_iter().map(|inode| Owner { inode, ..owner.clone() }));
        }
    }

    fn describe(&mut self, pid: u32) -> Owner {
        // A name need not be UTF-8.
        let bytes = |file: &str| fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        let read = |file: &str| String::from_utf8_lossy(&bytes(file)).into_owned();
        let uid = fs::metadata(format!("/proc/{pid}/task")).map_or(0, |data| data.uid());
        let uid = effective_uid(&read("status")).unwrap_or(uid);
        let groups = read("cgroup");
        Owner {
            inode: 0,
            pid,
            command: read("comm").trim_end_matches('\n').to_owned(),
            executable: fs::read_link(format!("/proc/{pid}/exe")).ok().map(|path| path.to_string_lossy().into_owned()),
            uid,
            user: self.user(uid),
            unit: unit(&groups),
            container: container(&groups),
            cgroup: Some(path(&groups).to_owned()).filter(|path| !path.is_empty()),
            label: label(pid),
        }
    }

    fn user(&mut self, uid: u32) -> Option<String> {
        let local = self.users.get_or_insert_with(|| users(&fs::read_to_string("/etc/passwd").unwrap_or_default()));
        // A directory service is asked only for users that are not local, as it may take its time.
        local.get(&uid).cloned().or_else(|| nix::unistd::User::from_uid(uid.into()).ok().flatten().map(|user| user.name))
    }
}

/// What a security module confines it by; none where there is none (`proc_pid_attr_read`).
fn label(pid: u32) -> Option<String> {
    let read = |file: &str| fs::read(format!("/proc/{pid}/attr/{file}")).ok();
    let bytes = read("current").filter(|bytes| !bytes.is_empty()).or_else(|| read("apparmor/current"))?;
    let text = String::from_utf8_lossy(&bytes).trim_end_matches(['\0', '\n']).to_owned();
    Some(text).filter(|text| !text.is_empty())
}

/// Names in a folder.
pub(super) fn entries(folder: impl AsRef<Path>) -> impl Iterator<Item = String> {
    fs::read_dir(folder).into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().into_string().ok())
}

/// `net:[4026531840]`.
pub(super) fn namespace(process: &str) -> Option<std::path::PathBuf> {
    fs::read_link(format!("/proc/{process}/ns/net")).ok()
}

/// The inode in `socket:[12345]`.
fn socket(target: &str) -> Option<u32> {
    target.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

/// The second of the four ids in `Uid:` of /proc/PID/status.
pub(super) fn effective_uid(status: &str) -> Option<u32> {
    status.lines().find_map(|line| line.strip_prefix("Uid:"))?.split_whitespace().nth(1)?.parse().ok()
}

fn users(passwd: &str) -> FxHashMap<u32, String> {
    passwd
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(':');
            let (name, uid) = (fields.next()?, fields.nth(1)?);
            Some((uid.parse().ok()?, name.to_owned()))
        })
        .collect()
}

/// The innermost systemd unit of a cgroup path: a service if there is one, else a scope.
fn unit(groups: &str) -> Option<String> {
    let parts = || path(groups).rsplit('/').filter(|part| !part.is_empty());
    parts().find(|part| part.ends_with(".service")).or_else(|| parts().find(|part| part.ends_with(".scope"))).map(str::to_owned)
}

/// The container's id: 64 hexadecimal digits, possibly between `docker-`, `cri-containerd-`, `libpod-`… and `.scope`; or an LXC name.
fn container(groups: &str) -> Option<String> {
    path(groups).rsplit('/').find_map(|part| {
        if let Some(name) = part.strip_prefix("lxc.payload.").or_else(|| part.strip_prefix("lxc.payload/")) {
            return Some(name.to_owned());
        }
        let bare = part.strip_suffix(".scope").unwrap_or(part);
        let id = bare.rsplit(['-', ':']).next().unwrap_or(bare);
        (id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| id.to_owned())
    })
}

/// The path in the unified hierarchy (`0::/…`), or, in the old one, that of systemd.
fn path(groups: &str) -> &str {
    let mut lines = groups.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
    let unified = lines.clone().find(|(controllers, path)| controllers.is_empty() && *path != "/");
    unified.or_else(|| lines.find(|(controllers, _)| *controllers == "name=systemd")).map_or("", |(_, path)| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_and_containers_from_cgroups() {
        let id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        assert_eq!(unit("0::/system.slice/nginx.service\n"), Some("nginx.service".into()));
        assert_eq!(container("0::/system.slice/nginx.service\n"), None);
        assert_eq!(container(&format!("0::/system.slice/docker-{id}.scope\n")), Some(id.into()));
        assert_eq!(container(&format!("12:pids:/docker/{id}\n1:name=systemd:/docker/{id}\n0::/\n")), Some(id.into()));
        assert_eq!(container(&format!("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{id}.scope/inner\n")), Some(id.into()));
        assert_eq!(container("0::/lxc.payload.web/system.slice/nginx.service"), Some("web".into()));
        assert_eq!(unit("0::/user.slice/user-0.slice/session-3.scope\n"), Some("session-3.scope".into()));
        assert_eq!(unit(""), None);
    }

    #[test]
    fn ids_from_proc() {
        assert_eq!(socket("socket:[12345]"), Some(12345));
        assert_eq!(socket("pipe:[12345]"), None);
        assert_eq!(effective_uid("Name:\tnginx\nUid:\t1\t33\t1\t1\n"), Some(33));
        assert_eq!(users("root:x:0:0:r:/root:/bin/sh\nbroken\n").get(&0).map(String::as_str), Some("root"));
    }
}

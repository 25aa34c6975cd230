//! Legacy iptables: its tables are read by getsockopt, not netlink (`do_ipt_get_ctl`, ip_tables.c; `do_ip6t_get_ctl`, ip6_tables.c).
//!
//! Asking for a table that is absent would create it, with its hooks: only those are asked for that /proc lists.

#![expect(unsafe_code, reason = "no safe call passes a buffer both ways through getsockopt")]

use std::{
    fs, io,
    os::fd::{AsRawFd as _, BorrowedFd, OwnedFd},
};

use nix::{
    errno::Errno,
    sys::socket::{AddressFamily, SockFlag, SockType, socket},
};

use crate::snapshot::{LegacyTable, Messages, Missing};

/// What is missing where a table can't be read.
pub const WHAT: &str = "legacy iptables rules";

/// `IPT_SO_GET_INFO` and `IP6T_SO_GET_INFO`.
const GET_INFO: i32 = 64;
/// `IPT_SO_GET_ENTRIES` and `IP6T_SO_GET_ENTRIES`.
const GET_ENTRIES: i32 = 65;

/// Room for a table's name (`XT_TABLE_MAXNAMELEN`).
const NAME: usize = 32;
/// Bytes of `struct ipt_getinfo`: name, hooks, 5 first rules, 5 policies, number of entries, their bytes.
const INFO: usize = NAME + 4 + 20 + 20 + 4 + 4;
/// Bytes before the entries in `struct ipt_get_entries`: name, size, padding.
const BEFORE_ENTRIES: usize = NAME + 8;

/// A table may change between the two questions about it; so often it is asked anew.
const ATTEMPTS: usize = 10;

/// Where the tables of one IP version are.
struct Place {
    ipv6: bool,
    /// Lists the tables that exist.
    names: &'static str,
    family: AddressFamily,
    /// `SOL_IP` or `SOL_IPV6`.
    level: i32,
}

const PLACES: [Place; 2] = [
    Place { ipv6: false, names: "ip_tables_names", family: AddressFamily::Inet, level: 0 },
    Place { ipv6: true, names: "ip6_tables_names", family: AddressFamily::Inet6, level: 41 },
];

/// Every table that exists, and what could not be read.
#[must_use]
pub fn read() -> (Vec<LegacyTable>, Vec<Missing>) {
    read_named(Place::names)
}

/// The same tables anew.
#[must_use]
pub fn again(before: &[LegacyTable]) -> (Vec<LegacyTable>, Vec<Missing>) {
    read_named(|place| Ok(before.iter().filter(|table| table.ipv6 == place.ipv6).map(|table| table.name.clone()).collect()))
}

/// The tables of these names.
fn read_named(names: impl Fn(&Place) -> Result<Vec<String>, String>) -> (Vec<LegacyTable>, Vec<Missing>) {
    let (mut tables, mut missing) = (Vec::new(), Vec::new());
    for place in &PLACES {
        if let Err(why) = names(place).and_then(|names| place.read(&names, &mut tables)) {
            missing.push(Missing { what: WHAT.to_owned(), why, decisive: true });
        }
    }
    missing.dedup();
    (tables, missing)
}

impl Place {
    /// Errors say why, for the operator.
    fn read(&self, names: &[String], tables: &mut Vec<LegacyTable>) -> Result<(), String> {
        if names.is_empty() {
            return Ok(());
        }
        let fd = socket(self.family, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None).map_err(|errno| errno.desc().to_owned())?;
        for name in names {
            tables.push(self.table(&fd, name).map_err(|errno| match errno {
                Errno::EPERM | Errno::EACCES => "it takes the capability CAP_NET_ADMIN (run as root)".to_owned(),
                Errno::EAGAIN => format!("table {name} changed each time that it was read"),
                _ => format!("table {name}: {}", errno.desc()),
            })?);
        }
        Ok(())
    }

    fn names(&self) -> Result<Vec<String>, String> {
        // Not /proc/net: that is the network namespace of the process, not of this thread.
        match fs::read_to_string(format!("/proc/thread-self/net/{}", self.names)) {
            Ok(names) => Ok(names.lines().map(str::to_owned).collect()),
            // Legacy iptables is not loaded: no tables.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Err("it takes the capability CAP_DAC_READ_SEARCH (run as root)".to_owned())
            }
            Err(error) => Err(format!("/proc/net/{}: {error}", self.names)),
        }
    }

    fn table(&self, fd: &OwnedFd, name: &str) -> Result<LegacyTable, Errno> {
        use std::os::fd::AsFd as _;
        let mut result = Err(Errno::EAGAIN);
        for _ in 0..ATTEMPTS {
            let mut info = asked(name, INFO)?;
            getsockopt(fd.as_fd(), self.level, GET_INFO, &mut info)?;
            let word = |at: usize| info.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_ne_bytes);
            let size = word(INFO - 4);
            let mut entries = asked(name, BEFORE_ENTRIES + size as usize)?;
            entries[NAME..NAME + 4].copy_from_slice(&size.to_ne_bytes());
            result = getsockopt(fd.as_fd(), self.level, GET_ENTRIES, &mut entries).map(|()| LegacyTable {
                ipv6: self.ipv6,
                name: name.to_owned(),
                hooks: word(NAME),
                first: std::array::from_fn(|hook| word(NAME + 4 + 4 * hook)),
                policy: std::array::from_fn(|hook| word(NAME + 24 + 4 * hook)),
                entries: Messages(entries.split_off(BEFORE_ENTRIES)),
            });
            if !matches!(result, Err(Errno::EAGAIN)) {
                break;
            }
        }
        result
    }
}

/// A buffer that begins with a table's name.
fn asked(name: &str, length: usize) -> Result<Vec<u8>, Errno> {
    let mut buffer = vec![0; length];
    let place = buffer.get_mut(..name.len()).filter(|_| name.len() < NAME).ok_or(Errno::ENAMETOOLONG)?;
    place.copy_from_slice(name.as_bytes());
    Ok(buffer)
}

/// Asks through a buffer, which the answer overwrites.
fn getsockopt(fd: BorrowedFd<'_>, level: i32, option: i32, buffer: &mut [u8]) -> Result<(), Errno> {
    let mut length = libc::socklen_t::try_from(buffer.len()).map_err(|_| Errno::EOVERFLOW)?;
    // SAFETY: the kernel writes at most `length` bytes, which is the buffer's length, and the descriptor is open.
    let result = unsafe { libc::getsockopt(fd.as_raw_fd(), level, option, buffer.as_mut_ptr().cast(), &raw mut length) };
    Errno::result(result)?;
    if length as usize == buffer.len() { Ok(()) } else { Err(Errno::EAGAIN) }
}

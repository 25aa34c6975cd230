//! Whether the host under test took a packet in: the kernel's own counters of packets that passed the input hook.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read as _, Seek as _};

/// `IpExtInDelivers` and its kin of both IP versions, kept open.
pub struct Delivery(RefCell<[File; 2]>);

impl Delivery {
    /// Opens the counters of the thread's namespace.
    pub fn open() -> io::Result<Self> {
        Ok(Self(RefCell::new([File::open("/proc/thread-self/net/snmp")?, File::open("/proc/thread-self/net/snmp6")?])))
    }

    /// Packets delivered to a protocol, or for which there was none (`ip_protocol_deliver_rcu`, `ip6_protocol_deliver_rcu`).
    pub fn count(&self) -> io::Result<u64> {
        let mut text = [String::new(), String::new()];
        for (file, text) in self.0.borrow_mut().iter_mut().zip(&mut text) {
            file.rewind()?;
            file.read_to_string(text)?;
        }
        let mut lines = text[0].lines();
        let names = lines.next().unwrap_or_default().split_whitespace();
        let values = lines.next().unwrap_or_default().split_whitespace();
        let four = names.zip(values);
        let six = text[1].lines().filter_map(|line| line.split_once(char::is_whitespace));
        four.chain(six)
            .filter(|(name, _)| matches!(*name, "InDelivers" | "InUnknownProtos" | "Ip6InDelivers" | "Ip6InUnknownProtos"))
            .map(|(_, value)| value.trim().parse::<u64>().map_err(io::Error::other))
            .sum()
    }
}

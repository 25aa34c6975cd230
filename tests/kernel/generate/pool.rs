//! The addresses and ports that packets and rules draw from, so that they meet.

/// An IP version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    V4,
    V6,
}

impl Version {
    /// nft's word for its header.
    pub fn word(self) -> &'static str {
        match self {
            Self::V4 => "ip",
            Self::V6 => "ip6",
        }
    }

    /// Of a remote host, reached by eth0 or eth1.
    pub fn remote(self, interface: &str) -> &'static [&'static str] {
        match (self, interface) {
            (Self::V4, "eth0") => {
                &["10.1.0.7", "10.1.0.8", "10.1.0.64", "203.0.113.5", "203.0.113.77", "172.16.5.4", "8.8.8.8", "10.9.1.7"]
            }
            (Self::V4, _) => &["10.2.0.7", "10.2.0.9", "10.2.0.200", "10.3.1.2", "10.3.200.1", "198.51.100.5", "198.51.100.130"],
            (Self::V6, "eth0") => &["fd00:1::7", "fd00:1::8", "fd00:1::64:1", "2001:db8:9::5", "2001:db8:9:1::77", "2a00:1450::8888"],
            (Self::V6, _) => &["fd00:2::7", "fd00:2::9", "fd00:2::c8", "fd00:3::1:2", "fd00:3:1::1", "2001:db8:3::5", "2001:db8:3:8000::1"],
        }
    }

    /// Of the host itself, other than loopback.
    pub fn own(self) -> &'static [&'static str] {
        match self {
            Self::V4 => &["10.1.0.1", "192.0.2.1", "10.2.0.1"],
            Self::V6 => &["fd00:1::1", "2001:db8::1", "fd00:2::1"],
        }
    }

    /// Loopback.
    pub fn loopback(self) -> &'static [&'static str] {
        match self {
            Self::V4 => &["127.0.0.1", "127.0.0.53"],
            Self::V6 => &["::1"],
        }
    }

    /// Prefixes that rules name.
    pub fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::V4 => &[
                "10.1.0.0/24",
                "10.1.0.0/26",
                "10.2.0.0/24",
                "10.3.0.0/16",
                "203.0.113.0/24",
                "203.0.113.64/26",
                "198.51.100.0/25",
                "127.0.0.0/8",
                "10.0.0.0/8",
                "172.16.0.0/12",
                "0.0.0.0/1",
                "192.0.2.1/32",
                "10.2.0.8/29",
            ],
            Self::V6 => &[
                "fd00:1::/64",
                "fd00:2::/64",
                "fd00:3::/32",
                "fd00::/8",
                "2001:db8::/32",
                "2001:db8:3::/48",
                "2001:db8:9::/48",
                "::1/128",
                "2000::/3",
                "fd00:2::8/125",
            ],
        }
    }

    /// Ranges that rules name: disjoint, ordered.
    pub fn ranges(self) -> &'static [&'static str] {
        match self {
            Self::V4 => &[
                "8.8.8.0-10.0.255.255",
                "10.1.0.1-10.1.0.7",
                "10.1.0.60-10.1.0.70",
                "10.2.0.1-10.2.0.8",
                "10.3.0.9-10.9.1.6",
                "127.0.0.1-127.0.0.9",
                "198.51.100.6-203.0.113.5",
            ],
            Self::V6 => &[
                "::1-::ff",
                "2001:db8::1-2001:db8:3::5",
                "2001:db8:9::6-2a00:1450::8888",
                "fd00:1::2-fd00:1::7",
                "fd00:1::8-fd00:2::8",
                "fd00:3::-fd00:3::ffff:ffff",
            ],
        }
    }

    /// Masks with values that some addresses have.
    pub fn masked(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::V4 => &[
                ("0.0.0.255", "0.0.0.7"),
                ("0.0.0.1", "0.0.0.1"),
                ("255.0.255.0", "10.0.0.0"),
                ("0.0.0.3", "0.0.0.1"),
                ("255.255.0.255", "10.1.0.7"),
                ("0.255.0.0", "0.51.0.0"),
                ("128.0.0.1", "128.0.0.1"),
            ],
            Self::V6 => &[
                ("::ff", "::7"),
                ("::1", "::1"),
                ("ffff:0:ffff::", "fd00:0:0::"),
                ("ffff:ffff::ffff", "fd00:2::7"),
                ("0:ffff::", "0:db8::"),
                ("8000::1", "8000::1"),
            ],
        }
    }
}

/// Ports.
pub const PORTS: &[u16] = &[22, 53, 80, 443, 1023, 1024, 5432, 8080, 8443, 32768, 40000, 50001, 65535];

/// Ranges of ports: disjoint, ordered.
pub const PORT_RANGES: &[&str] = &["0-21", "22-52", "54-80", "400-1023", "1025-8079", "8080-8443", "30000-40000", "40001-65534"];

/// Marks.
pub const MARKS: &[u32] = &[0, 1, 2, 7, 0x100, 0x1ff, 0xff00, 0x1_0007, 0xdead_beef];

/// DSCP values with names that nft knows.
pub const DSCP: &[u8] = &[0, 8, 10, 16, 26, 34, 46, 48];

/// TTL values.
pub const TTL: &[u8] = &[2, 10, 63, 64, 65, 128, 255];

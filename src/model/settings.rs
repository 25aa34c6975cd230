//! The sysctls that decide what becomes of a packet, as they take effect: `all` and the interface's own value are already joined.

/// Settings of one host for one IP version.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// IPv6: `all/forwarding`. IPv4 asks the incoming interface only.
    pub forwarding: bool,
    /// `nf_conntrack_tcp_loose`: a connection may begin in the middle.
    pub tcp_loose: bool,
    /// `fib` takes what came in by lo for fine in input, too, not only in prerouting. Measured on Linux 6.18, absent from
    /// the source of 6.1; that 6.15 was the first is not verified.
    pub fib_trusts_loopback_in_input: bool,
    /// TCP finds out by itself what size of packets a path takes (`tcp_mtu_probing`), or lets routers cut them (`ip_no_pmtu_disc`).
    pub finds_path_mtu_itself: bool,
    /// Echo requests are not answered.
    pub ignore_echo: bool,
    /// By the index of the interface.
    pub interfaces: Vec<InterfaceSettings>,
    /// Paths of what was not collected; the kernel's default was taken.
    pub assumed: Vec<String>,
}

/// Settings of one interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InterfaceSettings {
    /// Index of the interface.
    pub interface: u32,
    /// IPv4: what comes in here is forwarded.
    pub forwarding: bool,
    /// IPv6: what comes in here is forwarded even if `all/forwarding` is off (since Linux 6.17).
    pub force_forwarding: bool,
    /// 0 off, 1 strict, 2 loose.
    pub rp_filter: u8,
    /// The mark takes part in the check of the source.
    pub src_valid_mark: bool,
    /// Packets from an own address may come in.
    pub accept_local: bool,
    /// 127.0.0.0/8 may come in and go out here.
    pub route_localnet: bool,
    /// ICMP redirects are sent.
    pub send_redirects: bool,
    /// Broadcasts to a subnet are forwarded.
    pub bc_forwarding: bool,
    /// Unicast packets in broadcast or multicast frames are dropped.
    pub drop_unicast_in_l2_multicast: bool,
    /// The IP version is off here.
    pub disabled: bool,
}

impl Settings {
    /// Those of one interface; none if it is not known.
    #[must_use]
    pub fn interface(&self, index: u32) -> Option<&InterfaceSettings> {
        self.interfaces.iter().find(|each| each.interface == index)
    }
}

//! A setting of the kernel that stops packets, and the drop-in that changes it for good.

use super::{
    action::Action,
    edit::Edit,
    owner::{Lasting, Proposal},
};
use crate::{
    model::{Host, IpVersion},
    simulate::Stage,
};

/// Settings that an administrator has made; read at boot after those of the distribution.
pub const DROP_IN: &str = "/etc/sysctl.d/90-clearway.conf";

/// A setting of one interface, for packets that come in there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    interface: u32,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What comes in here is forwarded.
    Forwarding,
    /// A source is fine if any interface leads back to it.
    LooseReversePath,
    /// 127.0.0.0/8 may come in.
    RouteLocalnet,
}

impl Setting {
    /// Changes the model. Values are those that take effect: `all` and the interface's are joined already, and of rp_filter the
    /// greater one counts (`IN_DEV_RPFILTER`), so that loose on the interface wins over strict for all.
    pub fn apply(&self, host: &mut Host) {
        let Some(interface) = host.settings.interfaces.iter_mut().find(|each| each.interface == self.interface) else { return };
        match self.kind {
            Kind::Forwarding => interface.forwarding = true,
            Kind::LooseReversePath => interface.rp_filter = 2,
            Kind::RouteLocalnet => interface.route_localnet = true,
        }
    }

    /// The index of the interface by which the packets come that it is about.
    #[must_use]
    pub const fn interface(&self) -> u32 {
        self.interface
    }

    /// What would let packets pass that ended at this stage, having come in by this interface.
    pub(super) fn proposal(stage: Stage, interface: u32, host: &Host) -> Option<Proposal> {
        let (kind, key, value) = match (stage, host.version) {
            (Stage::ForwardingOff, IpVersion::V4) => (Kind::Forwarding, "forwarding", "1"),
            (Stage::ReversePath, IpVersion::V4) => (Kind::LooseReversePath, "rp_filter", "2"),
            (Stage::Localnet, IpVersion::V4) => (Kind::RouteLocalnet, "route_localnet", "1"),
            // IPv6 forwards on all interfaces or none, and ceases to take router advertisements then: that is no small edit.
            _ => return None,
        };
        let name = &host.interfaces.iter().find(|each| each.index == interface)?.name;
        let plain = |each: char| each.is_ascii_alphanumeric() || matches!(each, '_' | '-' | '@');
        // A dot in a name of an interface is written as a slash: names of VLANs are left to people.
        let usual = name.chars().all(plain);
        let assignment = format!("net.ipv4.conf.{name}.{key}={value}");
        usual.then_some(())?;
        Some(Proposal {
            owner: "sysctl",
            edit: Edit::Set(Self { interface, kind }),
            actions: vec![Action::run(["sysctl", "-w", &assignment])?, Action::line(DROP_IN, &assignment, None)?],
            persist: Vec::new(),
            lasting: Lasting::Always,
            remarks: Vec::new(),
        })
    }
}

//! Whose flow it is: the processes of this host at its ends, as far as they own sockets.

use super::judge::Judged;
use crate::{
    gateway::{Role, proxy},
    simulate::outcome::Delivery,
    site::Site,
    snapshot::Owner,
};

/// The owner of the socket that takes the flow, or the proxy that sends it.
pub(super) fn ends<'a>(site: &'a Site, judged: &'a Judged) -> impl Iterator<Item = &'a Owner> {
    let wanted = judged.flow.wanted.as_ref().filter(|_| judged.flow.role == Role::Upstream && judged.flow.from.is_none());
    let programs = wanted.and_then(|wanted| proxy::reader(wanted.proxy)).map_or(&[][..], |reader| reader.programs);
    let senders = site.snapshot.owners.iter().filter(|owner| programs.contains(&owner.command.as_str()));
    let [first, ..] = &judged.legs;
    let takers = first.pieces.iter().filter(move |_| wanted.is_none()).filter_map(|piece| match piece.outcome.delivery {
        Delivery::Local { socket: Some(index) } => site.socket(judged.version, index)?.1,
        _ => None,
    });
    senders.chain(takers)
}

//! What a host's kernel holds, to model: for one IP version at a time.

pub mod routing;

pub mod settings;

pub mod sockets;

//! Netlink attributes to types.

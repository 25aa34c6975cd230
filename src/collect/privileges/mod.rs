//! Giving up what the analysis does not need, once everything is collected: rules, configurations and snapshots may be hostile, and what reads
//! them then has nothing left to do harm with.
//!
//! Capabilities and Landlock belong to a thread: confine before there are others. What a kernel does not have is done without.

pub mod capabilities;

mod landlock;

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"))]
mod seccomp;

use std::path::Path;

/// What is still needed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Needs<'a> {
    /// Single questions about sets that were too big to read, and the rules anew if they change in the meantime.
    pub asks: bool,
    /// The folder in which a finished result takes the place of an older one.
    pub replaces_in: Option<&'a Path>,
}

/// Why something could not be given up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Capabilities.
    #[error("capabilities can't be given up: {0}")]
    Capabilities(#[from] caps::errors::CapsError),
    /// The promise never to gain privileges by running a program.
    #[error("no_new_privs can't be set: {0}")]
    NoNewPrivileges(nix::errno::Errno),
    /// The sandbox.
    #[error("files can't be closed off: {0}")]
    Landlock(#[from] ::landlock::RulesetError),
    /// System calls.
    #[error("system calls can't be closed off: {0}")]
    Seccomp(String),
}

/// Gives up everything else, for good.
///
/// # Errors
/// What could not be given up; the rest is.
pub fn confine(needs: Needs<'_>) -> Result<(), Error> {
    let capabilities = capabilities::drop(needs.asks).map_err(Error::from);
    let promise = nix::sys::prctl::set_no_new_privs().map_err(Error::NoNewPrivileges);
    let files = landlock::confine(needs).map_err(Error::from);
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"))]
    let calls = seccomp::confine(needs).map_err(Error::Seccomp);
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")))]
    let calls = Ok(());
    capabilities.and(promise).and(files).and(calls)
}

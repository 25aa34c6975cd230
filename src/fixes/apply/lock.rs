//! The lock of xtables: held while the rules are looked at and changed, so that no other program of iptables changes them in between.

use std::{fs::File, io, path::Path, process::Command, time::Duration, time::Instant};

use nix::fcntl::{Flock, FlockArg};

/// Of `xtables_lock` in iptables/xshared.c.
const PATH: &str = "/run/xtables.lock";

/// Programs that we run while it is held take this one in its stead (`XTABLES_LOCKFILE`), or they would wait for us.
const OWN: &str = "/run/clearway-xtables.lock";

/// The lock, held until it is dropped.
pub struct Lock(#[expect(dead_code, reason = "held")] Flock<File>);

impl Lock {
    /// Waits for it, ten seconds at most.
    pub fn take() -> io::Result<Self> {
        let mut file = File::options().create(true).truncate(false).write(true).open(Path::new(PATH))?;
        let begun = Instant::now();
        loop {
            match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(lock) => return Ok(Self(lock)),
                Err((_, error)) if begun.elapsed() > Duration::from_secs(10) => return Err(error.into()),
                Err((back, _)) => file = back,
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// A program of iptables or of an owner, which uses those, under our lock.
pub fn under(command: &mut Command) -> &mut Command {
    command.env("XTABLES_LOCKFILE", OWN)
}

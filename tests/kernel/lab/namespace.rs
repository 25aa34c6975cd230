//! Two network namespaces: the host under test, and one for the far ends of its links.

use std::fs::File;
use std::io::{self, Write as _};
use std::process::{Command, Stdio};

use nix::sched::{CloneFlags, CpuSet, sched_getcpu, sched_setaffinity, setns, unshare};
use nix::unistd::{Pid, gettid};

use super::settings;

/// Both namespaces, and the one to come back to.
pub struct Pair {
    home: File,
    host: File,
    peers: File,
}

impl Pair {
    /// Makes and furnishes them; the thread ends up in the host's, on one processor, so that packets are handled in order.
    pub fn build() -> io::Result<Self> {
        let home = current()?;
        unshare(CloneFlags::CLONE_NEWNET)?;
        let peers = current()?;
        unshare(CloneFlags::CLONE_NEWNET)?;
        let host = current()?;
        let pair = Self { home, host, peers };
        pair.furnish()?;
        let mut one = CpuSet::new();
        one.set(sched_getcpu()?)?;
        sched_setaffinity(Pid::from_raw(0), &one)?;
        Ok(pair)
    }

    /// Path of the host's namespace.
    pub fn path(&self) -> String {
        format!("/proc/{}/task/{}/ns/net", std::process::id(), gettid())
    }

    /// Runs something in the peers' namespace.
    pub fn among_peers<T>(&self, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        setns(&self.peers, CloneFlags::CLONE_NEWNET)?;
        let result = work();
        setns(&self.host, CloneFlags::CLONE_NEWNET)?;
        result
    }

    fn furnish(&self) -> io::Result<()> {
        settings::sysctls(settings::NEW_LINKS)?;
        ip(settings::LINKS)?;
        self.move_peers()?;
        ip(settings::ADDRESSES)?;
        settings::sysctls(settings::HOST)?;
        self.among_peers(|| {
            settings::sysctls(settings::PEERS)?;
            ip(settings::PEER_LINKS)
        })
    }

    /// Hands the far ends over: `ip` runs here, and is told of the peers' namespace by an open file of this process.
    fn move_peers(&self) -> io::Result<()> {
        use std::os::fd::AsRawFd as _;
        let peers = format!("/proc/{}/fd/{}", std::process::id(), self.peers.as_raw_fd());
        ip(&format!("link set peer0 netns {peers}\nlink set peer1 netns {peers}\n"))
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        // Without this a later test on the same thread would start inside a lab; nothing else can be done if it fails.
        let _ = setns(&self.home, CloneFlags::CLONE_NEWNET);
    }
}

fn current() -> io::Result<File> {
    File::open("/proc/thread-self/ns/net")
}

/// Runs `ip -batch`.
pub fn ip(batch: &str) -> io::Result<()> {
    let mut child = Command::new("ip").args(["-batch", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    child.stdin.take().ok_or_else(|| io::Error::other("no pipe to ip"))?.write_all(batch.as_bytes())?;
    let output = child.wait_with_output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("ip: {}", String::from_utf8_lossy(&output.stderr))))
}

//! The guard: this program again, in a session of its own, so that neither a lost terminal nor the death of its parent ends it. It makes the
//! change, part by part, and undoes it when its time is over, or when the program that wants it is gone without a decision.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::sys::{
    signal::{SigSet, Signal},
    signalfd::{SfdFlags, SignalFd},
};

use super::{Change, Error, change::PAUSE, files};

/// In a change's folder: who guards it.
const GUARDED: &str = "guarded";

/// Starts it and waits until it watches.
pub(super) fn start(folder: &Path, seconds: u64) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::Guard(error.to_string());
    let mut command = Command::new("/proc/self/exe");
    command.arg("fix").arg("--guard").arg(folder).arg("--confirm").arg(seconds.to_string());
    command.arg("--watch").arg(std::process::id().to_string());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
    let mut child = command.spawn().map_err(failed)?;
    let begun = Instant::now();
    while !folder.join(GUARDED).exists() {
        if begun.elapsed() > Duration::from_secs(5) || child.try_wait().map_err(failed)?.is_some() {
            // It shall not begin to watch later on what nobody waits for.
            let _ = child.kill().and_then(|()| child.wait().map(drop));
            return Err(Error::Guard("it does not answer".into()));
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// Makes a change and watches over it.
///
/// # Errors
/// If there is nothing to watch, or no way to do so.
pub fn watch(folder: &Path, seconds: u64, maker: u32) -> Result<(), Error> {
    let failed = |error: nix::Error| Error::Guard(error.to_string());
    // A signal of a lost terminal goes to its session: this one has none.
    nix::unistd::setsid().map_err(failed)?;
    // Whoever ends it, as systemd does with all that a session left behind, gets the old state.
    let ends: SigSet = [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT].into_iter().collect();
    ends.thread_block().map_err(failed)?;
    let told = SignalFd::with_flags(&ends, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC).map_err(failed)?;
    let Some(change) = Change::of(folder) else { return Err(Error::NothingWaits) };
    let end = Instant::now() + Duration::from_secs(seconds);
    let born = started(maker);
    let own = std::process::id();
    files::publish(&folder.join(GUARDED), format!("{own} {}", started(own).unwrap_or_default()).as_bytes())?;
    while change.end().is_none() {
        if let Some(why) = change.given_up() {
            change.undo(&why);
        } else if Instant::now() >= end {
            change.undo("it was not confirmed in time");
        } else if born.is_none() || started(maker) != born {
            change.undo("the program that made it ended without a decision");
        } else if told.read_signal().is_ok_and(|signal| signal.is_some()) {
            change.undo("the guard was told to end");
        } else if let Err(error) = change.make_parts(end) {
            change.undo(&error.to_string());
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// Whether the guard of a change is there.
pub(super) fn lives(folder: &Path) -> bool {
    let Ok(text) = fs::read_to_string(folder.join(GUARDED)) else { return false };
    let Some((process, born)) = text.split_once(' ') else { return false };
    process.parse().ok().and_then(started).is_some_and(|now| now == born)
}

/// When a process began, in ticks since boot; none if it is gone, or dead and not yet buried. A number alone may belong to another by then.
fn started(process: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?;
    (!matches!(state, "Z" | "X")).then(|| fields.nth(18).map(str::to_owned)).flatten()
}

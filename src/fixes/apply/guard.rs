//! The guard: this program again, in a session of its own, so that neither a lost terminal nor the death of its parent ends it. It undoes the
//! change when its time is over, or when the program that makes it is gone without a decision.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{Change, Error, backup};

/// How often it looks.
const PAUSE: Duration = Duration::from_millis(100);

/// Starts it and waits until it watches.
pub(super) fn start(folder: &Path, seconds: u64) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::Guard(error.to_string());
    let mut command = Command::new("/proc/self/exe");
    command.arg("fix").arg("--guard").arg(folder).arg("--confirm").arg(seconds.to_string());
    command.arg("--watch").arg(std::process::id().to_string());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
    let mut child = command.spawn().map_err(failed)?;
    let begun = Instant::now();
    while !folder.join("guarded").exists() {
        if begun.elapsed() > Duration::from_secs(5) || child.try_wait().map_err(failed)?.is_some() {
            return Err(Error::Guard("it does not answer".into()));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Watches a change.
///
/// # Errors
/// If there is nothing to watch.
pub fn watch(folder: &Path, seconds: u64, maker: u32) -> Result<(), Error> {
    // A signal of a lost terminal goes to its session: this one has none.
    nix::unistd::setsid().map_err(|error| Error::Guard(error.to_string()))?;
    let Some(change) = Change::of(folder) else { return Err(Error::NothingWaits) };
    let end = Instant::now() + Duration::from_secs(seconds);
    let born = started(maker);
    backup::write(&folder.join("guarded"), b"")?;
    while change.end().is_none() {
        if Instant::now() >= end {
            change.undo("it was not confirmed in time");
        } else if born.is_none() || started(maker) != born {
            change.undo("the program that made it ended without a decision");
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// When a process began, in ticks since boot; none if it is gone, or dead and not yet buried. A number alone may belong to another by then.
fn started(process: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?;
    (!matches!(state, "Z" | "X")).then(|| fields.nth(18).map(str::to_owned)).flatten()
}

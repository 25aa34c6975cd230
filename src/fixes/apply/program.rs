//! Programs that read and change rules: run from lists of words, never through a shell, and not for longer than there is time.

use std::{
    io::{Read, Write as _},
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use super::{Error, lock};

/// More than this no program takes to tell what it has to tell.
const USUAL: Duration = Duration::from_secs(300);

/// How often it is looked whether a program has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// When a program that nobody waits for has to be done.
pub fn usual() -> Instant {
    Instant::now() + USUAL
}

/// What a program writes.
pub fn output<W: AsRef<str>>(words: &[W]) -> Result<String, Error> {
    run(words, None, usual())
}

/// Gives a program a text.
pub fn input<W: AsRef<str>>(words: &[W], text: &str) -> Result<(), Error> {
    run(words, Some(text), usual()).map(drop)
}

/// Runs a program until then. One that takes longer ends, with all that it started.
pub fn until<W: AsRef<str>>(words: &[W], end: Instant) -> Result<(), Error> {
    run(words, None, end).map(drop)
}

fn run<W: AsRef<str>>(words: &[W], text: Option<&str>, end: Instant) -> Result<String, Error> {
    let failed = |why: String| Error::Command { command: words.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" "), why };
    let (program, arguments) = words.split_first().ok_or_else(|| failed("nothing to run".into()))?;
    let mut command = Command::new(program.as_ref());
    // Its words are read, and numbers in them: they are to be those of no other language. A group of its own ends as a whole.
    lock::under(&mut command).args(arguments.iter().map(AsRef::as_ref)).env("LC_ALL", "C").process_group(0);
    command.stdin(if text.is_some() { Stdio::piped() } else { Stdio::null() }).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let (told, complained) = (child.stdout.take().map(all), child.stderr.take().map(all));
    let pipe = child.stdin.take();
    let sent = text.map(str::to_owned).zip(pipe).map(|(text, mut pipe)| thread::spawn(move || pipe.write_all(text.as_bytes())));
    let status = wait(&mut child, end).map_err(|error| failed(error.to_string()))?;
    // Whoever it left behind may hold the pipe open.
    let all = |from: Option<Receiver<Vec<u8>>>| from.and_then(|from| from.recv_timeout(Duration::from_secs(1)).ok()).unwrap_or_default();
    let (told, complained) = (all(told), all(complained));
    let complaint = || {
        let both = [&complained, &told].map(|bytes| String::from_utf8_lossy(bytes).trim().to_owned());
        both.into_iter().find(|text| !text.is_empty()).unwrap_or_else(|| "it failed without a word".into())
    };
    match (status, sent.map(thread::JoinHandle::join)) {
        (None, _) => Err(failed("it took too long and was ended".into())),
        (Some(false), _) => Err(failed(complaint())),
        (Some(true), Some(Err(_) | Ok(Err(_)))) => Err(failed("it did not read everything".into())),
        (Some(true), _) => Ok(String::from_utf8_lossy(&told).into_owned()),
    }
}

/// Everything that comes out of a pipe, once it is closed.
fn all(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        let _ = tell.send(bytes);
    });
    told
}

/// Whether a program succeeded; none if it had to be ended.
fn wait(child: &mut Child, end: Instant) -> std::io::Result<Option<bool>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if Instant::now() >= end {
            if let Ok(group) = i32::try_from(child.id()) {
                let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
            }
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_run_and_ended() {
        assert_eq!(output(&["printf", "%s", "a;b"]).expect("it runs"), "a;b");
        assert!(input(&["grep", "-q", "needle"], "hay\nneedle\n").is_ok());
        assert!(matches!(output(&["ls", "/no/such/file"]), Err(Error::Command { why, .. }) if why.contains("No such file")));
        let begun = Instant::now();
        assert!(until(&["sh", "-c", "sleep 60 & sleep 60"], begun + Duration::from_millis(100)).is_err());
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}

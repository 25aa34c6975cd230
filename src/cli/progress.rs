//! That something goes on, told to people who wait for it: on standard error if that is a terminal, after half a second, and wiped away before
//! anything else is said.

use std::{
    io::{self, IsTerminal as _, Write},
    sync::mpsc::{self, RecvTimeoutError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Work of less time needs no word.
const PATIENCE: Duration = Duration::from_millis(500);

/// Work that goes on until this is dropped.
pub struct Progress(Option<(mpsc::Sender<()>, JoinHandle<()>)>);

impl Progress {
    /// Begins work. Its thread keeps the privileges of whoever begins it: end it before they are given up.
    #[must_use]
    pub fn begin(what: &'static str) -> Self {
        if io::stderr().is_terminal() { Self::on(io::stderr(), what, PATIENCE) } else { Self(None) }
    }

    fn on(mut to: impl Write + Send + 'static, what: &'static str, patience: Duration) -> Self {
        let (end, ended) = mpsc::channel();
        let begun = Instant::now();
        let tell = move || {
            let mut told = false;
            while ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                // Where nothing can be written nobody waits.
                told |= write!(to, "\r{what} … {} s", begun.elapsed().as_secs()).and_then(|()| to.flush()).is_ok();
            }
            if told {
                let _ = write!(to, "\r\x1b[K").and_then(|()| to.flush());
            }
        };
        Self(thread::Builder::new().spawn(tell).ok().map(|thread| (end, thread)))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.0.take() {
            drop(end);
            // Its work is to write; nothing is lost with it.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Terminal(Arc<Mutex<Vec<u8>>>);

    impl Write for Terminal {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("one writer").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn long_work_is_told_and_wiped_away() {
        let terminal = Terminal::default();
        let progress = Progress::on(terminal.clone(), "reading", Duration::from_millis(5));
        while terminal.0.lock().expect("one writer").is_empty() {
            thread::sleep(Duration::from_millis(1));
        }
        drop(progress);
        let text = String::from_utf8(terminal.0.lock().expect("one writer").clone()).expect("text");
        assert!(text.starts_with("\rreading … 0 s") && text.ends_with("\r\x1b[K"), "{text:?}");
    }

    #[test]
    fn short_work_is_not_told() {
        let terminal = Terminal::default();
        drop(Progress::on(terminal.clone(), "reading", Duration::from_secs(60)));
        assert!(terminal.0.lock().expect("one writer").is_empty());
    }
}

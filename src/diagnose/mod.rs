//! A log line read backwards: which flow it is about, and what its proxy met.
//!
//! Each dialect has a file; the words of a message only tell its place, what happened is told by numbers: C libraries word them differently.

pub mod cause;

pub mod event;

mod apache;

mod envelope;

mod envoy;

mod go;

mod haproxy;

mod netfilter;

mod nginx;

pub use event::{Event, Phase};

/// A line of more bytes is of no log that is read here.
pub const LONGEST: usize = 16 * 1024;

/// So many different events are told of one log.
pub const MOST: usize = 64;

/// What a log comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Log {
    /// Different events in the order of their first lines, with the number of lines that tell each.
    pub events: Vec<(Event, usize)>,
    /// Numbers of the lines that could not be read, from 1: the first [`MOST`] of them.
    pub unread: Vec<usize>,
    /// Lines that could not be read, all of them.
    pub strange: usize,
    /// Lines of further events, which are not told.
    pub left: usize,
}

/// Reads a log. Empty lines are none.
#[must_use]
pub fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Log {
    let mut reader = Reader::default();
    lines.for_each(|line| reader.take(line));
    reader.finish()
}

/// A log that is read line by line.
#[derive(Debug, Default)]
pub struct Reader {
    log: Log,
    lines: usize,
}

impl Reader {
    /// Reads the next line.
    pub fn take(&mut self, text: &str) {
        self.lines += 1;
        if text.trim().is_empty() {
            return;
        }
        let log = &mut self.log;
        match line(text) {
            None => {
                log.strange += 1;
                if log.unread.len() < MOST {
                    log.unread.push(self.lines);
                }
            }
            Some(event) => {
                let full = log.events.len() >= MOST;
                match log.events.iter_mut().find(|(known, _)| *known == event) {
                    Some((_, count)) => *count += 1,
                    None if full => log.left += 1,
                    None => log.events.push((event, 1)),
                }
            }
        }
    }

    /// What it comes to.
    #[must_use]
    pub fn finish(self) -> Log {
        self.log
    }
}

/// Reads one line; none if no dialect knows it.
#[must_use]
pub fn line(text: &str) -> Option<Event> {
    let text = Some(text).filter(|text| text.len() <= LONGEST)?;
    [netfilter::read, nginx::read, apache::read, haproxy::read, envoy::read, go::read].iter().find_map(|read| read(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_lines_are_one_event_and_strange_ones_are_numbered() {
        let refused = "(111)Connection refused: AH00957: http: attempt to connect to 10.0.0.5:80 (10.0.0.5:80) failed";
        let log = read([refused, "", "what is this", refused].into_iter());
        assert_eq!((log.events.len(), log.events.first().map(|(_, count)| *count)), (1, Some(2)));
        assert_eq!((log.unread, log.strange), (vec![3], 1));
    }

    #[test]
    fn logs_are_bounded() {
        let lines: Vec<String> =
            (1..=100).map(|port| format!("(111)x: AH00957: attempt to connect to 10.0.0.5:{port} (x) failed")).collect();
        let log = read(lines.iter().map(String::as_str));
        assert_eq!((log.events.len(), log.left), (MOST, 100 - MOST));
        assert_eq!(line(&"x".repeat(LONGEST + 1)), None);
    }
}

//! Exit codes: others build on them.

use std::process::ExitCode;

/// How the program ends. A later variant wins over an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Nothing to report.
    Clean,
    /// Findings at or above the level of `--fail-on`.
    Findings,
    /// The command line, or a file that it names, is wrong.
    Usage,
    /// Something that was asked for could not be collected or decided.
    Undecided,
}

/// The codes, for the help.
pub const HELP: &str = "\
Exit status:
  0  clean
  1  findings at or above --fail-on
  2  the command line or a file that it names is wrong
  3  something asked for could not be collected or decided; wins over 1";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Undecided => 3,
        })
    }
}

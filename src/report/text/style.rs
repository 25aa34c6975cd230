//! Colours: of few meanings, and removed where the output is no terminal.

use anstyle::{AnsiColor, Style};

use crate::audits::{Severity, judge::Verdict};

pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();

/// The colour of a verdict.
#[must_use]
pub const fn verdict(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Pass => AnsiColor::Green.on_default(),
        Verdict::Blocked => AnsiColor::Red.on_default().bold(),
        Verdict::Partly | Verdict::Degraded | Verdict::Refused | Verdict::Unknown => AnsiColor::Yellow.on_default(),
    }
}

/// The colour of a finding.
#[must_use]
pub const fn severity(severity: Severity) -> Style {
    match severity {
        Severity::Error => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default().bold(),
        Severity::Note => AnsiColor::Cyan.on_default(),
    }
}

/// Text in a style.
#[must_use]
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

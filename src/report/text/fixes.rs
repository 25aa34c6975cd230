//! The fixes of an audit for people.

use super::{finding::proved, style};
use crate::{audited::Audited, audits::Severity};

/// Every finding with its fix, or with the reason why it has none.
#[must_use]
pub fn report(audited: &Audited) -> String {
    let mut text = String::new();
    for finding in audited.findings.iter().filter(|finding| finding.audit.severity > Severity::Note) {
        let head = style::paint(style::severity(finding.audit.severity), finding.audit.code);
        text.push_str(&format!("{head}: {}\n", finding.problem.title));
        text.push_str(&match audited.fix(finding) {
            Some(Ok(fix)) => proved(fix),
            Some(Err(why)) => format!("  no fix: {}\n", super::plain::lines(&why.to_string())),
            None => "  no fix was looked for\n".to_owned(),
        });
        text.push('\n');
    }
    if text.is_empty() { "nothing to fix\n".to_owned() } else { text }
}

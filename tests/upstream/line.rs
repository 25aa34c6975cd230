//! Files of test lines, as iptables-test.py reads them.

use crate::session::Backend;

/// A file.
pub struct Script(pub Vec<Line>);

/// One line.
pub enum Line {
    /// Those that follow are about this table, `filter` at first.
    Table(String),
    /// And about these chains, of which the first is taken.
    Chains(Vec<String>),
    /// Another program, which may be absent.
    Command(String),
    /// A command of iptables itself.
    Prepare(String),
    Case(Case),
}

/// A rule, and what becomes of it.
pub struct Case {
    /// Of the line, from 1.
    pub number: usize,
    pub rule: String,
    /// As iptables-save prints it.
    pub saved: String,
    outcome: Outcome,
    /// The back end that it is said of, and what the other one does.
    only: Option<(Backend, Outcome)>,
}

/// What becomes of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is loaded, and printed so.
    Ok,
    /// It is refused.
    Fail,
    /// It is loaded, and printed in another way.
    Other,
}

impl Script {
    pub fn read(text: &str) -> Self {
        let numbered = (1..).zip(text.lines()).map(|(number, line)| (number, line.trim_end()));
        Self(numbered.filter_map(|(number, line)| Line::read(number, line)).collect())
    }
}

impl Line {
    fn read(number: usize, line: &str) -> Option<Self> {
        let rest = line.get(1..)?.to_owned();
        Some(match line.as_bytes()[0] {
            b'#' => return None,
            b'*' => Self::Table(rest),
            b':' => Self::Chains(rest.split(',').map(str::to_owned).collect()),
            b'@' => Self::Command(rest),
            b'%' => Self::Prepare(rest),
            _ => {
                let fields: Vec<&str> = line.split(';').collect();
                let [rule, saved, outcome, others @ ..] = fields.as_slice() else { return None };
                let only = others.first().map(|backend| {
                    let backend = if backend.trim() == "NFT" { Backend::Nft } else { Backend::Legacy };
                    let otherwise = if outcome.trim() == "OK" { Outcome::Fail } else { Outcome::Ok };
                    (backend, others.get(1).map_or(otherwise, |other| Outcome::read(other)))
                });
                let saved = if *saved == "=" { rule } else { saved };
                Self::Case(Case { number, rule: (*rule).into(), saved: (*saved).trim().into(), outcome: Outcome::read(outcome), only })
            }
        })
    }
}

impl Outcome {
    fn read(text: &str) -> Self {
        match text.trim() {
            "OK" => Self::Ok,
            "NOMATCH" => Self::Other,
            _ => Self::Fail,
        }
    }
}

impl Case {
    pub fn outcome(&self, backend: Backend) -> Outcome {
        match self.only {
            Some((only, otherwise)) if only != backend => otherwise,
            _ => self.outcome,
        }
    }
}

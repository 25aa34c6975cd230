//! `-m comment`: matches always (`comment_mt`, xt_comment.c).

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment(pub Box<str>);

/// `XT_MAX_COMMENT_LEN`.
const LENGTH: usize = 256;

impl Extension for Comment {
    const NAMES: &'static [&'static str] = &["comment"];
    const OPTIONS: &'static [Opt] = &[Opt::value("comment").plain().needed()];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let text = raw.info.get(..LENGTH)?.split(|byte| *byte == 0).next()?;
        (raw.revision == 0).then(|| Self(String::from_utf8_lossy(text).into()))
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self("".into())
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        if given.value.len() >= LENGTH {
            return Err(format!("--comment: longer than {} bytes", LENGTH - 1));
        }
        self.0 = given.value.into();
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        line.flag(false, "--comment");
        line.quoted(&self.0);
    }
}

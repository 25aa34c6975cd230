//! `-m rpfilter` (`rpfilter_mt`, ipt_rpfilter.c and ip6t_rpfilter.c).

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// An answer would go out by the interface that the packet came in by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rpfilter {
    /// By any interface.
    pub loose: bool,
    /// Looked up with the packet's mark.
    pub mark: bool,
    /// A source of this host's own is right, too.
    pub accept_local: bool,
    pub inverted: bool,
}

const FLAGS: [&str; 4] = ["loose", "validmark", "accept-local", "invert"];

impl Rpfilter {
    fn flag(&mut self, at: usize) -> &mut bool {
        match at {
            0 => &mut self.loose,
            1 => &mut self.mark,
            2 => &mut self.accept_local,
            _ => &mut self.inverted,
        }
    }
}

impl Extension for Rpfilter {
    const NAMES: &'static [&'static str] = &["rpfilter"];
    const OPTIONS: &'static [Opt] =
        &[Opt::flag(FLAGS[0]).plain(), Opt::flag(FLAGS[1]).plain(), Opt::flag(FLAGS[2]).plain(), Opt::flag(FLAGS[3]).plain()];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let flags = *raw.info.first()?;
        let mut found = Self::default();
        (0..FLAGS.len()).for_each(|at| *found.flag(at) = flags & 1 << at != 0);
        (raw.revision == 0).then_some(found)
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self::default()
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let at = FLAGS.iter().position(|name| *name == given.name).unwrap_or_default();
        *self.flag(at) = true;
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        for (there, name) in [self.loose, self.mark, self.accept_local, self.inverted].into_iter().zip(FLAGS) {
            if there {
                line.flag(false, &format!("--{name}"));
            }
        }
    }
}

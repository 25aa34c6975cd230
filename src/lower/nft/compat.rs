//! Matches and targets of xtables in nf_tables' rules: what iptables-nft makes (`nft_match_eval_xt`, `nft_target_eval_xt`, nft_compat.c).

use super::rule::Reader;
use crate::{
    lower::xtables::{matches, targets},
    model::{Step, Test},
    ruleset::{
        nft::expr::Compat,
        xtables::{Match, Target, extension::Raw},
    },
};

impl Reader<'_, '_> {
    pub(super) fn compat(&mut self, compat: &Compat) {
        let Ok(revision) = u8::try_from(compat.revision) else {
            return self.opaque(format!("xt {} of revision {}", compat.name, compat.revision));
        };
        let raw = Raw { name: &compat.name, revision, info: &compat.info, version: self.context.version };
        if compat.target {
            for step in targets::meaning(&Target::decode(&raw), self.context) {
                match step {
                    Step::Verdict(_) | Step::Nat(_) => self.end(step),
                    Step::Write { field, bits } => self.write(field, *bits),
                    Step::Test(test) => self.test(test),
                    step => self.effect(step),
                }
            }
        } else {
            let meaning = matches::meaning(&Match::decode(&raw), self.context);
            meaning.before.into_iter().for_each(|step| self.effect(step));
            if !matches!(meaning.hotdrop, Test::Never) {
                self.effect(Step::Hotdrop(meaning.hotdrop));
            }
            self.test(meaning.holds);
        }
    }
}

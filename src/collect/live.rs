//! The running host as a [`World`].

use std::sync::{Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use super::{
    dns::Servers,
    files,
    names::Names,
    netlink::{
        Error,
        ipset::Ipset,
        nf_tables::{Key, NfTables},
    },
    socket_file,
};
use crate::world::{Answer, IpsetKey, Question, World};

/// Asks the kernel, and keeps every question with its answer. Asks in the network namespace that the thread was in when it was made.
pub struct Live {
    nft: Mutex<Result<NfTables, Error>>,
    ipset: Mutex<Result<Option<Ipset>, Error>>,
    /// None if no name is to be asked for.
    names: Mutex<Option<Names>>,
    servers: Mutex<Servers>,
    answers: Mutex<FxHashMap<Question, Answer>>,
    /// The questions in the order in which they were first asked.
    asked: Mutex<Vec<Question>>,
}

impl Live {
    /// Opens what it asks through. Make it before privileges are dropped.
    #[must_use]
    pub fn new() -> Self {
        Self {
            nft: Mutex::new(NfTables::open()),
            ipset: Mutex::new(Ipset::open()),
            names: Mutex::new(Some(Names::default())),
            servers: Mutex::default(),
            answers: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    /// Host names are not known then.
    #[must_use]
    pub fn without_names(self) -> Self {
        Self { names: Mutex::new(None), ..self }
    }

    /// Asks about rules anew; what files and names are is kept.
    #[must_use]
    pub fn anew(self) -> Self {
        let lasts = |question: &Question| !matches!(question, Question::NftSetHolds { .. } | Question::IpsetHolds { .. });
        held(&self.asked).retain(lasts);
        held(&self.answers).retain(|question, _| lasts(question));
        Self { nft: Mutex::new(NfTables::open()), ipset: Mutex::new(Ipset::open()), ..self }
    }

    /// Whether an answer depends on the rules' being those that were collected.
    #[must_use]
    pub fn has_asked_about_rules(&self) -> bool {
        held(&self.asked).iter().any(|question| matches!(question, Question::NftSetHolds { .. } | Question::IpsetHolds { .. }))
    }

    /// All that was asked, for [`crate::snapshot::Snapshot::answers`].
    #[must_use]
    pub fn answers(&self) -> Vec<(Question, Answer)> {
        let answers = held(&self.answers);
        held(&self.asked).iter().filter_map(|question| Some((question.clone(), answers.get(question)?.clone()))).collect()
    }

    /// Whether the nf_tables ruleset is still the one that was collected as `generation`; if not, collect again.
    #[must_use]
    pub fn is_still(&self, generation: u32) -> bool {
        match &mut *held(&self.nft) {
            Ok(nft) => nft.generation().is_ok_and(|now| now == generation),
            // Nothing was collected either.
            Err(_) => true,
        }
    }

    /// Asks, and keeps nothing.
    pub fn find(&self, question: &Question) -> Answer {
        match question {
            Question::NftSetHolds { family, table, set, key } => self.element(*family, table, set, key),
            Question::IpsetHolds { set, key } => self.ipset_holds(set, key),
            Question::File { root, path } => files::text(*root, path),
            Question::Paths { root, pattern } => files::paths(*root, pattern),
            Question::Environment { process, name } => files::environment(*process, name),
            Question::SocketFile { root, path } => socket_file::ask(*root, path),
            Question::BuiltWith { root, program, text } => files::built_with(*root, program, text),
            Question::Lookup { process, server, name } => match (&*held(&self.names), &mut *held(&self.servers)) {
                (Some(_), servers) => servers.ask(*process, *server, name),
                (None, _) => Answer::Unknown("names are not to be resolved".into()),
            },
            Question::Resolve { name, configured } | Question::ResolveAgain { name, configured } => match &mut *held(&self.names) {
                Some(names) => names.resolve(name, *configured),
                None => Answer::Unknown("names are not to be resolved".into()),
            },
        }
    }

    fn ipset_holds(&self, set: &str, key: &IpsetKey) -> Answer {
        match &mut *held(&self.ipset) {
            Ok(Some(ipset)) => match ipset.holds(set, key) {
                Ok(Some(holds)) => Answer::Truth(holds),
                Ok(None) => Answer::Unknown(format!("the ipset {set} is gone since the rules were read")),
                Err(error) => Answer::Unknown(error.to_string()),
            },
            Ok(None) => Answer::Unknown("this kernel has no ipset".into()),
            Err(error) => Answer::Unknown(error.to_string()),
        }
    }

    fn element(&self, family: u8, table: &str, set: &str, key: &[u8]) -> Answer {
        let mut nft = held(&self.nft);
        let nft = match &mut *nft {
            Ok(nft) => nft,
            Err(error) => return Answer::Unknown(error.to_string()),
        };
        // A key that no element holds leads to the catch-all element (`nft_lookup_eval`).
        for key in [Key::Value(key), Key::CatchAll] {
            match nft.element(family, table, set, key) {
                Ok(Some(message)) => return Answer::Element(message),
                Ok(None) => {}
                Err(error) => return Answer::Unknown(error.to_string()),
            }
        }
        match nft.has_set(family, table, set) {
            Ok(true) => Answer::Truth(false),
            Ok(false) => Answer::Unknown(format!("the set {set} is gone since the rules were read")),
            Err(error) => Answer::Unknown(error.to_string()),
        }
    }
}

impl Default for Live {
    fn default() -> Self {
        Self::new()
    }
}

/// What only one thread has at a time. One that ended while it had it left nothing half done: answers are put in whole.
fn held<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World for Live {
    fn ask(&self, question: &Question) -> Answer {
        if let Some(answer) = held(&self.answers).get(question) {
            return answer.clone();
        }
        let answer = self.find(question);
        // Flows are judged side by side: another may have asked the same meanwhile.
        if held(&self.answers).insert(question.clone(), answer.clone()).is_none() {
            held(&self.asked).push(question.clone());
        }
        answer
    }
}

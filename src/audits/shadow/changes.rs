//! The fields that a rule changes for those behind it.

use rustc_hash::FxHashMap;

use crate::model::{ChainId, Field, Host, Rule, Step, Verdict};

/// Which fields rules change, also in the chains that they call.
pub struct Changes<'a> {
    host: &'a Host,
    known: FxHashMap<ChainId, Changed>,
}

/// Fields, or (none) any of them.
type Changed = Option<Vec<Field>>;

impl<'a> Changes<'a> {
    pub fn new(host: &'a Host) -> Self {
        Self { host, known: FxHashMap::default() }
    }

    /// Tells each field that may have changed; no field stands for any.
    pub fn of_rule(&mut self, rule: &Rule, tell: &mut dyn FnMut(Option<Field>)) {
        match self.changed(rule) {
            None => tell(None),
            Some(fields) => fields.into_iter().for_each(|field| tell(Some(field))),
        }
    }

    fn changed(&mut self, rule: &Rule) -> Changed {
        let mut fields = Vec::new();
        for step in &rule.steps {
            match step {
                Step::Write { field, .. } | Step::Flip { field, .. } => fields.push(*field),
                Step::Add { changes, .. } => fields.extend(changes.iter().map(|(field, _)| *field)),
                Step::Spoil { .. } => fields.extend([Field::IpChecksum, Field::TcpChecksum]),
                Step::Template { .. } | Step::Notrack | Step::Nat(_) | Step::Opaque(_) | Step::EditOption { .. } => return None,
                Step::Look { register: None, .. } => return None,
                Step::Verdict(Verdict::Jump(chain) | Verdict::Goto(chain)) => fields.extend(self.of_chain(*chain)?),
                Step::Test(_)
                | Step::Hotdrop(_)
                | Step::Count
                | Step::Look { .. }
                | Step::Free { .. }
                | Step::Fib { .. }
                | Step::Load { .. }
                | Step::Learn { .. }
                | Step::Verdict(_) => {}
            }
        }
        Some(fields)
    }

    fn of_chain(&mut self, id: ChainId) -> Changed {
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        // A chain that calls itself changes no more than its rules do.
        self.known.insert(id, Some(Vec::new()));
        let mut fields = Some(Vec::new());
        let host = self.host;
        for rule in host.chains.get(id.0 as usize).into_iter().flat_map(|chain| chain.rules.iter()) {
            match (&mut fields, self.changed(rule)) {
                (Some(fields), Some(more)) => more.into_iter().for_each(|field| {
                    if !fields.contains(&field) {
                        fields.push(field);
                    }
                }),
                _ => fields = None,
            }
        }
        self.known.insert(id, fields.clone());
        fields
    }
}

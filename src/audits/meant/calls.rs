//! Which chains lead to which.

use crate::model::{
    ChainId, Host, Step, Verdict,
    set::{Content, Data},
};

/// The chains that these lead to, themselves among them, by their numbers; none where a map that was not collected may lead anywhere.
pub fn reached(host: &Host, from: impl IntoIterator<Item = ChainId>) -> Option<Vec<bool>> {
    let mut seen = vec![false; host.chains.len()];
    let mut open: Vec<ChainId> = from.into_iter().collect();
    while let Some(id) = open.pop() {
        let (Some(chain), Some(seen)) = (host.chains.get(id.0 as usize), seen.get_mut(id.0 as usize)) else { continue };
        if std::mem::replace(seen, true) {
            continue;
        }
        for step in chain.rules.iter().flat_map(|rule| &rule.steps) {
            match step {
                Step::Verdict(verdict) => open.extend(called(verdict)),
                Step::Look { map, register: None, .. } => {
                    let Content::Elements { elements, catch_all } = &host.sets.get(map.0 as usize)?.content else { return None };
                    let data = elements.iter().map(|element| &element.data).chain(catch_all);
                    open.extend(data.filter_map(|data| if let Some(Data::Verdict(verdict)) = data { called(verdict) } else { None }));
                }
                _ => {}
            }
        }
    }
    Some(seen)
}

const fn called(verdict: &Verdict) -> Option<ChainId> {
    match verdict {
        Verdict::Jump(chain) | Verdict::Goto(chain) => Some(*chain),
        _ => None,
    }
}

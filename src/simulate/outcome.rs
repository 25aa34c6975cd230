//! What becomes of packets: verdict, who decided, and on which conditions.

use super::{stage::Stage, strand::Learned, view::View};
use crate::model::{ChainId, Field, Hook, Reject, RuleId, Values, step::ConditionId};

/// A piece of what was simulated, with its end.
#[derive(Debug, Clone)]
pub struct Outcome<S> {
    /// The packets, as they were when they entered (original fields).
    pub space: S,
    pub verdict: Ending,
    pub decided_by: Decision,
    /// Undecided conditions on this piece; empty if it is certain.
    pub conditions: Vec<Undecided>,
    /// How each base chain that was passed let it through, in order.
    pub passed: Vec<Decision>,
    /// Where an accepted packet goes.
    pub delivery: Delivery,
    /// Current fields at the end that differ from the original ones.
    pub changed: View,
    /// What the packets did to sets on their way, newest last.
    pub learned: Vec<Learned>,
    /// What happened, in order; kept only when a single packet is traced.
    pub events: Vec<Event>,
}

/// The verdict of the hooks and of routing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    Accept,
    Drop,
    Reject(Reject),
    /// Cannot be told, and why.
    Unknown(String),
}

/// Who decided.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Decision {
    /// A rule.
    Rule { hook: Hook, rule: RuleId },
    /// A base chain's policy (also after `return`); `drop` is the policy.
    Policy { hook: Hook, chain: ChainId, drop: bool },
    /// Several rules of one base chain and the chains that it calls: told apart only where they are few.
    Several { hook: Hook, chain: ChainId },
    /// Something that is no rule: routing, conntrack, rp_filter, martian, forwarding…
    Stage { stage: Stage, reason: String },
}

/// A condition that was met, with the side on which this piece lies.
#[derive(Debug, Clone)]
pub struct Undecided {
    /// The rule that asked, if it was one.
    pub rule: Option<(Hook, RuleId)>,
    pub condition: Option<ConditionId>,
    /// In the operator's words ("limit rate 10/second", "source port chosen by masquerade", "field seq is not known").
    pub text: String,
    /// A free choice of the kernel or of the other end: not a thing that can't be told.
    pub chosen: bool,
    /// The field that stands for it: a choice, or a packet's field that was not given.
    pub field: Field,
    /// The outcomes of it on this piece: for a yes/no condition 1 is yes.
    pub values: Values,
}

/// Where an accepted packet goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Nowhere: it was not accepted.
    None,
    /// To this host: the index of the listening socket in the model, or none with the answer of the kernel.
    Local { socket: Option<usize> },
    /// Out by this interface.
    Forward { interface: u32 },
    /// Sent by this host out of this interface.
    Sent { interface: u32 },
}

/// One thing that happened to a traced packet.
#[derive(Debug, Clone)]
pub enum Event {
    /// A hook was entered.
    Hook(Hook),
    /// A base chain was entered.
    Chain(ChainId),
    /// A rule was counted: its first counter was reached, or, without a counter, its end.
    Matched { hook: Hook, rule: RuleId },
}

impl Decision {
    /// The same, with the rule left open.
    #[must_use]
    pub fn several(&self) -> Self {
        match self {
            Self::Rule { hook, rule } => Self::Several { hook: *hook, chain: rule.chain },
            other => other.clone(),
        }
    }
}

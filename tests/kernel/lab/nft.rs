//! Loads rules and reads counters with the real `nft`, so that nothing here depends on this crate's own decoder.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

/// What names a rule: family, table, chain, handle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleKey {
    pub family: String,
    pub table: String,
    pub chain: String,
    pub handle: u64,
}

/// What the kernel says of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCount {
    pub comment: Option<String>,
    /// Its first counter; none if it has none.
    pub packets: Option<u64>,
    /// That counter stands right before the drop or reject which ends the rule: it counts what the rule decides.
    pub decides: bool,
}

/// Every rule of the namespace.
pub type Counters = BTreeMap<RuleKey, RuleCount>;

/// `nft -f`.
pub fn load(ruleset: &str) -> Result<(), String> {
    let run = || -> std::io::Result<_> {
        let mut child = Command::new("nft").args(["-f", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut pipe) = child.stdin.take() {
            pipe.write_all(ruleset.as_bytes())?;
        }
        child.wait_with_output()
    };
    match run() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// `nft -a list ruleset`, for people.
pub fn listing() -> String {
    Command::new("nft")
        .args(["-a", "list", "ruleset"])
        .output()
        .map_or_else(|error| error.to_string(), |output| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Every rule with its first counter; none if `nft` fails to list it (1.0.6 aborts on a range of `th` ports without a known protocol).
pub fn counters() -> Option<Counters> {
    let output = Command::new("nft").args(["-j", "list", "ruleset"]).output().expect("nft runs");
    let document: Value = serde_json::from_slice(&output.stdout).ok()?;
    let objects = document["nftables"].as_array().cloned().unwrap_or_default();
    Some(objects.iter().filter_map(|object| object.get("rule")).map(entry).collect())
}

fn entry(rule: &Value) -> (RuleKey, RuleCount) {
    let text = |name: &str| rule[name].as_str().unwrap_or_default().to_owned();
    let key =
        RuleKey { family: text("family"), table: text("table"), chain: text("chain"), handle: rule["handle"].as_u64().unwrap_or_default() };
    let statements = rule["expr"].as_array().cloned().unwrap_or_default();
    let first = statements.iter().position(|statement| statement.get("counter").is_some());
    let packets = first.and_then(|at| statements[at]["counter"]["packets"].as_u64());
    // nft puts a test of its own before a reject that fits one protocol only.
    let for_all = |reject: &Value| matches!(reject["type"].as_str(), None | Some("icmpx"));
    let ends = |statement: &Value| statement.get("drop").is_some() || statement.get("reject").is_some_and(for_all);
    // A verdict of a map may end the rule before.
    let first_of_all = |at: usize| statements[..at].iter().all(|statement| statement.get("vmap").is_none());
    let decides = first.is_some_and(|at| at + 2 == statements.len() && first_of_all(at) && ends(&statements[at + 1]));
    (key, RuleCount { comment: rule["comment"].as_str().map(str::to_owned), packets, decides })
}

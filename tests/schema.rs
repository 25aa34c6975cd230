//! The JSON that programs read keeps to the schemas in `schema/`.

use std::{fs, path::Path};

use assert_cmd::Command;
use serde_json::Value;

/// The part of JSON Schema that ours use.
struct Schema(Value);

impl Schema {
    fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(name);
        Self(serde_json::from_slice(&fs::read(path).expect("the schema")).expect("JSON"))
    }

    /// What is wrong, with its place.
    fn check(&self, value: &Value) -> Result<(), String> {
        self.node(&self.0, value, "$")
    }

    fn node(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        if let Some(reference) = schema["$ref"].as_str() {
            let target = self.0.pointer(&reference[1..]).unwrap_or_else(|| panic!("{reference} is not defined"));
            return self.node(target, value, at);
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            let errors: Vec<String> = choices.iter().filter_map(|choice| self.node(choice, value, at).err()).collect();
            return if errors.len() < choices.len() { Ok(()) } else { Err(format!("{at}: none fits: {}", errors.join(" | "))) };
        }
        if let Some(allowed) = schema["enum"].as_array()
            && !allowed.contains(value)
        {
            return Err(format!("{at}: {value} is none of {allowed:?}"));
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if !types.is_empty() && !types.contains(&kind(value)) {
            return Err(format!("{at}: {} instead of {types:?}", kind(value)));
        }
        if let Value::Array(items) = value
            && !schema["items"].is_null()
        {
            items.iter().enumerate().try_for_each(|(index, item)| self.node(&schema["items"], item, &format!("{at}[{index}]")))?;
        }
        if let Value::Object(entries) = value {
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !entries.contains_key(name) {
                    return Err(format!("{at}: {name} is missing"));
                }
            }
            for (name, entry) in entries {
                match (&schema["properties"][name], &schema["additionalProperties"]) {
                    (Value::Null, Value::Bool(false)) => return Err(format!("{at}: {name} is not in the schema")),
                    (Value::Null, Value::Null | Value::Bool(true)) => {}
                    (Value::Null, other) => self.node(other, entry, &format!("{at}.{name}"))?,
                    (property, _) => self.node(property, entry, &format!("{at}.{name}"))?,
                }
            }
        }
        Ok(())
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn output(args: &[&str], stdin: &str) -> String {
    let output = Command::cargo_bin("clearway").expect("built").args(args).write_stdin(stdin).output().expect("it runs");
    String::from_utf8(output.stdout).expect("UTF-8")
}

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/demo/gateway.clearway");

#[test]
fn an_audit_keeps_to_its_schema() {
    let report: Value = serde_json::from_str(&output(&["demo", "--format", "json"], "")).expect("JSON");
    assert_eq!(Schema::read("audit.json").check(&report), Ok(()));
    for list in ["flows", "findings", "assumptions"] {
        assert!(!report[list].as_array().expect(list).is_empty(), "{list} is empty");
    }
}

#[test]
fn what_was_seen_keeps_to_the_schema() {
    use clearway::snapshot::{Snapshot, traffic::Connections};
    let mut snapshot = Snapshot::read(Path::new(DEMO)).expect("the demo");
    let to = "10.0.3.12:8080".parse().expect("an address");
    let program = Some("nginx".to_owned());
    snapshot.traffic.connections.push(Connections {
        to,
        waiting: true,
        count: 12,
        repeated: 12,
        most: 5,
        uid: 33,
        pid: Some(812),
        program,
    });
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("seen.clearway");
    snapshot.write(&path).expect("written");
    let report = output(
        &["--snapshot", path.to_str().expect("UTF-8"), "--no-discover", "--flow", "tcp local -> 10.0.3.12:8080", "--format", "json"],
        "",
    );
    let report: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(Schema::read("audit.json").check(&report), Ok(()));
    assert_eq!(report["flows"][0]["observed"][0]["count"], 12);
}

#[test]
fn a_flow_keeps_to_the_schema() {
    for flow in ["tcp any -> local:443", "icmp any -> local", "udp local -> any:53", "icmpv6 any -> local"] {
        let trace: Value = serde_json::from_str(&output(&["trace", "--snapshot", DEMO, "--format", "json", flow], "")).expect("JSON");
        assert_eq!(Schema::read("audit.json").check(&trace), Ok(()), "{flow}");
    }
}

#[test]
fn a_diagnosis_keeps_to_its_schema() {
    let lines = "connect() failed (111: x) while connecting to upstream, client: 192.0.2.1, server: , request: \"GET / HTTP/1.1\", upstream: \"http://10.0.3.12:8080/\"\n\
        connect() failed (2: x) while connecting to upstream, client: 192.0.2.1, server: , upstream: \"http://unix:/run/x:/\"\n\
        IN=eth0 OUT= SRC=198.51.100.7 DST=203.0.113.10 PROTO=TCP SPT=4000 DPT=443\nwhat is this\n";
    let report: Value = serde_json::from_str(&output(&["diagnose", "--snapshot", DEMO, "--format", "json", "-"], lines)).expect("JSON");
    assert_eq!(Schema::read("diagnosis.json").check(&report), Ok(()));
    assert_eq!(Schema::read("audit.json").check(&report["audit"]), Ok(()));
    assert_eq!((report["events"].as_array().map(Vec::len), &report["unread"]), (Some(3), &serde_json::json!([4])));
}

#[test]
fn a_difference_keeps_to_its_schema() {
    let folder = tempfile::tempdir().expect("a folder");
    let rules = folder.path().join("rules");
    fs::write(&rules, "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp --dport 443 -j ACCEPT\nCOMMIT\n").expect("a file");
    let other = folder.path().join("other.clearway").display().to_string();
    output(&["snapshot", "--iptables-save", &rules.display().to_string(), "--host", DEMO, "--output", &other], "");
    for (before, after) in [(DEMO, other.as_str()), (&other, DEMO)] {
        let difference: Value = serde_json::from_str(&output(&["diff", before, after, "--format", "json"], "")).expect("JSON");
        assert_eq!(Schema::read("diff.json").check(&difference), Ok(()));
        for list in ["flows", "changes"] {
            assert!(!difference[list].as_array().expect(list).is_empty(), "{list} is empty");
        }
    }
}

#[test]
fn an_answer_keeps_to_its_schema() {
    let packets = [
        r#"{"id":"7","src":"192.0.2.5","dst":"203.0.113.10","proto":"tcp","sport":40000,"dport":443,"flags":["syn"],"in":"eth0","ttl":64,"length":40,"mark":0}"#,
        r#"{"src":"10.0.3.5","dst":"10.0.3.12","proto":"tcp","sport":40000,"dport":8080,"flags":["syn"]}"#,
        r#"{"dst":"203.0.113.10","in":"eth0"}"#,
        r#"{"dst":"::1","proto":"icmpv6","icmp_type":128,"icmp_code":0}"#,
    ];
    let answers = output(&["trace", "--snapshot", DEMO, "--format", "json", "--packets", "-"], &packets.join("\n"));
    assert_eq!(answers.lines().count(), packets.len(), "{answers}");
    for line in answers.lines() {
        let answer: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(Schema::read("answer.json").check(&answer), Ok(()), "{line}");
    }
}

#[test]
fn fixes_keep_to_their_schema() {
    let plan: Value = serde_json::from_str(&output(&["fix", "--snapshot", DEMO, "--format", "json"], "")).expect("JSON");
    assert_eq!(Schema::read("fix.json").check(&plan), Ok(()));
    assert!(!plan["findings"].as_array().expect("findings").is_empty() && !plan["flows"].as_array().expect("flows").is_empty());
    let folder = tempfile::tempdir().expect("a folder");
    let rules = folder.path().join("rules");
    let of = |text: &str| -> Value {
        fs::write(&rules, text).expect("a file");
        let rules = rules.display().to_string();
        let arguments =
            ["fix", "--iptables-save", &rules, "--host", DEMO, "--no-discover", "--format", "json", "--flow", "tcp any -> local:443"];
        serde_json::from_str(&output(&arguments, "")).expect("JSON")
    };
    let by_hand = of(
        "*filter\n:INPUT DROP [0:0]\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p tcp --dport 22 -j ACCEPT\nCOMMIT\n",
    );
    assert_eq!(Schema::read("fix.json").check(&by_hand), Ok(()));
    assert_eq!(by_hand["findings"][0]["fix"]["actions"][0]["run"][0], "iptables", "{by_hand:#}");
    let owned = of(
        "*filter\n:INPUT ACCEPT [0:0]\n:KUBE-FIREWALL - [0:0]\n-A INPUT -j KUBE-FIREWALL\n-A KUBE-FIREWALL -p tcp --dport 443 -j DROP\nCOMMIT\n",
    );
    assert_eq!(Schema::read("fix.json").check(&owned), Ok(()));
    assert!(owned["findings"][0]["why"].as_str().is_some_and(|why| why.contains("kube-proxy")), "{owned:#}");
}

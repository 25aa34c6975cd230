//! ufw: its files, put together as `ufw-init` does (`ufw_start` in /lib/ufw/ufw-init-functions).

use super::{assembled::Assembled, files::Files};

/// Every file that it reads.
pub const FILES: [&str; 8] = [
    CONFIGURATION,
    DEFAULTS,
    "/etc/ufw/before.rules",
    "/etc/ufw/after.rules",
    "/etc/ufw/user.rules",
    "/etc/ufw/before6.rules",
    "/etc/ufw/after6.rules",
    "/etc/ufw/user6.rules",
];

/// Programs that it runs where they are executable.
pub const HOOKS: [&str; 2] = ["/etc/ufw/before.init", "/etc/ufw/after.init"];

const CONFIGURATION: &str = "/etc/ufw/ufw.conf";
const DEFAULTS: &str = "/etc/default/ufw";

/// A variable of a file for shells; the last assignment counts.
fn variable<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let value = |line: &'a str| line.trim().strip_prefix(name)?.strip_prefix('=');
    text.lines().filter_map(value).next_back().map(|value| value.trim().trim_matches(['"', '\'']))
}

/// Whether it starts with the host.
pub fn is_enabled(files: &Files<'_>) -> Result<bool, String> {
    let text = files.text(CONFIGURATION)?.unwrap_or_default();
    Ok(matches!(variable(&text, "ENABLED"), Some("yes" | "YES")))
}

/// What it loads for both IP versions.
pub fn texts(files: &Files<'_>) -> Result<[Assembled; 2], String> {
    for hook in HOOKS {
        if files.is_executable(hook)? {
            return Err(format!("{hook} is a program that ufw runs at boot: what it does to the rules is not known"));
        }
    }
    let defaults = files.text(DEFAULTS)?.ok_or_else(|| format!("{DEFAULTS} is not there"))?;
    let mut texts = [Assembled::default(), Assembled::default()];
    let with_six = matches!(variable(&defaults, "IPV6"), Some("yes" | "YES"));
    for (assembled, six) in texts.iter_mut().zip([false, true]) {
        if six && !with_six {
            assembled.add(
                "ufw-init",
                "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A OUTPUT -o lo -j ACCEPT\nCOMMIT\n",
            );
        } else {
            load(files, &defaults, if six { "6" } else { "" }, assembled)?;
        }
    }
    Ok(texts)
}

const HOOK_NAMES: [(&str, &str); 3] = [("input", "INPUT"), ("output", "OUTPUT"), ("forward", "FORWARD")];

/// In the order of `ufw_start`.
fn load(files: &Files<'_>, defaults: &str, kind: &str, into: &mut Assembled) -> Result<(), String> {
    let policy = |built_in: &str| -> Result<&str, String> {
        let name = format!("DEFAULT_{built_in}_POLICY");
        match variable(defaults, &name) {
            Some(policy @ ("ACCEPT" | "DROP" | "REJECT")) => Ok(policy),
            other => Err(format!("{DEFAULTS}: {name} is {}", other.unwrap_or("not set"))),
        }
    };
    let chain = |part: &str, hook: &str| format!("ufw{kind}-{part}-{hook}");
    let (mut chains, mut rules) = (String::new(), String::new());
    for (hook, built_in) in HOOK_NAMES {
        for part in ["before-logging", "before", "after", "after-logging", "reject", "track"] {
            chains.push_str(&format!(":{} - [0:0]\n", chain(part, hook)));
            rules.push_str(&format!("-A {built_in} -j {}\n", chain(part, hook)));
        }
        for part in ["skip-to-policy", "user", "user-logging"] {
            chains.push_str(&format!(":{} - [0:0]\n", chain(part, hook)));
        }
        match policy(built_in)? {
            "REJECT" => rules.push_str(&format!("-A {} -j REJECT\n", chain("reject", hook))),
            "ACCEPT" => {
                for protocol in ["tcp", "udp"] {
                    rules.push_str(&format!("-A {} -p {protocol} -m conntrack --ctstate NEW -j ACCEPT\n", chain("track", hook)));
                }
            }
            _ => {}
        }
        rules.push_str(&format!("-A {} -j {}\n", chain("skip-to-policy", hook), policy(built_in)?));
    }
    for name in ["logging-deny", "logging-allow", "user-limit", "user-limit-accept"] {
        chains.push_str(&format!(":ufw{kind}-{name} - [0:0]\n"));
    }
    into.add("ufw-init", &format!("*filter\n{chains}{rules}COMMIT\n"));
    for name in ["before", "after", "user"] {
        let path = format!("/etc/ufw/{name}{kind}.rules");
        let text = files.text(&path)?.filter(|text| !text.is_empty()).ok_or_else(|| format!("{path} is not there, or empty"))?;
        into.add(&path, &text);
    }
    let mut last = String::from("*filter\n");
    for (hook, built_in) in HOOK_NAMES {
        last.push_str(&format!("-A {} -j {}\n", chain("before", hook), chain("user", hook)));
        let policy = if policy(built_in)? == "ACCEPT" { "ACCEPT" } else { "DROP" };
        last.push_str(&format!(":{built_in} {policy} [0:0]\n"));
    }
    into.add(DEFAULTS, &format!("{last}COMMIT\n"));
    Ok(())
}

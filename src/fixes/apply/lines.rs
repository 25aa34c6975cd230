//! Texts of rules, line by line: without counters and what comes and goes with time, so that two of them can be compared.

/// The tables of an `iptables-save`: name and text, from `*` to COMMIT.
pub fn tables(text: &str) -> Vec<(String, String)> {
    let mut tables: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('*') {
            tables.push((name.to_owned(), String::new()));
            open = true;
        }
        if let (true, Some((_, text))) = (open, tables.last_mut()) {
            text.push_str(line);
            text.push('\n');
        }
        open &= line != "COMMIT";
    }
    tables
}

/// The lines that say something, each with the chain of nft's in which it stands. Elements of sets that packets fill or time empties are left
/// out, and so is what counters count. Of iptables' tables the chains stand in no order, and one without rules says nothing: Shorewall names one
/// after every version of its files.
pub fn bare(text: &str) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    let mut chain = String::new();
    let (mut fleeting, mut elements) = (false, false);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["chain", name, "{"] => name.clone_into(&mut chain),
            ["set" | "map" | "meter", _, "{"] => fleeting = false,
            ["flags", ..] => fleeting |= line.contains("dynamic") || line.contains("timeout"),
            ["elements", ..] => elements = fleeting,
            _ => {}
        }
        let dropped = elements || (line.starts_with(':') && words.get(1) == Some(&"-"));
        elements &= !line.ends_with('}');
        if !dropped {
            lines.push((chain.clone(), without_counts(&words)));
        }
        if line == "}" {
            chain.clear();
        }
    }
    if lines.first().is_some_and(|(_, line)| line.starts_with('*')) {
        lines.sort_by(|(_, one), (_, other)| chain_of(one).cmp(chain_of(other)));
    }
    lines
}

/// `INPUT` of `-A INPUT -j ACCEPT`.
fn chain_of(line: &str) -> &str {
    line.strip_prefix("-A ").and_then(|rule| rule.split(' ').next()).unwrap_or_default()
}

fn without_counts(words: &[&str]) -> String {
    let counted = |word: &str| word.starts_with('[') && word.ends_with(']') && word.contains(':');
    let mut number = false;
    let kept =
        words.iter().filter(|word| !counted(word) && !std::mem::replace(&mut number, matches!(**word, "packets" | "bytes" | "expires")));
    kept.copied().collect::<Vec<_>>().join(" ")
}

/// What went and what came from some lines to others. Lines that moved went and came.
pub fn difference<L: PartialEq + Clone>(before: &[L], after: &[L]) -> (Vec<L>, Vec<L>) {
    let head = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    let (before, after) = (&before[head..], &after[head..]);
    let tail = before.iter().rev().zip(after.iter().rev()).take_while(|(one, other)| one == other).count();
    let (before, after) = (&before[..before.len() - tail], &after[..after.len() - tail]);
    // Where one is the other with some lines more, those are told; anything else is told as a whole.
    match (without(after, before), without(before, after)) {
        (Some(added), _) => (Vec::new(), added),
        (None, Some(removed)) => (removed, Vec::new()),
        (None, None) => (before.to_vec(), after.to_vec()),
    }
}

/// The lines of the longer one that the shorter lacks; none if the shorter has others, or another order.
fn without<L: PartialEq + Clone>(longer: &[L], shorter: &[L]) -> Option<Vec<L>> {
    let mut left = shorter.iter().peekable();
    let more = longer.iter().filter(|line| left.next_if(|next| next == line).is_none()).cloned().collect();
    left.next().is_none().then_some(more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_do_not_count() {
        let one = "*filter\n:INPUT DROP [12:34]\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n# Completed on Mon\n";
        let other = "# Generated\n*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n";
        assert_eq!(bare(one), bare(other));
        let one = "table inet a {\n\tset s {\n\t\ttype ipv4_addr\n\t\tflags dynamic,timeout\n\t\telements = { 10.0.0.1 expires 3s,\n\t\t\t10.0.0.2 }\n\t}\n\
            \tchain c {\n\t\tcounter packets 1 bytes 60 drop\n\t}\n}\n";
        let other = "table inet a {\n\tset s {\n\t\ttype ipv4_addr\n\t\tflags dynamic,timeout\n\t}\n\tchain c {\n\t\tcounter packets 9 bytes 99 drop\n\t}\n}\n";
        assert_eq!(bare(one), bare(other));
        assert!(bare(one).contains(&("c".to_owned(), "counter packets bytes drop".to_owned())));
        let one = "*filter\n:INPUT DROP [0:0]\n:b - [0:0]\n:a - [0:0]\n[1:2] -A b -j DROP\n-A a -s 10.0.0.1 -j a\n-A a -j b\nCOMMIT\n";
        let moved =
            "*filter\n:INPUT DROP [0:0]\n:a - [0:0]\n:x1 - [0:0]\n:b - [0:0]\n-A a -s 10.0.0.1 -j a\n-A a -j b\n-A b -j DROP\nCOMMIT\n";
        assert_eq!(bare(one), bare(moved));
        assert_ne!(bare(one), bare(&moved.replace("-A a -j b\n", "").replace("-A a -s", "-A a -j b\n-A a -s")));
        let fixed = other.replace("dynamic,timeout", "interval\n\t\telements = { 10.0.0.0/8 }");
        assert!(bare(&fixed).iter().any(|(_, line)| line.starts_with("elements")), "{fixed}");
    }

    #[test]
    fn tables_stand_apart() {
        let text = "# x\n*nat\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n# y\n*filter\nCOMMIT\n";
        let expected = [("nat", "*nat\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"), ("filter", "*filter\nCOMMIT\n")];
        assert_eq!(tables(text), expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }

    #[test]
    fn lines_that_came_and_went_are_told() {
        let split = |text: &'static str| text.chars().collect::<Vec<_>>();
        let told = |one, other| {
            let (removed, added) = difference(&split(one), &split(other));
            (removed.into_iter().collect::<String>(), added.into_iter().collect::<String>())
        };
        assert_eq!(told("abcd", "abcd"), (String::new(), String::new()));
        assert_eq!(told("abcd", "axbcyd"), (String::new(), "xy".to_owned()));
        assert_eq!(told("abcd", "ad"), ("bc".to_owned(), String::new()));
        assert_eq!(told("abcd", "acbd"), ("bc".to_owned(), "cb".to_owned()));
        assert_eq!(told("aab", "aaab"), (String::new(), "a".to_owned()));
    }
}

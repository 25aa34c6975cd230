//! File name patterns as `glob(3)` and `fnmatch(3)` know them: `*`, `?`, `[…]` and a backslash.

/// Whether a part of a path has anything that is special.
#[must_use]
pub fn is_pattern(part: &str) -> bool {
    part.contains(['*', '?', '['])
}

/// A part of a path that is no pattern, without its backslashes.
#[must_use]
pub fn unescaped(part: &str) -> String {
    let mut text = String::new();
    let mut letters = part.chars();
    while let Some(letter) = letters.next() {
        text.push(if letter == '\\' { letters.next().unwrap_or('\\') } else { letter });
    }
    text
}

/// Whether a name, without slashes, fits. A leading dot has to be spelled out (`FNM_PERIOD`).
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') && !pattern.starts_with("\\.") {
        return false;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut of) = (0, 0);
    // Where the last star stands, and how much of the name it has taken: only that one needs to be tried again.
    let mut star: Option<(usize, usize)> = None;
    while let Some(&letter) = name.get(of) {
        if pattern.get(at) == Some(&'*') {
            star = Some((at, of));
            at += 1;
            continue;
        }
        if let Some(next) = one(pattern.get(at..).unwrap_or_default(), letter) {
            at += next;
            of += 1;
            continue;
        }
        let Some((stands, taken)) = star else { return false };
        star = Some((stands, taken + 1));
        at = stands + 1;
        of = taken + 1;
    }
    pattern.get(at..).unwrap_or_default().iter().all(|&letter| letter == '*')
}

/// How many characters of the pattern stand for this one.
fn one(pattern: &[char], letter: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['\\', next, ..] => (*next == letter).then_some(2),
        ['[', rest @ ..] => match bracket(rest, letter) {
            Some((fits, length)) => fits.then_some(length + 1),
            // Without its end it is a letter like others.
            None => (letter == '[').then_some(1),
        },
        [plain, ..] => (*plain == letter).then_some(1),
        [] => None,
    }
}

/// What stands after `[`: whether the letter is in it, and how long it is with its `]`.
fn bracket(rest: &[char], letter: char) -> Option<(bool, usize)> {
    let negated = matches!(rest.first(), Some('!' | '^'));
    let mut at = usize::from(negated);
    let start = at;
    let mut fits = false;
    loop {
        let mut low = *rest.get(at)?;
        if low == ']' && at > start {
            return Some((fits != negated, at + 1));
        }
        if low == '\\' {
            at += 1;
            low = *rest.get(at)?;
        }
        let high = match (rest.get(at + 1), rest.get(at + 2)) {
            (Some('-'), Some(high)) if *high != ']' => {
                at += 2;
                *high
            }
            _ => low,
        };
        fits |= (low..=high).contains(&letter);
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_in_a_shell() {
        for (pattern, name, fits) in [
            ("*.conf", "web.conf", true),
            ("*.conf", ".web.conf", false),
            (".*", ".web.conf", true),
            ("*", "", true),
            ("a*b*c", "a12b3bc", true),
            ("a*b*c", "a12b3b", false),
            ("?", "é", true),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]x]", "]", true),
            ("[a", "[a", true),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("****", "x", true),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
        assert_eq!(unescaped("a\\*b"), "a*b");
    }
}

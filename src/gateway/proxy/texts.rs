//! A world of a few files, for the tests of the readers.

use super::{files::absolute, pattern};
use crate::world::{Answer, Question, World};

/// Files by their paths, those without a folder in `/c`; and one variable of the environment, `PORT`.
pub struct Texts<'a>(pub &'a [(&'a str, &'a str)]);

impl Texts<'_> {
    fn paths(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(name, _)| absolute("/c", name))
    }
}

impl World for Texts<'_> {
    fn ask(&self, question: &Question) -> Answer {
        match question {
            Question::File { path, .. } => {
                let folder = format!("{}/", path.trim_end_matches('/'));
                match self.0.iter().find(|(name, _)| absolute("/c", name) == *path) {
                    Some((_, text)) => Answer::Text((*text).to_owned()),
                    None if self.paths().any(|each| each.starts_with(&folder)) => Answer::Unknown("it is no regular file".into()),
                    None => Answer::Absent("no such file".into()),
                }
            }
            Question::Paths { pattern, .. } => {
                let (folder, last) = pattern.rsplit_once('/').expect("an absolute pattern");
                let fits = |path: &String| path.rsplit_once('/').is_some_and(|(of, name)| of == folder && pattern::matches(last, name));
                let mut paths: Vec<String> = self.paths().filter(fits).collect();
                paths.sort();
                Answer::Paths(paths)
            }
            Question::Environment { name, .. } if name == "PORT" => Answer::Text("8080".into()),
            Question::Environment { .. } => Answer::Absent("no such variable".into()),
            _ => Answer::Unknown("not asked".into()),
        }
    }
}

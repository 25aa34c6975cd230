//! What was asked and answered, found by question.

use std::{ops::Deref, sync::OnceLock};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::world::{Answer, Question};

/// Questions with their answers, in the order in which they were asked.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answers {
    list: Vec<(Question, Answer)>,
    /// Where in the list each question stands first; made when it is first asked for.
    #[serde(skip)]
    places: OnceLock<FxHashMap<Question, usize>>,
}

impl Answers {
    /// The answer to a question, if it was asked.
    #[must_use]
    pub fn find(&self, question: &Question) -> Option<&Answer> {
        let places = self.places.get_or_init(|| {
            let mut places = FxHashMap::default();
            for (place, (asked, _)) in self.list.iter().enumerate() {
                places.entry(asked.clone()).or_insert(place);
            }
            places
        });
        self.list.get(*places.get(question)?).map(|(_, answer)| answer)
    }
}

impl FromIterator<(Question, Answer)> for Answers {
    fn from_iter<I: IntoIterator<Item = (Question, Answer)>>(answers: I) -> Self {
        Self { list: answers.into_iter().collect(), places: OnceLock::new() }
    }
}

impl Deref for Answers {
    type Target = [(Question, Answer)];

    fn deref(&self) -> &Self::Target {
        &self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_answer_counts() {
        let ask = |path: &str| Question::File { root: None, path: path.into() };
        let told = |text: &str| Answer::Text(text.into());
        let answers: Answers = [(ask("/a"), told("1")), (ask("/b"), told("2")), (ask("/a"), told("3"))].into_iter().collect();
        assert_eq!(answers.find(&ask("/a")), Some(&told("1")));
        assert_eq!(answers.find(&ask("/c")), None);
        let text = serde_json::to_string(&answers).expect("JSON");
        assert!(text.starts_with('['), "as a list: {text}");
        let read: Answers = serde_json::from_str(&text).expect("the same");
        assert_eq!((read.len(), read.find(&ask("/b"))), (3, Some(&told("2"))));
    }
}

//! What was asked about files.

use crate::world::{Answer, Question};

/// Questions with their answers.
pub struct Files<'a>(pub &'a [(Question, Answer)]);

impl Files<'_> {
    fn answer(&self, question: &Question) -> Option<&Answer> {
        self.0.iter().find(|(asked, _)| asked == question).map(|(_, answer)| answer)
    }

    /// The text of a file; none if there is no such file.
    ///
    /// # Errors
    /// It could not be read.
    pub fn text(&self, path: &str) -> Result<Option<String>, String> {
        match self.answer(&Question::File { root: None, path: path.to_owned() }) {
            Some(Answer::Text(text)) => Ok(Some(text.clone())),
            Some(Answer::Absent(_)) => Ok(None),
            Some(Answer::Unknown(why)) => Err(format!("{path}: {why}")),
            _ => Err(format!("{path}: not collected")),
        }
    }

    /// Whether a pattern names a file.
    ///
    /// # Errors
    /// It could not be told.
    pub fn is_there(&self, pattern: &str) -> Result<bool, String> {
        match self.answer(&Question::Paths { root: None, pattern: pattern.to_owned() }) {
            Some(Answer::Paths(paths)) => Ok(!paths.is_empty()),
            Some(Answer::Unknown(why)) => Err(format!("{pattern}: {why}")),
            _ => Err(format!("{pattern}: not collected")),
        }
    }

    /// Whether a file is there that may be executed.
    ///
    /// # Errors
    /// It could not be told.
    pub fn is_executable(&self, path: &str) -> Result<bool, String> {
        match self.answer(&Question::SocketFile { root: None, path: path.to_owned() }) {
            Some(Answer::SocketFile { way, .. }) => Ok(way.last().is_some_and(|file| file.mode & 0o111 != 0)),
            Some(Answer::Absent(_)) => Ok(false),
            Some(Answer::Unknown(why)) => Err(format!("{path}: {why}")),
            _ => Err(format!("{path}: not collected")),
        }
    }
}

//! Where results go, and in which form.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use super::{Error, replacement::Replacement};
use crate::report::text::plain;

/// Options of everything that prints a result.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// For people, or for programs
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write the result to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// The form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Text for people; coloured on a terminal unless NO_COLOR is set
    Text,
    /// JSON for programs
    Json,
}

/// Where a result goes. Buffered: call [`Output::finish`].
pub struct Output {
    to: To,
    name: String,
    format: Format,
    /// Colours are taken out of text.
    plain: bool,
    /// Columns of the terminal, or what suits a file.
    pub width: usize,
}

enum To {
    Stdout(BufWriter<io::Stdout>),
    File(BufWriter<File>, Replacement),
}

/// Without a terminal nobody knows the width: lines that most editors and mails still show whole.
const WIDTH_OF_FILES: usize = 120;

impl OutputArgs {
    /// Opens it, before anything is computed: a place that can't be written is told at once.
    pub fn open(&self) -> Result<Output, Error> {
        if let Some(path) = &self.output {
            let name = path.display().to_string();
            let (file, place) = Replacement::open(path).map_err(|error| Error::Write { to: name.clone(), error })?;
            let to = To::File(BufWriter::with_capacity(BUFFER, file), place);
            return Ok(Output { to, name, format: self.format, plain: true, width: WIDTH_OF_FILES });
        }
        let stdout = io::stdout();
        let width =
            if stdout.is_terminal() { terminal_size::terminal_size().map_or(80, |(width, _)| width.0.into()) } else { WIDTH_OF_FILES };
        let plain = anstream::AutoStream::choice(&stdout) == anstream::ColorChoice::Never;
        let to = To::Stdout(BufWriter::with_capacity(BUFFER, stdout));
        Ok(Output { to, name: "standard output".into(), format: self.format, plain, width })
    }
}

const BUFFER: usize = 1 << 16;

impl Output {
    /// Writes JSON as it is; of text what a terminal would take for a command is made visible.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let text = match self.format {
            Format::Json => None,
            Format::Text => Some(String::from_utf8_lossy(bytes)),
        };
        let text = text.as_deref().map(plain::lines).map(|text| match self.plain {
            true => anstream::adapter::strip_str(&text).to_string(),
            false => text.into(),
        });
        let bytes = text.as_deref().map_or(bytes, str::as_bytes);
        self.to.writer().write_all(bytes).map_err(|error| Error::Write { to: self.name.clone(), error })
    }

    /// Writes a value as JSON, readable, with a line end.
    pub fn json(&mut self, value: &impl serde::Serialize) -> Result<(), Error> {
        let failed = |error: serde_json::Error| Error::Write { to: self.name.clone(), error: error.into() };
        serde_json::to_writer_pretty(self.to.writer(), value).map_err(failed)?;
        self.write(b"\n")
    }

    /// The folder in which the finished result takes its place.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match &self.to {
            To::Stdout(_) => None,
            To::File(_, place) => place.folder(),
        }
    }

    /// Writes what is still buffered; a file takes its place.
    pub fn finish(self) -> Result<(), Error> {
        let finished = match self.to {
            To::Stdout(mut stdout) => stdout.flush(),
            To::File(mut file, place) => file.flush().and_then(|()| place.finish()),
        };
        finished.map_err(|error| Error::Write { to: self.name, error })
    }
}

impl To {
    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Stdout(stdout) => stdout,
            Self::File(file, _) => file,
        }
    }
}

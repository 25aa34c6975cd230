//! Man pages and completions are made from the command line's own definition; this keeps the files in the repository fresh.
//!
//! After a meant change: `CLEARWAY_GENERATE=1 cargo test --test generated`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clearway::cli::Cli;

/// Every generated file, by its path in the repository.
fn generated() -> BTreeMap<PathBuf, Vec<u8>> {
    let mut command = Cli::command();
    command.build();
    let mut files = BTreeMap::new();
    let mut page = |command: &Command, name: String| {
        let name: &'static str = name.leak();
        let mut text = Vec::new();
        let command = command.clone().name(name).disable_help_subcommand(true);
        clap_mangen::Man::new(command).render(&mut text).expect("writing to memory");
        files.insert(PathBuf::from(format!("man/{name}.1")), text);
    };
    page(&command, "clearway".into());
    for subcommand in command.get_subcommands().filter(|each| each.get_name() != "help") {
        page(subcommand, format!("clearway-{}", subcommand.get_name()));
    }
    for (shell, name) in [(Shell::Bash, "clearway.bash"), (Shell::Zsh, "_clearway"), (Shell::Fish, "clearway.fish")] {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "clearway", &mut text);
        files.insert(Path::new("packaging/completions").join(name), text);
    }
    files
}

#[test]
fn man_pages_and_completions_are_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let write = std::env::var_os("CLEARWAY_GENERATE").is_some();
    for (path, text) in generated() {
        let file = root.join(&path);
        if write {
            fs::create_dir_all(file.parent().expect("a folder")).expect("the folder can be made");
            fs::write(&file, &text).expect("the file can be written");
        }
        let there = fs::read(&file).unwrap_or_default();
        assert!(there == text, "{} is stale: CLEARWAY_GENERATE=1 cargo test --test generated", path.display());
    }
}

//! The project's own commands: reads the command line and calls one. What each does lives in the file of its name.
#![allow(clippy::print_stdout, reason = "printing is what these commands are for")]

mod bench;
mod fuzz;
mod generate;
mod lighthouse;
mod needs;
mod run;
mod test;
mod tidy;
mod tools;
mod torture;
mod tour;

use std::process::ExitCode;

/// Why a command ended without doing its work.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    message: String,
    usage: bool,
}

impl Failure {
    /// The work was tried and failed.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), usage: false }
    }

    /// The command line makes no sense; nothing was tried.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), usage: true }
    }
}

/// What every command answers.
pub(crate) type Done = Result<(), Failure>;

/// One command, and everything that the help says of it.
struct Command {
    name: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Done,
}

const COMMANDS: [Command; 8] = [
    Command { name: "test", help: test::HELP, run: test::command },
    Command { name: "tidy", help: tidy::HELP, run: tidy::command },
    Command { name: "bench", help: bench::HELP, run: bench::command },
    Command { name: "torture", help: torture::HELP, run: torture::command },
    Command { name: "fuzz", help: fuzz::HELP, run: fuzz::command },
    Command { name: "generate", help: generate::HELP, run: generate::command },
    Command { name: "lighthouse", help: lighthouse::HELP, run: lighthouse::command },
    Command { name: "tour", help: tour::HELP, run: tour::command },
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {}", failure.message);
            if failure.usage {
                eprintln!("\nSee: cargo xtask --help");
            }
            ExitCode::from(if failure.usage { 2 } else { 1 })
        }
    }
}

fn dispatch(args: &[String]) -> Done {
    let (name, rest) = match args {
        [] => return Err(Failure::usage("which command?")),
        [first, rest @ ..] => (first.as_str(), rest),
    };
    if matches!(name, "--help" | "-h" | "help") {
        println!("{}", overview());
        return Ok(());
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        return Err(Failure::usage(format!("there is no command {name:?}")));
    };
    if rest.first().is_some_and(|arg| arg == "--help" || arg == "-h") {
        println!("{}", command.help);
        return Ok(());
    }
    (command.run)(rest)
}

/// The first lines of every command's help, and how to see the rest.
fn overview() -> String {
    let mut text = String::from("The project's own commands.\n\nUsage: cargo xtask COMMAND [ARGUMENTS]\n\nCommands:\n");
    for command in &COMMANDS {
        let summary = command.help.lines().next().unwrap_or_default();
        text.push_str(&format!("  {:<10}{summary}\n", command.name));
    }
    text.push_str("\ncargo xtask COMMAND --help says more.\n");
    text.push_str("Exit codes: 0 done, 1 failed or found something, 2 wrong usage.");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_overview_names_every_command_with_a_sentence() {
        let text = overview();
        for command in &COMMANDS {
            assert!(text.contains(&format!("  {:<10}", command.name)), "{text}");
            assert!(command.help.contains(&format!("cargo xtask {}", command.name)), "{}", command.help);
        }
    }

    #[test]
    fn an_unknown_command_is_wrong_usage() {
        assert!(dispatch(&["nonsense".to_owned()]).unwrap_err().usage);
        assert!(dispatch(&[]).unwrap_err().usage);
    }
}

//! `cargo xtask fuzz`: runs one fuzz target for a while, or lists them. The targets live in `fuzz/fuzz_targets/`.

use std::path::Path;
use std::process::Command;

use crate::run::{cargo, root, run, succeeds};
use crate::{Done, Failure};

pub(crate) const HELP: &str = "\
Fuzz one target for a while; without a target, list them

Usage: cargo xtask fuzz [TARGET] [--seconds N]

Options:
  --seconds N   how long to search (default 60)

Needs cargo-fuzz: cargo install cargo-fuzz";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    target: Option<String>,
    seconds: u64,
}

/// Fuzzes the target, or lists the targets.
pub(crate) fn command(args: &[String]) -> Done {
    let wanted = parse(args)?;
    let root = root()?;
    let targets = targets(&root.join("fuzz/fuzz_targets"));
    let Some(target) = wanted.target else {
        println!("{}", list(&targets));
        return Ok(());
    };
    if !targets.contains(&target) {
        return Err(Failure::usage(format!("there is no fuzz target {target:?}. {}", list(&targets))));
    }
    if !succeeds(cargo(&root).args(["fuzz", "--version"])) {
        return Err(Failure::new("cargo-fuzz is not installed. Install it with: cargo install cargo-fuzz"));
    }
    run(&mut fuzz(&root, &target, wanted.seconds))
}

fn parse(args: &[String]) -> Result<Wanted, Failure> {
    let mut wanted = Wanted { target: None, seconds: 60 };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let seconds = match arg.as_str() {
            "--seconds" => args.next().map(String::as_str).unwrap_or_default(),
            other => match other.strip_prefix("--seconds=") {
                Some(seconds) => seconds,
                None if other.starts_with('-') || wanted.target.is_some() => {
                    return Err(Failure::usage(format!("{other:?} is one argument too many for fuzz")));
                }
                None => {
                    wanted.target = Some(other.to_owned());
                    continue;
                }
            },
        };
        wanted.seconds = match seconds.parse() {
            // libFuzzer takes 0 for "without end".
            Ok(seconds) if seconds > 0 => seconds,
            _ => return Err(Failure::usage(format!("--seconds takes a number above 0, not {seconds:?}"))),
        };
    }
    Ok(wanted)
}

/// The names of the targets, sorted; none where there is no such folder.
fn targets(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = files
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names
}

fn list(targets: &[String]) -> String {
    match targets {
        [] => "There are no fuzz targets yet (fuzz/fuzz_targets/*.rs).".to_owned(),
        _ => format!("Fuzz targets: {}", targets.join(", ")),
    }
}

/// Without a sanitizer (`-s none`) the stable compiler is enough.
fn fuzz(root: &Path, target: &str, seconds: u64) -> Command {
    let mut command = cargo(root);
    command.args(["fuzz", "run", "--fuzz-dir", "fuzz", "--features", "libfuzzer", target, "-s", "none", "--"]);
    command.arg(format!("-max_total_time={seconds}"));
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::shown;

    fn wanted(args: &[&str]) -> Result<Wanted, Failure> {
        parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_target_and_its_time_are_read_in_any_order() {
        let expected = Wanted { target: Some("jwt".to_owned()), seconds: 5 };
        assert_eq!(wanted(&["jwt", "--seconds", "5"]).as_ref(), Ok(&expected));
        assert_eq!(wanted(&["--seconds=5", "jwt"]).as_ref(), Ok(&expected));
        assert_eq!(wanted(&[]), Ok(Wanted { target: None, seconds: 60 }));
    }

    #[test]
    fn what_makes_no_sense_is_wrong_usage() {
        for args in [&["jwt", "csv"][..], &["--seconds"], &["jwt", "--seconds", "0"], &["--jobs"]] {
            assert!(wanted(args).unwrap_err().usage, "{args:?}");
        }
    }

    #[test]
    fn the_time_reaches_the_fuzzer() {
        let line = shown(&fuzz(Path::new("."), "jwt", 7));
        let expected = "cargo fuzz run --fuzz-dir fuzz --features libfuzzer jwt -s none -- -max_total_time=7";
        assert_eq!(line, expected);
    }
}

//! `cargo xtask tour`: takes the pictures of docs/console.md anew, in a real browser on the demo.

use std::path::Path;

use crate::run::{cargo, root, run};
use crate::{Done, Failure};

pub(crate) const HELP: &str = "\
Take the pictures of docs/console.md anew

Usage: cargo xtask tour

Runs the test that opens every page of the console in Chromium, on the demo, and copies those of its
pictures that docs/console.md shows to docs/console/. All pictures, also dark and narrow ones, are in
target/console/ afterwards, for a person to look at.";

const PAGE: &str = "docs/console.md";

/// Takes the pictures and puts them where the page shows them.
pub(crate) fn command(args: &[String]) -> Done {
    if let Some(arg) = args.first() {
        return Err(Failure::usage(format!("tour takes no arguments, but got {arg:?}")));
    }
    let root = root()?;
    let mut test = cargo(&root);
    run(test.args(["test", "-p", "rollcall", "--locked", "--test", "it", "console::pages"]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |target| root.join(target));
    let page = std::fs::read_to_string(root.join(PAGE)).map_err(|error| Failure::new(format!("{PAGE}: {error}")))?;
    for picture in pictures(&page) {
        let (from, to) = (target.join("console").join(picture), root.join("docs/console").join(picture));
        copy(&from, &to)?;
        println!("docs/console/{picture}");
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Done {
    let folder = to.parent().map_or(Ok(()), std::fs::create_dir_all);
    let copied = folder.and_then(|()| std::fs::copy(from, to));
    copied.map(drop).map_err(|error| Failure::new(format!("{}: {error}", from.display())))
}

/// The pictures that a page shows out of the folder beside it.
fn pictures(page: &str) -> Vec<&str> {
    page.split("](console/").skip(1).filter_map(|rest| rest.split(')').next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_pictures_and_all_of_them_are_there() {
        let root = root().unwrap();
        let page = std::fs::read_to_string(root.join(PAGE)).unwrap();
        let shown = pictures(&page);
        assert!(shown.len() > 5, "{shown:?}");
        for picture in shown {
            assert!(root.join("docs/console").join(picture).exists(), "{picture} is missing: run `cargo xtask tour`");
        }
    }
}

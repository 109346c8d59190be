//! Forbids circles between the files of a crate: each can be read after those that it uses.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use circles::modules::{Arrows, Crate};

mod circles {
    pub mod modules;
}

/// The root files of our crates.
fn roots() -> Vec<PathBuf> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("crates lie beside each other");
    let mut roots: Vec<PathBuf> = std::fs::read_dir(crates)
        .expect("the directory can be read")
        .map(|entry| entry.expect("an entry can be read").path().join("src/lib.rs"))
        .filter(|root| root.exists())
        .collect();
    roots.sort();
    roots
}

/// Everything that can be reached from a file.
fn reached(arrows: &Arrows, from: &Vec<String>) -> BTreeSet<Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut left = vec![from];
    while let Some(file) = left.pop() {
        for target in arrows.get(file).into_iter().flat_map(|targets| targets.keys()) {
            if seen.insert(target.clone()) {
                left.push(target);
            }
        }
    }
    seen
}

/// The circles of a crate: files that each reach all others of the circle.
fn circles(arrows: &Arrows) -> BTreeSet<BTreeSet<Vec<String>>> {
    let mut circles = BTreeSet::new();
    for file in arrows.keys() {
        let others = reached(arrows, file);
        if others.contains(file) {
            let circle = others.into_iter().filter(|other| reached(arrows, other).contains(file));
            circles.insert(circle.collect());
        }
    }
    circles
}

#[test]
fn no_files_of_a_crate_go_in_circles() {
    let mut told = String::new();
    let mut count = 0;
    for root in roots() {
        let read = Crate::read(&root);
        let arrows = read.arrows();
        for circle in circles(&arrows) {
            count += 1;
            writeln!(told, "a circle of {} files:", circle.len()).expect("text can be written");
            for from in &circle {
                for (to, names) in
                    arrows.get(from).into_iter().flatten().filter(|(to, _)| circle.contains(*to))
                {
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    let (from, to) = (read.path(from).display(), read.path(to).display());
                    writeln!(told, "  {from} -> {to}: {}", names.join(", ")).expect("text can be written");
                }
            }
        }
    }
    assert!(told.is_empty(), "{count} circles\n{told}");
}

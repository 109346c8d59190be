//! Writes what the crate `actra` offers into `crates/actra/public-api.txt`, so that a change of it is reviewed.
//!
//! `ACTRA_UPDATE=1 cargo test -p actra-conformance --test surface` writes the file anew.

use std::path::Path;

mod surface {
    pub mod items;
}

use surface::items::Crates;

#[test]
fn the_public_surface_is_the_reviewed_one() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("crates lie beside each other");
    let written = Crates::read(crates).surface("actra");
    let path = crates.join("actra/public-api.txt");
    if std::env::var_os("ACTRA_UPDATE").is_some() {
        std::fs::write(&path, written).expect("the file can be written");
        return;
    }
    let reviewed = std::fs::read_to_string(&path).unwrap_or_default();
    let news = written.lines().filter(|line| !reviewed.lines().any(|other| other == *line));
    let gone = reviewed.lines().filter(|line| !written.lines().any(|other| other == *line));
    assert!(
        reviewed == written,
        "review this, then run the test with ACTRA_UPDATE=1\nnew:\n{}\ngone:\n{}",
        news.collect::<Vec<_>>().join("\n"),
        gone.collect::<Vec<_>>().join("\n")
    );
}

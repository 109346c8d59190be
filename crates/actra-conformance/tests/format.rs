//! The formatter on every YAML file and block that there is: it keeps what it formats, and its result is its own.
//! No mode of it loses a word: see [`no_mode_loses_a_word`].

#![expect(clippy::panic, clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use actra_conformance::root;
use actra_diagnostics::FileId;
use actra_engine::format::{Formatted, format};
use actra_engine::{PolicySet, Spelling, compile, convert_spelling};
use actra_reference::generate::{self, Rng};
use actra_syntax::yaml;

fn collect(directory: &Path, ending: &str, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, ending, files);
        } else if path.extension().is_some_and(|found| found == ending) {
            files.push(path);
        }
    }
}

/// Every text: files, and the blocks in case files and pages.
fn texts() -> Vec<String> {
    let mut texts = Vec::new();
    let mut files = Vec::new();
    for directory in ["conformance", "examples", "crates/actra-cli/templates"] {
        collect(&root().join(directory), "yaml", &mut files);
    }
    for file in files {
        let text = fs::read_to_string(file).expect("text");
        let mut budget = usize::MAX;
        if let Some(tree) = yaml::parse(FileId(0), &text, &mut budget, &mut Vec::new()) {
            blocks(&tree, &mut texts);
        }
        texts.push(text);
    }
    let mut pages = Vec::new();
    collect(&root().join("docs/src"), "md", &mut pages);
    collect(&root().join("crates/actra-diagnostics/codes"), "md", &mut pages);
    for page in pages {
        let text = fs::read_to_string(page).expect("text");
        texts.extend(text.split("```yaml").skip(1).filter_map(|rest| {
            let (_, block) = rest.split_once('\n')?;
            Some(block.split("```").next()?.to_owned())
        }));
    }
    texts
}

/// Literal texts of several lines, such as a policy in a case.
fn blocks(node: &yaml::Node, texts: &mut Vec<String>) {
    match &node.kind {
        yaml::NodeKind::Scalar(scalar) if scalar.text.contains('\n') => texts.push(scalar.text.clone()),
        yaml::NodeKind::Sequence(items) => items.iter().for_each(|item| blocks(item, texts)),
        yaml::NodeKind::Mapping(entries) => entries.iter().for_each(|entry| blocks(&entry.value, texts)),
        _ => {}
    }
}

/// Says whether a text has a layout.
fn check(text: &str) -> bool {
    match format(FileId(0), text, &mut Vec::new()) {
        None | Some(Formatted::Skipped(_)) => false,
        Some(Formatted::MeaningChanged) => panic!("changed:\n{:?}", least(text)),
        Some(Formatted::Text(once)) => {
            let twice = format(FileId(0), &once, &mut Vec::new());
            assert_eq!(twice, Some(Formatted::Text(once.clone())), "not its own result:\n{text}");
            true
        }
    }
}

/// Fewer lines that are changed as well.
fn least(text: &str) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    // Ever smaller pieces, as long as something can be left out.
    let mut size = lines.len();
    while size > 0 {
        let mut at = 0;
        while at < lines.len() {
            let mut fewer = lines.clone();
            fewer.drain(at..(at + size).min(lines.len()));
            match format(FileId(0), &fewer.concat(), &mut Vec::new()) {
                Some(Formatted::MeaningChanged) => lines = fewer,
                _ => at += size,
            }
        }
        size /= 2;
    }
    lines.concat()
}

#[test]
fn every_text_is_kept() {
    let texts = texts();
    let formatted = texts.iter().filter(|text| check(text)).count();
    println!("{formatted} of {} texts have a layout", texts.len());
    assert!(formatted > 900);
}

#[test]
fn damaged_texts_are_kept() {
    let texts = texts();
    let mut rng = Rng::new(4);
    let pieces = ["\n", "  ", "# c\n", " #", "- ", ": ", "[", "]", "{", "}", "|\n", "\"", "'", ",", "é"];
    let mut formatted = 0;
    for _ in 0..20_000 {
        let mut text = texts[rng.below(texts.len())].clone();
        for _ in 0..1 + rng.below(3) {
            let at = (0..=rng.below(text.len() + 1)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            match rng.below(3) {
                0 => drop(text.drain(at..text.ceil_char_boundary((at + rng.below(6)).min(text.len())))),
                _ => text.insert_str(at, pieces[rng.below(pieces.len())]),
            }
        }
        formatted += usize::from(check(&text));
    }
    println!("{formatted} of 20000 damaged texts have a layout");
    assert!(formatted > 2_000);
}

#[test]
fn hashes_are_kept() {
    let mut directories = Vec::new();
    collect(&root().join("crates/actra-cli/templates"), "yaml", &mut directories);
    let mut compared = 0;
    for directory in
        ["agent", "payments", "deployments"].map(|kind| root().join("crates/actra-cli/templates").join(kind))
    {
        let set = actra_host::read_policy_set(&directory).expect("a set");
        let formatted = set.files.iter().map(|file| {
            let text = String::from_utf8(file.content.clone().expect("text")).expect("UTF-8");
            match format(FileId(0), &text.replace(": ", ":   "), &mut Vec::new()) {
                Some(Formatted::Text(new)) => (file.path.clone(), new),
                other => panic!("{}: {other:?}", file.path),
            }
        });
        let formatted: Vec<(String, String)> = formatted.collect();
        let texts = formatted.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        let hash = |set: &PolicySet| compile(set).policy.expect("the set compiles").hash;
        assert_eq!(hash(&PolicySet::from_texts(texts)), hash(&set), "{}", directory.display());
        compared += 1;
    }
    assert_eq!(compared, 3);
}

#[test]
fn both_spellings_keep_the_hash() {
    let (mut rewritten, mut sets) = (0, 0);
    for directory in ["policies", "examples"] {
        for entry in fs::read_dir(root().join(directory)).expect("a directory") {
            let Ok(mut set) = actra_host::read_policy_set(&entry.expect("an entry").path()) else { continue };
            let Some(policy) = compile(&set).policy else { continue };
            sets += 1;
            for to in [Spelling::Structured, Spelling::Expressions] {
                let converted = convert_spelling(&set, to).expect("the set compiles");
                for file in &mut set.files {
                    if let Some(text) = converted.texts.get(&file.path) {
                        file.content = Ok(text.clone().into_bytes());
                        rewritten += 1;
                    }
                }
                assert_eq!(compile(&set).policy.expect("it still compiles").hash, policy.hash);
            }
        }
    }
    println!("{rewritten} files of {sets} sets are rewritten");
    assert!(rewritten > 8);
}

/// A text with comments behind some of its lines and between some.
fn commented(text: &str, rng: &mut Rng) -> (String, usize) {
    let (mut out, mut count) = (String::new(), 0);
    for line in text.lines() {
        // A comment of its own, as far in as the line that it stands before.
        if rng.one_in(4) && !line.trim().is_empty() {
            count += 1;
            let indent = line.len() - line.trim_start().len();
            out.push_str(&format!("{:indent$}# c{count}e\n", ""));
        }
        out.push_str(line);
        out.push('\n');
    }
    (out, count)
}

/// `ACTRA_SOAK=N` asks for about N / 100 sets.
#[test]
fn generated_sets_keep_hash_and_comments() {
    let soak = std::env::var("ACTRA_SOAK").ok().and_then(|count| count.parse::<u64>().ok());
    let total = soak.map_or(400, |count| count / 100);
    let (mut compared, mut comments) = (0, 0);
    for seed in 0..total {
        let set = generate::set(seed);
        let policy_of = |files: &[(String, String)]| {
            let texts = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
            compile(&PolicySet::from_texts(texts)).policy
        };
        let Some(policy) = policy_of(&set.files) else { continue };
        let mut rng = Rng::new(seed);
        let mut formatted = Vec::new();
        for (path, text) in &set.files {
            let (text, count) = commented(text, &mut rng);
            match format(FileId(0), &text, &mut Vec::new()) {
                Some(Formatted::Text(new)) => {
                    for number in 1..=count {
                        assert!(
                            new.contains(&format!("# c{number}e")),
                            "seed {seed}: # c{number}e is lost\n{text}\n{new}"
                        );
                    }
                    comments += count;
                    assert!(check(&new), "seed {seed}\n{new}");
                    formatted.push((path.clone(), new));
                }
                Some(Formatted::Skipped(_)) => formatted.push((path.clone(), text)),
                other => panic!("seed {seed}: {other:?}\n{text}"),
            }
        }
        if formatted.len() == set.files.len() {
            let hash = policy_of(&formatted).map(|policy| policy.hash);
            assert_eq!(hash, Some(policy.hash), "seed {seed}");
            compared += 1;
        }
        let texts = set.files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        let mut own = PolicySet::from_texts(texts);
        for to in [Spelling::Structured, Spelling::Expressions] {
            let converted = convert_spelling(&own, to).expect("the set compiles");
            for file in &mut own.files {
                if let Some(text) = converted.texts.get(&file.path) {
                    file.content = Ok(text.clone().into_bytes());
                }
            }
            assert_eq!(
                compile(&own).policy.expect("it still compiles").hash,
                policy.hash,
                "seed {seed} {to:?}"
            );
        }
    }
    println!("{compared} of {total} generated sets keep their hash, {comments} comments are kept");
    assert!(compared * 10 > total * 7);
}

const SCHEMA_OF_WRITTEN: &str = "version: 1
actions: { a: { fields: { n: number, s: string, xs: list<string> } } }
snapshot: { fields: { f: boolean } }
";

/// A policy as somebody may write it: comments of both kinds, texts of every style, odd white space.
struct Writer {
    rng: Rng,
    text: String,
    /// How many comments there are; each is a word of its own.
    comments: usize,
}

impl Writer {
    fn policy(seed: u64) -> Writer {
        let mut writer = Writer { rng: Rng::new(seed), text: String::new(), comments: 0 };
        writer.line(0, "version: 1");
        writer.line(0, "default: allow");
        writer.line(0, "rules:");
        for number in 0..1 + writer.rng.below(4) {
            writer.line(2, &format!("- id: r{number}"));
            writer.line(4, "scope: {action:   a}");
            writer.condition();
            let said = [
                "message: no",
                "message: 'it''s  “no”'",
                "description: >-\n      a\n\n      b",
                "tags: [x,  y]",
            ];
            let said = writer.pick(&said);
            writer.line(4, said);
            writer.line(4, "effect: block");
        }
        if writer.rng.one_in(4) {
            writer.text = writer.text.replace('\n', "\r\n");
        }
        if writer.rng.one_in(8) {
            writer.text.insert_str(0, "---\n");
        }
        writer
    }

    fn pick(&mut self, all: &[&'static str]) -> &'static str {
        all[self.rng.below(all.len())]
    }

    fn comment(&mut self, mark: &str) -> String {
        self.comments += 1;
        let odd = self.pick(&["", " ", "\u{a0}", "\u{200b}", " | >", " 'x", " \u{3000}", " // y", " # z"]);
        format!("{mark} c{}e{odd}", self.comments)
    }

    /// A line, with comments above and behind it where they may stand.
    fn line(&mut self, indent: usize, text: &str) {
        if self.rng.one_in(5) {
            let comment = self.comment("#");
            self.text.push_str(&format!("{:indent$}{comment}\n", ""));
        }
        if self.rng.one_in(8) {
            self.text.push_str(if self.rng.one_in(2) { "\n" } else { "   \n" });
        }
        self.text.push_str(&format!("{:indent$}{text}", ""));
        if self.rng.one_in(6) && !text.contains('\n') {
            let comment = self.comment("#");
            self.text.push_str(&format!("  {comment}"));
        }
        self.text.push_str(if self.rng.one_in(8) { "  \n" } else { "\n" });
    }

    fn condition(&mut self) {
        let expression = ["action.n > 1000", "action.s == \"x\"", "snapshot.f == true", "action.n * 2 > 7"];
        let (first, second) = (self.pick(&expression), self.pick(&expression));
        match self.rng.below(10) {
            0 => self.line(4, &format!("when: {first}")),
            1 => self.line(4, &format!("when: '{first}'")),
            2 => self.line(4, &format!("when: {first}\n      && {second}")),
            3 => {
                let comment = self.comment("//");
                self.line(4, &format!("when: '{first} {comment}'").replace(" 'x", ""));
            }
            4 => {
                let (mark, comment) = (self.pick(&["|", "|-", ">", ">-"]), self.comment("#"));
                self.line(4, &format!("when: {mark}  {comment}\n      {first}\n      || {second}"));
            }
            5 => {
                let (above, behind) = (self.comment("//"), self.comment("//"));
                self.line(4, &format!("when: |\n      {above}\n      {first}  {behind}\n      && {second}"));
            }
            6 => {
                let comment = self.comment("//");
                self.line(4, &format!("when: >\n      {first}\n      || {second}  {comment}"));
            }
            7 => {
                self.line(4, "when:");
                self.line(6, "subject: { domain: action, field: n }");
                self.line(6, "operator: greater_than");
                self.line(6, "value: { literal: 5 }");
            }
            8 => {
                self.line(4, "when:");
                self.line(6, "all:");
                self.line(8, &format!("- {first}"));
                if self.rng.one_in(2) {
                    self.line(8, "- {not: snapshot.f}");
                } else {
                    let comment = self.comment("//");
                    self.line(8, &format!("- |\n          {second} {comment}"));
                }
            }
            _ => self.line(4, "when: { any: [{ subject: { domain: action, field: s }, operator: equals, value: { literal: x } }, snapshot.f] }"),
        }
    }
}

/// The words of a text: all but the white space and the marks that a layout consists of.
fn words(text: &str) -> Vec<&str> {
    let layout = |c: char| " \t\r\n[]{},-:?".contains(c);
    let mut words: Vec<&str> = text.split(layout).filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words
}

#[test]
fn no_mode_loses_a_word() {
    let total = std::env::var("ACTRA_SOAK").ok().and_then(|count| count.parse::<u64>().ok()).unwrap_or(600);
    let (mut formatted, mut rewritten) = (0, 0);
    for seed in 0..total {
        let writer = Writer::policy(seed);
        let set =
            |text: &str| PolicySet::from_texts([("schema.yaml", SCHEMA_OF_WRITTEN), ("policy.yaml", text)]);
        let hash = |text: &str| compile(&set(text)).policy.map(|policy| policy.hash);
        let text = &writer.text;
        let before = hash(text);
        assert!(before.is_some(), "seed {seed}: {:?}\n{text}", compile(&set(text)).diagnostics);
        let layout = |text: &str| match format(FileId(0), text, &mut Vec::new()) {
            Some(Formatted::Text(new)) => {
                assert_eq!(words(text), words(&new), "seed {seed}\n{text}\n{new}");
                assert!(check(&new), "seed {seed}\n{new}");
                Some(new)
            }
            Some(Formatted::Skipped(_)) => None,
            other => panic!("seed {seed}: {other:?}\n{text}"),
        };
        if let Some(new) = layout(text) {
            assert_eq!(hash(&new), before, "seed {seed}\n{new}");
            formatted += 1;
        }
        for to in [Spelling::Structured, Spelling::Expressions] {
            let converted = convert_spelling(&set(text), to).expect("the set compiles");
            let Some(new) = converted.texts.get("policy.yaml") else { continue };
            for number in 1..=writer.comments {
                assert!(
                    new.contains(&format!("c{number}e")),
                    "seed {seed}: c{number}e is lost\n{text}\n{new}"
                );
            }
            assert_eq!(hash(new), before, "seed {seed} {to:?}\n{new}");
            if let Some(new) = layout(new) {
                assert_eq!(hash(&new), before, "seed {seed} {to:?}\n{new}");
            }
            rewritten += 1;
        }
    }
    println!("{formatted} of {total} written policies have a layout, {rewritten} are rewritten");
    assert!(formatted * 10 > total * 8 && rewritten * 2 > total);
}

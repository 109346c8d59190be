//! Diagnostics as people read them on a terminal.

mod github;
mod many;
mod markdown;

use std::borrow::Cow;
use std::fmt::Write;

use annotate_snippets::{AnnotationKind, Group, Level, Message, Origin, Patch, Renderer, Snippet};

use crate::excerpt::{Excerpt, last_byte};
use crate::{Diagnostic, Fix, Sources, Span, terminal_safe};
pub use github::github;
pub use many::{errors, github_all, render_all};
pub use markdown::markdown;

/// Whether the text for people is colored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// No escape sequences.
    Plain,
    /// With ANSI escape sequences.
    Color,
}

/// Places further apart than this are shown apart.
const GAP_LINES: usize = 6;
/// A place with more lines than this is shown by its first line.
const PLACE_LINES: usize = 6;
/// Secondary places shown with one diagnostic.
const MAX_LABELS: usize = 12;
/// Lines that a suggested change shows.
const FIX_LINES: usize = 12;
/// Bytes of a replacement that a suggested change shows.
const FIX_BYTES: usize = 2_000;
/// Columns of the output; longer lines are cut around the places.
const WIDTH: usize = 120;

/// The diagnostic as people read it: code and message, the lines with the places underlined, help and the suggested
/// change; several lines, ending with a line break.
///
/// `origin` is where the set was found; paths are shown below it.
/// Control characters of the policy text are replaced, long lines cut, and odd spans moved to where they fit.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, style: Style, origin: &str) -> String {
    let level = if diagnostic.is_error() { Level::ERROR } else { Level::WARNING };
    let title = level.primary_title(terminal_safe(&diagnostic.message)).id(diagnostic.code.as_str());
    let mut main = Group::with_title(title);
    for cluster in clusters(diagnostic, sources) {
        main = add_cluster(main, &cluster, sources, origin);
    }
    let hidden = diagnostic.labels.len().saturating_sub(MAX_LABELS);
    if hidden > 0 {
        main = main.element(Level::NOTE.message(format!("{hidden} more places are not shown")));
    }
    main = main.elements(diagnostic.help.iter().map(|help| Level::HELP.message(visible_lines(help))));
    let mut groups = vec![main];
    groups.extend(diagnostic.fix.as_ref().map(|fix| suggestion(fix, sources)));
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Color => Renderer::styled(),
    };
    let mut text = renderer.term_width(WIDTH).render(&groups);
    text.push('\n');
    text
}

/// How many errors and warnings there are: `2 errors, 1 warning`; `no problems` if none.
pub fn summary(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let mut text = String::new();
    for (count, word) in [(errors, "error"), (diagnostics.len() - errors, "warning")] {
        if count > 0 {
            let separator = if text.is_empty() { "" } else { ", " };
            let plural = if count == 1 { "" } else { "s" };
            let _ = write!(text, "{separator}{count} {word}{plural}");
        }
    }
    if text.is_empty() { "no problems".to_owned() } else { text }
}

/// The path of a file of a set that was found at `origin`, as other tools of the same directory name it: without `./`,
/// and without a doubled separator.
pub fn path_below(origin: &str, path: &str) -> String {
    let mut origin = origin;
    while let Some(rest) = origin.strip_prefix("./") {
        origin = rest.trim_start_matches('/');
    }
    let origin = if origin == "." { "" } else { origin };
    let separator = if origin.is_empty() || origin.ends_with('/') { "" } else { "/" };
    format!("{origin}{separator}{path}")
}

/// A place with what it means.
struct Annotation<'a> {
    span: Span,
    text: &'a str,
    kind: AnnotationKind,
}

/// The places by nearness, that of the primary place first, the others by file and line.
fn clusters<'a>(diagnostic: &'a Diagnostic, sources: &Sources) -> Vec<Vec<Annotation<'a>>> {
    let primary = diagnostic.span.map(|span| (span, diagnostic.label.as_str(), AnnotationKind::Primary));
    let others = diagnostic.labels.iter().take(MAX_LABELS);
    let others = others.map(|(span, text)| (*span, text.as_str(), AnnotationKind::Context));
    let mut annotations: Vec<Annotation<'a>> = primary
        .into_iter()
        .chain(others)
        .filter_map(|(span, text, kind)| Some(Annotation { span: visible_part(span, sources)?, text, kind }))
        .collect();
    annotations.sort_by_key(|annotation| annotation.span);
    let mut clusters: Vec<Vec<Annotation<'a>>> = Vec::new();
    for annotation in annotations {
        match clusters.last_mut() {
            Some(cluster) if cluster.last().is_some_and(|last| near(last.span, annotation.span, sources)) => {
                cluster.push(annotation);
            }
            _ => clusters.push(vec![annotation]),
        }
    }
    clusters
        .sort_by_key(|cluster| !cluster.iter().any(|annotation| annotation.kind == AnnotationKind::Primary));
    clusters
}

fn near(before: Span, after: Span, sources: &Sources) -> bool {
    let end = sources.line_of(before.file, last_byte(before));
    before.file == after.file && sources.line_of(after.file, after.start as usize) <= end + GAP_LINES
}

/// The span within its file; of a span over many lines, the first one. `None` if there is no such file.
fn visible_part(span: Span, sources: &Sources) -> Option<Span> {
    let length = u32::try_from(sources.get(span.file)?.text.len()).unwrap_or(u32::MAX);
    let start = span.start.min(length);
    let span = Span { start, end: span.end.clamp(start, length), ..span };
    let first = sources.line_of(span.file, start as usize);
    if sources.line_of(span.file, last_byte(span)) < first + PLACE_LINES {
        return Some(span);
    }
    let end = u32::try_from(sources.line_range(span.file, first)?.end).unwrap_or(u32::MAX);
    Some(Span { end: end.max(start), ..span })
}

fn add_cluster<'a>(
    group: Group<'a>,
    cluster: &[Annotation<'a>],
    sources: &Sources,
    origin: &str,
) -> Group<'a> {
    let spans: Vec<Span> = cluster.iter().map(|annotation| annotation.span).collect();
    let primary = cluster.iter().find(|annotation| annotation.kind == AnnotationKind::Primary);
    let Some(lead) = primary.or(cluster.first()).map(|annotation| annotation.span) else { return group };
    let path = shown_path(origin, sources.get(lead.file).map_or("", |source| source.path.as_str()));
    let Some(excerpt) = Excerpt::new(sources, lead.file, &spans) else {
        let position = sources.position(lead.file, lead.start);
        let annotation =
            Origin::path(path).line(position.line as usize).char_column(position.column as usize);
        return group.element(annotation).elements(notes(cluster));
    };
    let mut snippet = Snippet::source(excerpt.text.clone()).line_start(excerpt.line).path(path);
    for annotation in cluster {
        let label = (!annotation.text.is_empty()).then(|| terminal_safe(annotation.text));
        snippet =
            snippet.annotation(annotation.kind.span(excerpt.range(sources, annotation.span)).label(label));
    }
    group.element(snippet)
}

/// What the places mean, where their lines are too long to show.
fn notes<'a>(cluster: &[Annotation<'a>]) -> impl Iterator<Item = Message<'a>> {
    let texts: Vec<&str> =
        cluster.iter().map(|annotation| annotation.text).filter(|text| !text.is_empty()).collect();
    texts.into_iter().map(|text| Level::NOTE.message(terminal_safe(text)))
}

fn shown_path(origin: &str, path: &str) -> String {
    let separator = if origin.is_empty() || origin.ends_with('/') { "" } else { "/" };
    format!("{}{separator}{}", terminal_safe(origin), terminal_safe(path))
}

/// The change as a patch where it is small enough to show, else only what it does.
fn suggestion<'a>(fix: &'a Fix, sources: &Sources) -> Group<'a> {
    let group = Group::with_title(Level::HELP.secondary_title(terminal_safe(&fix.title)));
    let line_of = |offset| sources.line_of(fix.span.file, offset);
    let lines = line_of(last_byte(fix.span)) - line_of(fix.span.start as usize);
    if lines >= FIX_LINES || fix.replacement.len() > FIX_BYTES {
        return group;
    }
    let Some(excerpt) = Excerpt::new(sources, fix.span.file, &[fix.span]) else { return group };
    let range = excerpt.range(sources, fix.span);
    let patch = Patch::new(range, visible_lines(&fix.replacement));
    group.element(Snippet::source(excerpt.text).line_start(excerpt.line).patch(patch))
}

/// Like [`terminal_safe`], but line ends stay.
fn visible_lines(text: &str) -> Cow<'_, str> {
    if !text.contains('\n') {
        return terminal_safe(text);
    }
    let lines: Vec<_> = text.split('\n').map(|line| terminal_safe(line.trim_end_matches('\r'))).collect();
    Cow::Owned(lines.join("\n"))
}

#[cfg(test)]
mod tests;

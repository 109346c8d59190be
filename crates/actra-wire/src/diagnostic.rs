//! Diagnostics as JSON, with their places in the set.

use actra_engine::diagnostics::{Code, Diagnostic, Severity, Sources, Span};

use crate::write;

/// Appends one diagnostic as an object. Paths are relative to the set; lines and columns count from 1, columns in
/// characters; `file` and the numbers are `null` where there is no place.
pub(crate) fn diagnostic(out: &mut Vec<u8>, diagnostic: &Diagnostic, sources: &Sources) {
    out.extend_from_slice(b"{\"code\":");
    write::string(out, diagnostic.code.as_str());
    out.extend_from_slice(b",\"severity\":");
    write::string(out, severity(diagnostic.code));
    out.extend_from_slice(b",\"message\":");
    write::string(out, &diagnostic.message);
    out.extend_from_slice(b",\"label\":");
    write::string(out, &diagnostic.label);
    place(out, diagnostic.span, sources);
    out.extend_from_slice(b",\"labels\":");
    write::list(out, &diagnostic.labels, |out, (span, text)| {
        out.extend_from_slice(b"{\"label\":");
        write::string(out, text);
        place(out, Some(*span), sources);
        out.push(b'}');
    });
    out.extend_from_slice(b",\"help\":");
    write::list(out, &diagnostic.help, |out, help| write::string(out, help));
    out.extend_from_slice(b",\"fix\":");
    match &diagnostic.fix {
        None => out.extend_from_slice(b"null"),
        Some(fix) => {
            out.extend_from_slice(b"{\"title\":");
            write::string(out, &fix.title);
            place(out, Some(fix.span), sources);
            write::display(
                out,
                format_args!(",\"start\":{},\"end\":{},\"replacement\":", fix.span.start, fix.span.end),
            );
            write::string(out, &fix.replacement);
            out.push(b'}');
        }
    }
    out.push(b'}');
}

/// Appends `,"file":..,"line":..,"column":..,"end_line":..,"end_column":..`; the end is where the text behind the
/// place begins.
pub(crate) fn place(out: &mut Vec<u8>, span: Option<Span>, sources: &Sources) {
    let source = span.and_then(|span| Some((span, sources.get(span.file)?)));
    let Some((span, source)) = source else {
        out.extend_from_slice(br#","file":null,"line":null,"column":null,"end_line":null,"end_column":null"#);
        return;
    };
    let start = sources.position(span.file, span.start);
    let end = sources.position(span.file, span.end.max(span.start));
    out.extend_from_slice(b",\"file\":");
    write::string(out, &source.path);
    write::display(out, format_args!(",\"line\":{},\"column\":{}", start.line, start.column));
    write::display(out, format_args!(",\"end_line\":{},\"end_column\":{}", end.line, end.column));
}

/// `error` or `warning`.
pub(crate) fn severity(code: Code) -> &'static str {
    match code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

//! What a program said, for people: OpenSCAD's lines, or reports with the source line and a caret on a terminal.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity as MietteSeverity};
use scad_eval::Message;
use scad_parser::{Diagnostic, Severity, SourceMap, Span};

/// All messages in OpenSCAD's form, each with its line break.
pub(crate) fn openscad_lines(messages: &[Message], sources: &SourceMap) -> String {
    let mut text = String::new();
    let mut repeats = Repeats::default();
    let mut broken: Option<&str> = None;
    for message in messages {
        match message {
            Message::Echo(echo) => {
                let _ = writeln!(text, "ECHO: {echo}");
            }
            // OpenSCAD gives a file up at its first syntax error.
            Message::Diagnostic(diagnostic)
                if diagnostic.code.starts_with("scad::parse") && diagnostic.severity == Severity::Error =>
            {
                let place = diagnostic.span.and_then(|span| sources.locate(span));
                let file = place.map(|place| place.source.name());
                if broken.is_none() || broken != file {
                    text.push_str(&syntax_error(diagnostic, sources));
                }
                broken = file.or(broken);
            }
            Message::Diagnostic(diagnostic) => {
                let line = openscad_line(diagnostic, sources);
                if !repeats.is_one_more(&line) {
                    text.push_str(&line);
                    for trace in &diagnostic.trace {
                        let place = place(trace.span, sources);
                        let _ = writeln!(text, "TRACE: {}{place}", trace.message);
                    }
                }
            }
        }
    }
    text
}

/// What OpenSCAD says last of a program that does not parse.
pub(crate) fn unparsed_line(sources: &SourceMap) -> String {
    format!("Can't parse file '{}'!\n", sources.main().map_or("", |main| sources.display_name(main)))
}

/// OpenSCAD drops a message after five equal ones; echoes do not count.
#[derive(Default)]
struct Repeats {
    last: String,
    count: usize,
}

impl Repeats {
    fn is_one_more(&mut self, line: &str) -> bool {
        if self.last != line {
            line.clone_into(&mut self.last);
            self.count = 0;
        }
        self.count += 1;
        self.count > 5
    }
}

fn openscad_line(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let place = place(diagnostic.span, sources);
    format!("{}: {}{place}\n", diagnostic.severity.prefix(), diagnostic.openscad_text())
}

/// ` in file F, line N`
fn place(span: Option<Span>, sources: &SourceMap) -> String {
    let Some((source, line)) = span.and_then(|span| sources.line(span.start)) else { return String::new() };
    format!(" in file {}, line {line}", sources.display_name(source))
}

fn syntax_error(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let mut text = String::new();
    let span = diagnostic.given_up.or(diagnostic.span);
    let Some(place) = span.and_then(|span| sources.locate(span)) else {
        return openscad_line(diagnostic, sources);
    };
    let file = sources.display_name(place.source);
    let unterminated = match diagnostic.code.as_str() {
        "scad::parse::unterminated_comment" => Some("Unterminated comment"),
        "scad::parse::unterminated_string" => Some("Unterminated string"),
        _ => None,
    };
    let source = place.source.text();
    let line = if unterminated.is_some() || place.bytes.start == source.len() {
        // OpenSCAD appends two line breaks to a text, and finds out at the end of it that something is missing.
        source.bytes().filter(|byte| *byte == b'\n').count() as u32 + 2
    } else {
        place.line
    };
    if let Some(what) = unterminated {
        // The scanner stands one line further by then.
        let line = line + 1;
        let _ = writeln!(text, "ERROR: Parser error: {what} in file {file}, line {line}");
        let _ = writeln!(text, "ERROR: Parser error: syntax error in file {file}, line {line}");
    } else {
        let words = diagnostic.openscad.as_deref().unwrap_or(&diagnostic.message);
        let _ = writeln!(text, "ERROR: Parser error: {words} in file {file}, line {line}");
    }
    text
}

/// Writes messages to stderr: reports on a terminal, OpenSCAD's lines elsewhere.
pub(crate) fn tell(messages: &[Message], sources: &SourceMap, quiet: bool) {
    let stderr = std::io::stderr();
    let text = if stderr.is_terminal() {
        terminal(messages, sources, std::env::var_os("NO_COLOR").is_none())
    } else {
        openscad_lines(messages, sources)
    };
    let text = if quiet { only_errors(messages, sources) } else { text };
    let _ = stderr.lock().write_all(text.as_bytes());
}

fn only_errors(messages: &[Message], sources: &SourceMap) -> String {
    let is_error = |message: &&Message| matches!(message, Message::Diagnostic(diagnostic) if diagnostic.severity == Severity::Error);
    let errors: Vec<Message> = messages.iter().filter(is_error).cloned().collect();
    openscad_lines(&errors, sources)
}

/// Messages as a terminal shows them: the source line, a caret, a hint.
pub(crate) fn terminal(messages: &[Message], sources: &SourceMap, color: bool) -> String {
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(100).with_context_lines(1);
    let mut text = String::new();
    let mut repeats = Repeats::default();
    for message in messages {
        match message {
            Message::Echo(echo) => {
                let _ = writeln!(text, "ECHO: {echo}");
            }
            Message::Diagnostic(diagnostic) => {
                if !repeats.is_one_more(&openscad_line(diagnostic, sources)) {
                    render_report(diagnostic, sources, &handler, &mut text);
                }
            }
        }
    }
    text
}

fn render_report(diagnostic: &Diagnostic, sources: &SourceMap, handler: &GraphicalReportHandler, text: &mut String) {
    let severity = match diagnostic.severity {
        Severity::Error => MietteSeverity::Error,
        Severity::Warning => MietteSeverity::Warning,
        Severity::Deprecated => MietteSeverity::Advice,
    };
    let mut report =
        miette::MietteDiagnostic::new(&diagnostic.message).with_severity(severity).with_code(diagnostic.code.as_str());
    let mut help = diagnostic.help.clone().unwrap_or_default();
    for trace in &diagnostic.trace {
        let separator = if help.is_empty() { "" } else { "\n" };
        let _ = write!(help, "{separator}{}{}", trace.message, place(trace.span, sources));
    }
    if !help.is_empty() {
        report = report.with_help(help);
    }
    let place = diagnostic.span.and_then(|span| sources.locate(span));
    let result = match place {
        Some(place) => {
            let bytes = place.bytes.clone();
            let label = LabeledSpan::new_with_span(None, (bytes.start, bytes.len()));
            let name = sources.display_name(place.source).to_owned();
            let source = NamedSource::new(name, place.source.text().to_owned());
            let report = miette::Report::new(report.with_label(label)).with_source_code(source);
            handler.render_report(text, report.as_ref())
        }
        None => handler.render_report(text, &report),
    };
    if result.is_err() {
        text.push_str(&openscad_line(diagnostic, sources));
    }
}

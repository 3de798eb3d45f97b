//! The verdict: what a program is worth, in one form for people, datasets, repair prompts and the reward.

use std::time::Instant;

use scad_eval::{Failed, Message, Options, Scene, World};
use scad_parser::{Diagnostic, Severity, Source, SourceMap};
use serde::Serialize;

/// What a program is worth.
#[derive(Debug, Serialize)]
pub(crate) struct Verdict {
    /// The file, or file and row.
    pub(crate) file: String,
    /// No error, and not empty.
    pub(crate) valid: bool,
    /// How far it came.
    pub(crate) level: Level,
    /// Whether it makes no object at all; `None` when it did not come that far.
    pub(crate) empty: Option<bool>,
    /// Errors.
    pub(crate) errors: Vec<Row>,
    /// Warnings and deprecations.
    pub(crate) warnings: Vec<Row>,
    /// The texts of `echo`.
    pub(crate) echo: Vec<String>,
    /// How long each stage took.
    pub(crate) timings_ms: Timings,
    /// The limit that was reached, if any.
    pub(crate) limit: Option<&'static str>,
    /// The version that judged.
    pub(crate) engine: &'static str,
    /// A hash of the program's text, 64 bits of FNV-1a.
    pub(crate) program_hash: String,
    /// What it made, for callers within the process.
    #[serde(skip)]
    pub(crate) said: Said,
}

/// Everything that a program said, with the texts that the places point into.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// In order.
    pub(crate) messages: Vec<Message>,
    /// The texts.
    pub(crate) sources: SourceMap,
}

/// How far a program came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// It does not parse.
    None,
    /// It parses.
    Parsed,
    /// It evaluates to a tree.
    Evaluated,
}

/// One problem with its place.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    /// Stable name.
    pub(crate) code: String,
    /// `error`, `warning`, `deprecated`.
    pub(crate) severity: &'static str,
    /// What is wrong.
    pub(crate) message: String,
    /// The file, when it is not the program itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
    /// Where it starts, from 1.
    pub(crate) line: Option<u32>,
    /// Where it starts, in characters from 1.
    pub(crate) column: Option<u32>,
    /// Where it ends.
    pub(crate) end_line: Option<u32>,
    /// Where it ends.
    pub(crate) end_column: Option<u32>,
    /// What to try.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) help: Option<String>,
}

/// Milliseconds of each stage.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Timings {
    /// Text to tree.
    pub(crate) parse: f64,
    /// Tree to geometry tree.
    pub(crate) eval: f64,
}

/// Judges one program. With `strict`, unknown names are errors.
pub(crate) fn judge(
    file: &str,
    source: &std::sync::Arc<Source>,
    world: &dyn World,
    options: &Options,
    strict: bool,
) -> Verdict {
    let mut verdict = Verdict::new(file, source.text().as_bytes());
    let started = Instant::now();
    let parsed = scad_eval::load(source, world, None);
    verdict.timings_ms.parse = milliseconds(started);
    let program = match parsed {
        Ok(program) => program,
        Err(unparsed) => {
            if unparsed.diagnostics.iter().any(|diagnostic| diagnostic.code == "scad::parse::nesting_limit") {
                verdict.limit = Some("nesting");
            }
            let messages = unparsed.diagnostics.into_iter().map(Message::Diagnostic).collect();
            verdict.tell(messages, unparsed.sources, strict);
            return verdict;
        }
    };
    let started = Instant::now();
    let evaluated = scad_eval::evaluate_with(&program, world, options);
    verdict.timings_ms.eval = milliseconds(started);
    match evaluated {
        Ok(Scene { geometry, messages, sources, .. }) => {
            verdict.level = Level::Evaluated;
            verdict.empty = Some(!geometry.makes_something());
            verdict.tell(messages, sources, strict);
            verdict.valid = verdict.errors.is_empty() && verdict.empty == Some(false);
        }
        Err(Failed { messages, sources, limit }) => {
            verdict.level = Level::Parsed;
            verdict.limit = limit.map(|limit| limit.name());
            verdict.tell(messages, sources, strict);
        }
    }
    verdict
}

/// The verdict on an input that could not be read: a row all the same, so that rows and inputs stay in step.
pub(crate) fn unread(file: &str, problem: &str) -> Verdict {
    let mut verdict = Verdict::new(file, &[]);
    verdict.errors.push(Row {
        code: "cadmonkey::unreadable".to_owned(),
        severity: Severity::Error.name(),
        message: problem.to_owned(),
        file: None,
        line: None,
        column: None,
        end_line: None,
        end_column: None,
        help: None,
    });
    verdict
}

/// Names that do not exist: warnings, but for `--strict`.
const UNKNOWN: [&str; 4] = [
    "scad::eval::unknown_variable",
    "scad::eval::unknown_function",
    "scad::eval::unknown_module",
    "scad::eval::unknown_argument",
];

impl Verdict {
    /// Nothing known yet.
    fn new(file: &str, text: &[u8]) -> Self {
        Self {
            file: file.to_owned(),
            valid: false,
            level: Level::None,
            empty: None,
            errors: Vec::new(),
            warnings: Vec::new(),
            echo: Vec::new(),
            timings_ms: Timings::default(),
            limit: None,
            engine: env!("CARGO_PKG_VERSION"),
            program_hash: format!("{:016x}", hash(text)),
            said: Said::default(),
        }
    }

    fn tell(&mut self, messages: Vec<Message>, sources: SourceMap, strict: bool) {
        for message in &messages {
            match message {
                Message::Echo(text) => self.echo.push(text.clone()),
                Message::Diagnostic(diagnostic) => {
                    let mut row = row(diagnostic, &sources);
                    if strict && UNKNOWN.contains(&row.code.as_str()) {
                        row.severity = Severity::Error.name();
                    }
                    let rows =
                        if row.severity == Severity::Error.name() { &mut self.errors } else { &mut self.warnings };
                    rows.push(row);
                }
            }
        }
        self.said = Said { messages, sources };
    }
}

fn row(diagnostic: &Diagnostic, sources: &SourceMap) -> Row {
    let place = diagnostic.span.and_then(|span| sources.locate(span));
    let main = sources.main().map(|main| main.name());
    Row {
        code: diagnostic.code.to_string(),
        severity: diagnostic.severity.name(),
        message: diagnostic.message.clone(),
        file: place
            .as_ref()
            .filter(|place| Some(place.source.name()) != main)
            .map(|place| sources.display_name(place.source).to_owned()),
        line: place.as_ref().map(|place| place.line),
        column: place.as_ref().map(|place| place.column),
        end_line: place.as_ref().map(|place| place.end_line),
        end_column: place.as_ref().map(|place| place.end_column),
        help: diagnostic.help.clone(),
    }
}

fn milliseconds(started: Instant) -> f64 {
    // Microseconds are as fine as the clock is worth.
    (started.elapsed().as_secs_f64() * 1e6).round() / 1e3
}

/// FNV-1a, 64 bits: the same on every machine, and enough to find equal programs.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

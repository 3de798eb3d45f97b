//! Judging one program: its text through parser, evaluator and mesher.

use std::sync::Arc;
use std::time::Instant;

use csg_mesh::{Geometry, Printer, Stop};
use scad_eval::{Failed, Message, Options, Scene, World};
use scad_parser::{Diagnostic, Severity, Source, SourceMap};

use super::geometry::settle;
use super::known::{self, KnownShapes, Shape};
use super::{Level, Name, Row, Said, Verdict};

/// By what programs are judged.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// What evaluation may take.
    pub eval: Options,
    /// What geometry may take.
    pub mesh: csg_mesh::Limits,
    /// Whether unknown names are errors.
    pub strict: bool,
    /// Whether one program may use all cores: when no other is judged at the same time.
    pub alone: bool,
    /// The printer for which solids are judged, if any.
    pub printer: Option<Printer>,
}

impl Terms {
    fn mesh_options(&self, stop: &Stop) -> csg_mesh::Options {
        csg_mesh::Options { limits: self.mesh, stop: stop.clone(), parallel: self.alone, plain: false }
    }
}

/// Judges one program. Geometry ends early when `stop` is set; evaluation has the world's clock.
pub fn judge(name: &Name, source: &Arc<Source>, world: &dyn World, terms: &Terms, stop: &Stop) -> Verdict {
    judge_with(name, source, world, terms, stop, None)
}

/// As [`judge`], but a tree that is known need not be meshed again: of several ways to write a program one is. Where it was
/// known, messages of the mesher have no place in the text, and there is no [`Print`](super::Print).
pub fn judge_among(
    name: &Name,
    source: &Arc<Source>,
    world: &dyn World,
    terms: &Terms,
    stop: &Stop,
    known: &mut KnownShapes,
) -> Verdict {
    judge_with(name, source, world, terms, stop, Some(known))
}

fn judge_with(
    name: &Name,
    source: &Arc<Source>,
    world: &dyn World,
    terms: &Terms,
    stop: &Stop,
    known: Option<&mut KnownShapes>,
) -> Verdict {
    let mut verdict = Verdict::new(name, source.text());
    let started = Instant::now();
    let parsed = scad_eval::load(source, world, None);
    verdict.timings_ms.parse = milliseconds(started);
    let program = match parsed {
        Ok(program) => program,
        Err(unparsed) => {
            if unparsed.diagnostics.iter().any(|diagnostic| diagnostic.code == "scad::parse::nesting_limit") {
                verdict.limit = Some("nesting".into());
            }
            let messages = unparsed.diagnostics.into_iter().map(Message::Diagnostic).collect();
            verdict.tell(messages, unparsed.sources, terms.strict);
            return verdict;
        }
    };
    verdict.program_hash = Some(format!("{:016x}", scad_parser::program_hash(&program)));
    let started = Instant::now();
    let evaluated = scad_eval::evaluate_with(&program, world, &terms.eval);
    verdict.timings_ms.eval = milliseconds(started);
    match evaluated {
        Ok(scene) => {
            verdict.level = Level::Evaluated;
            match known {
                Some(known) => verdict.mesh_among(scene, terms, stop, known),
                None => verdict.mesh(scene, terms, stop),
            }
        }
        Err(Failed { messages, sources, limit }) => {
            verdict.level = Level::Parsed;
            verdict.limit = limit.map(|limit| limit.name().into());
            verdict.tell(messages, sources, terms.strict);
        }
    }
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
    /// Takes the geometry of an evaluated program from what is known, or makes it and adds it there.
    fn mesh_among(&mut self, mut scene: Scene, terms: &Terms, stop: &Stop, known: &mut KnownShapes) {
        let tree = known::tree(&scene.geometry);
        let Some(shape) = known.get(tree) else {
            let before = scene.messages.len();
            self.mesh(scene, terms, stop);
            // A limit, or a printer, is about this run.
            if self.limit.is_none() && self.print.is_none() {
                let rows = self.said.messages[before..].iter().filter_map(|message| match message {
                    Message::Diagnostic(diagnostic) => Some(row(diagnostic, &self.said.sources)),
                    Message::Echo(_) => None,
                });
                let shape = Shape {
                    level: self.level,
                    dimension: self.dimension,
                    facts: self.facts.clone(),
                    shape_hash: self.shape_hash.clone(),
                    rows: rows
                        .map(|row| Row { line: None, column: None, end_line: None, end_column: None, ..row })
                        .collect(),
                };
                known.add(tree, shape);
            }
            return;
        };
        let messages = std::mem::take(&mut scene.messages);
        self.tell(messages, scene.sources, terms.strict);
        for row in &shape.rows {
            let is_error = row.severity == Severity::Error.name();
            (if is_error { &mut self.errors } else { &mut self.warnings }).push(row.clone());
        }
        self.take(shape);
    }

    /// Makes the geometry of an evaluated program, and says what it is worth.
    fn mesh(&mut self, mut scene: Scene, terms: &Terms, stop: &Stop) {
        let started = Instant::now();
        let made = csg_mesh::make(&scene, &terms.mesh_options(stop));
        self.timings_ms.mesh = milliseconds(started);
        let mut messages = std::mem::take(&mut scene.messages);
        messages.extend(made.messages);
        if let Err(limit) = made.geometry {
            self.limit = Some(limit.name().into());
        }
        self.tell(messages, scene.sources, terms.strict);
        if let Ok(geometry) = &made.geometry {
            settle(self, geometry);
            if let (Some(printer), Geometry::Solid(mesh)) = (&terms.printer, geometry) {
                self.print = Some(csg_mesh::printability(mesh, printer).into());
            }
        }
    }

    fn tell(&mut self, messages: Vec<Message>, sources: SourceMap, strict: bool) {
        for message in &messages {
            match message {
                Message::Echo(text) => self.echo.push(text.clone()),
                Message::Diagnostic(diagnostic) => {
                    let mut row = row(diagnostic, &sources);
                    if strict && UNKNOWN.contains(&row.code.as_str()) {
                        row.severity = Severity::Error.name().into();
                    }
                    let is_error = row.severity == Severity::Error.name();
                    let rows = if is_error { &mut self.errors } else { &mut self.warnings };
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
        severity: diagnostic.severity.name().into(),
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

//! The central function: gathers the files of a program, resolves and runs them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use scad_parser::ast::StmtKind;
use scad_parser::{Loader, Program, Source, SourceMap, Surroundings, Unparsed, parse_with};

use crate::code::FileId;
use crate::csg::Csg;
use crate::eval::Evaluator;
use crate::host::Host;
use crate::limits::{Limits, Meter};
use crate::problem::Problem;
use crate::resolve::{Loaded, Resolver};
use crate::scene::{Camera, Failed, Message, Scene};
use crate::specials::Specials;
use crate::value::Value;
use crate::world::World;

/// How a program is evaluated.
#[derive(Debug, Clone)]
pub struct Options {
    /// What it may take.
    pub limits: Limits,
    /// `$preview`: true for a quick look, false when geometry is made for export.
    pub preview: bool,
    /// `$t`, the time of an animation, 0 to 1.
    pub time: f64,
    /// `$vpr`, `$vpt`, `$vpd`, `$vpf` as the program finds them; where `None`, OpenSCAD's own.
    pub camera: Camera,
    /// Whether built-in modules warn of sizes that make nothing, as of `--check-parameter-ranges=on`.
    pub check_ranges: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { limits: Limits::default(), preview: true, time: 0.0, camera: Camera::default(), check_ranges: false }
    }
}

/// Asks the world for the files that a program includes.
struct WorldLoader<'a>(&'a dyn World);

impl Loader for WorldLoader<'_> {
    fn load(&self, path: &str, from: &str) -> Option<Arc<Source>> {
        self.0.source(path, from)
    }
}

/// Parses a text with all that it includes. `defines` come after it and overwrite its variables, as of `-D`.
///
/// # Errors
///
/// The syntax errors of the text and of what it includes.
pub fn load(source: &Arc<Source>, world: &dyn World, defines: Option<&Arc<Source>>) -> Result<Program, Box<Unparsed>> {
    parse_with(source, Surroundings { loader: Some(&WorldLoader(world)), defines, start: 0 })
}

/// Evaluates a program with default [`Options`].
///
/// A program that was parsed by itself is loaded anew if it includes others.
///
/// # Errors
///
/// A failed assertion, an endless recursion, a limit: with all that was said before.
pub fn evaluate(program: &Program, world: &dyn World) -> Result<Scene, Failed> {
    evaluate_with(program, world, &Options::default())
}

/// Evaluates a program.
///
/// # Errors
///
/// As [`evaluate`].
pub fn evaluate_with(program: &Program, world: &dyn World, options: &Options) -> Result<Scene, Failed> {
    if let (true, Some(main)) = (has_includes(&program.statements), program.sources.main()) {
        return match load(main, world, None) {
            Ok(program) => run(&program, world, options),
            Err(unparsed) => Err(Failed {
                messages: unparsed.diagnostics.into_iter().map(Message::Diagnostic).collect(),
                sources: unparsed.sources,
                limit: None,
            }),
        };
    }
    run(program, world, options)
}

fn has_includes(statements: &[scad_parser::ast::Stmt]) -> bool {
    statements.iter().any(|statement| match &statement.kind {
        StmtKind::Include(_) => true,
        StmtKind::Block(inner) => has_includes(inner),
        StmtKind::Module { body, .. } => has_includes(std::slice::from_ref(body)),
        StmtKind::Call { children, .. } => has_includes(std::slice::from_ref(children)),
        StmtKind::If { then, otherwise, .. } => {
            has_includes(std::slice::from_ref(then))
                || otherwise.as_deref().is_some_and(|otherwise| has_includes(std::slice::from_ref(otherwise)))
        }
        _ => false,
    })
}

fn run(program: &Program, world: &dyn World, options: &Options) -> Result<Scene, Failed> {
    let mut messages: Vec<Message> = program.warnings.iter().cloned().map(Message::Diagnostic).collect();
    let mut sources = program.sources.clone();
    let files = gather(program, world, &mut sources, &mut messages);
    let specials = Specials::new(&presets(options));
    let mut host = Host::new(world, Meter::new(&options.limits, world), specials, sources.clone());
    host.messages = messages;
    host.check_ranges = options.check_ranges;
    host.used_fonts = fonts(&files, world);
    let resolver = Resolver::new(&files, sources.clone());
    let mut evaluator = Evaluator::new(host, resolver, options.limits.clone(), files.len());
    let geometry: Option<Csg> = evaluator.program();
    let camera = camera(&mut evaluator.host);
    let messages = std::mem::take(&mut evaluator.host.messages);
    match geometry {
        Some(geometry) => {
            let fonts = evaluator.host.font_files();
            Ok(Scene { geometry, messages, sources, camera, fonts })
        }
        None => Err(Failed { messages, sources, limit: evaluator.limit }),
    }
}

/// The main program and all files that it uses, directly or not, each once.
fn gather<'p>(
    main: &'p Program,
    world: &dyn World,
    sources: &mut SourceMap,
    messages: &mut Vec<Message>,
) -> Vec<Loaded<'p>> {
    let mut known: HashMap<String, FileId> = HashMap::new();
    let mut files = vec![Loaded { program: Cow::Borrowed(main), uses: Vec::new() }];
    let mut next = 0;
    while next < files.len() {
        let mut uses = Vec::new();
        for source in used(&files[next].program) {
            if is_font(source.name()) {
                continue;
            }
            let id = match known.get(source.name()) {
                Some(id) => *id,
                None => {
                    let id = FileId(files.len() as u32);
                    known.insert(source.name().to_owned(), id);
                    let program = Cow::Owned(parse_used(&source, world, sources, messages));
                    files.push(Loaded { program, uses: Vec::new() });
                    id
                }
            };
            uses.push(id);
        }
        files[next].uses = uses;
        next += 1;
    }
    files
}

/// `use <font.ttf>` makes a font known to `text`.
fn is_font(name: &str) -> bool {
    let suffix = name.rsplit('.').next().unwrap_or("");
    ["ttf", "otf", "ttc"].iter().any(|known| suffix.eq_ignore_ascii_case(known))
}

fn fonts(files: &[Loaded<'_>], world: &dyn World) -> Vec<Arc<[u8]>> {
    let used = files.iter().flat_map(|file| used(&file.program));
    used.filter(|source| is_font(source.name())).filter_map(|source| world.file(source.name(), source.name())).collect()
}

fn used(program: &Program) -> Vec<Arc<Source>> {
    let file = |statement: &scad_parser::ast::Stmt| match &statement.kind {
        StmtKind::Use(file) => file.source.clone(),
        _ => None,
    };
    program.statements.iter().filter_map(file).collect()
}

/// A used file that does not parse counts as empty, with its errors told.
fn parse_used(
    source: &Arc<Source>,
    world: &dyn World,
    sources: &mut SourceMap,
    messages: &mut Vec<Message>,
) -> Program {
    let surroundings = Surroundings { loader: Some(&WorldLoader(world)), defines: None, start: sources.end() };
    match parse_with(source, surroundings) {
        Ok(program) => {
            sources.append(program.sources.clone());
            messages.extend(program.warnings.iter().cloned().map(Message::Diagnostic));
            program
        }
        Err(unparsed) => {
            sources.append(unparsed.sources);
            messages.extend(unparsed.diagnostics.into_iter().map(Message::Diagnostic));
            Program {
                statements: Vec::new(),
                sources: SourceMap::default(),
                comments: Vec::new(),
                warnings: Vec::new(),
            }
        }
    }
}

/// The special variables that exist from the start, besides `$fn`, `$fa` and `$fs`.
fn presets(options: &Options) -> Vec<(&'static str, Value)> {
    let camera = &options.camera;
    vec![
        ("$t", Value::Number(options.time)),
        ("$preview", Value::Bool(options.preview)),
        ("$vpr", Value::numbers(camera.rotation.unwrap_or([55.0, 0.0, 25.0]))),
        ("$vpt", Value::numbers(camera.translation.unwrap_or([0.0; 3]))),
        ("$vpd", Value::Number(camera.distance.unwrap_or(140.0))),
        ("$vpf", Value::Number(camera.fov.unwrap_or(22.5))),
    ]
}

/// The camera as the program leaves it; a value that is none is told.
fn camera(host: &mut Host<'_>) -> Camera {
    Camera {
        rotation: camera_value(host, "$vpr", "a vec3 or vec2 of numbers", vector),
        translation: camera_value(host, "$vpt", "a vec3 or vec2 of numbers", vector),
        distance: camera_value(host, "$vpd", "a number", Value::as_finite),
        fov: camera_value(host, "$vpf", "a number", Value::as_finite),
    }
}

fn camera_value<T>(
    host: &mut Host<'_>,
    name: &'static str,
    wanted: &'static str,
    convert: impl Fn(&Value) -> Option<T>,
) -> Option<T> {
    let id = host.specials.id(name);
    let value = host.specials.get(id).cloned().unwrap_or_default();
    let converted = convert(&value);
    if converted.is_none() {
        let value = crate::print::quoted(&value);
        // A limit that this message reaches is told by nobody, since all has been said.
        let _ = host.warn_unplaced(&Problem::Camera { name, value, wanted });
    }
    converted
}

fn vector(value: &Value) -> Option<[f64; 3]> {
    value.as_vector().or_else(|| value.as_vector().map(|[x, y]| [x, y, 0.0]))
}

//! `cadmonkey render`: one program, evaluated, its geometry made, and both written to files.

mod animation;
mod dependencies;
mod format;
mod picture;
mod stages;
mod summary;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use csg_mesh::{Geometry, Limits, Stop, export};
use raster::{Image, Model};
use scad_eval::{Failed, Message, Options, Scene};
use scad_parser::{Program, Source, Unparsed};

use crate::Outcome;
use crate::output;
use crate::picture::{Screen, is_set_by};
use crate::report;
use crate::watchdog::{self, Watchdog};
use crate::world::{DiskWorld, Library, read};
use format::{Content, Format, format_of};
use picture::{PictureArguments, Subject};
use stages::Stages;

/// Makes what an OpenSCAD program describes and writes it to files.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cadmonkey render box.scad -o box.stl
  cadmonkey render box.scad -o box.3mf -o box.csg -D width=40
  cadmonkey render box.scad --summary
  cadmonkey render box.scad                      a picture in the terminal
  cadmonkey render box.scad -o box.png --imgsize 800,600 --view axes,edges
  cadmonkey render box.scad -o box.png --camera 0,0,0,55,0,25,140
  cadmonkey render gears.scad -o gears.apng --animate 60

Formats, by suffix or --export-format:
  stl (binstl)  binary STL             svg   drawing, in millimeters
  asciistl      STL as text            dxf   drawing
  3mf           with colors            pdf   drawing, one page
  amf           with colors            csg   the resolved tree, itself a program
  off           with colors            echo  the lines of echo, warnings and errors
  obj           with colors            ast   the syntax tree, includes spliced in
  ply, glb, wrl with colors            png   picture, or animation (apng)

stl to wrl are for solids, svg to pdf for flat objects (projection() makes a solid flat, linear_extrude() the reverse).

Exit code: 0 all is well, 1 the program is wrong or makes nothing, 2 it could not be run.")]
pub(crate) struct Arguments {
    /// The program; `-` reads it from stdin.
    input: PathBuf,
    /// Where to write; the suffix chooses the format. May be given several times; `-` writes to stdout.
    #[arg(short, long, value_name = "FILE")]
    output: Vec<PathBuf>,
    /// The format of all outputs, whatever their suffix.
    #[arg(long, value_name = "FORMAT")]
    export_format: Option<String>,
    /// Overwrites a variable of the program: `name=value`, the value an expression.
    #[arg(short = 'D', value_name = "NAME=VALUE")]
    define: Vec<String>,
    /// A file of parameter sets, as OpenSCAD's customizer writes it.
    #[arg(short = 'p', long = "parameters", value_name = "FILE", requires = "parameter_set")]
    parameters: Option<PathBuf>,
    /// The set to take from it.
    #[arg(short = 'P', long = "parameter-set", value_name = "NAME", requires = "parameters")]
    parameter_set: Option<String>,
    /// Experimental features of OpenSCAD; all but lazy-union are always on.
    #[arg(long, value_name = "FEATURE", hide_short_help = true)]
    enable: Vec<String>,
    /// Whether built-in modules warn of sizes that make nothing.
    #[arg(long, value_name = "on|off", default_value = "off")]
    check_parameter_ranges: Switch,
    /// Accepted for OpenSCAD's sake.
    #[arg(long, value_name = "BOOL", hide = true)]
    trace_usermodule_parameters: Option<String>,
    /// Size, volume and other facts of the geometry on stderr, and what each stage took.
    #[arg(long)]
    summary: bool,
    /// Where to write which files the outputs depend on, as a rule for make; fonts are left out.
    #[arg(short, long = "deps", value_name = "FILE", requires = "output")]
    deps: Option<PathBuf>,
    /// Seconds that it may take; without a limit if left out.
    #[arg(long, value_name = "SECONDS", value_parser = watchdog::seconds)]
    time_limit: Option<Duration>,
    /// Triangles that a solid may have, and corners that a flat region may have.
    #[arg(long, value_name = "N", default_value_t = Limits::default().triangles)]
    triangle_limit: usize,
    /// A warning ends the run with exit code 1 and nothing is written.
    #[arg(long)]
    hardwarnings: bool,
    /// Every shortcut of the mesher left out: slower, and the same solid.
    #[arg(long, hide_short_help = true)]
    plain: bool,
    /// Only errors are told.
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    pictures: PictureArguments,
}

/// `on` or `off`, as OpenSCAD spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Switch {
    #[value(alias = "true", alias = "yes", alias = "1")]
    On,
    #[value(alias = "false", alias = "no", alias = "0")]
    Off,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, String> {
    prepare(arguments)?.run()
}

struct Work<'a> {
    arguments: &'a Arguments,
    source: Arc<Source>,
    outputs: Vec<(&'a Path, Format)>,
    /// Where a picture is shown when no output is asked for.
    screen: Option<Screen>,
}

fn prepare(arguments: &Arguments) -> Result<Work<'_>, String> {
    let mut outputs = Vec::new();
    for path in &arguments.output {
        outputs.push((path.as_path(), format_of(path, arguments.export_format.as_deref())?));
    }
    if arguments.deps.is_some() && !outputs.iter().any(|(path, _)| is_file(path)) {
        return Err("--deps needs an output that is a file: the rule for make names it".to_owned());
    }
    let has_pictures = outputs.iter().any(|(_, format)| *format == Format::Picture);
    if has_pictures {
        arguments.pictures.check()?;
    }
    if arguments.pictures.is_animated() && !has_pictures {
        return Err("--animate and --turntable make pictures: give -o FILE.png".to_owned());
    }
    if arguments.pictures.animate().is_some() && outputs.iter().any(|(_, format)| *format != Format::Picture) {
        return Err("--animate makes nothing but pictures: write other outputs without it".to_owned());
    }
    let is_apng = |path: &Path| path.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("apng"));
    if !arguments.pictures.is_animated() && outputs.iter().any(|(path, _)| is_apng(path)) {
        return Err("`apng` is for animations: give --animate N or --turntable N".to_owned());
    }
    let wants_screen = outputs.is_empty() && !arguments.summary;
    if wants_screen && !std::io::stderr().is_terminal() {
        return Err(
            "there is nothing to do: give -o FILE, such as `-o part.stl` or `-o part.png`, or --summary".to_owned()
        );
    }
    let source = crate::inputs::source(&arguments.input)?;
    let screen = if wants_screen { Screen::of_stderr() } else { None };
    Ok(Work { arguments, source, outputs, screen })
}

/// Whether a path is no pipe.
fn is_file(path: &Path) -> bool {
    path.as_os_str() != "-"
}

impl Work<'_> {
    fn run(&self) -> Result<Outcome, String> {
        let library = Library::from_environment();
        let world = DiskWorld::new(&library, &self.source);
        let stop = Stop::default();
        let watchdog = self.arguments.time_limit.map(Watchdog::new);
        let _watch = watchdog.as_ref().map(|watchdog| {
            let stop = stop.clone();
            watchdog.watch(move || stop.set())
        });
        let patience = stages::patience(self.arguments.quiet);
        let mut stages = Stages::new(patience.as_ref());
        let outcome = self.made(&world, &stop, &mut stages)?;
        if let Some(path) = &self.arguments.deps
            && outcome == Outcome::Good
        {
            output::write(path, self.dependencies(&world).as_bytes())?;
        }
        Ok(outcome)
    }

    /// Makes and writes what is asked for.
    fn made(&self, world: &DiskWorld<'_>, stop: &Stop, stages: &mut Stages<'_>) -> Result<Outcome, String> {
        let defines = self.defines(world)?;
        let program = match stages.run("parsing", || scad_eval::load(&self.source, world, defines.as_ref())) {
            Ok(program) => program,
            Err(unparsed) => {
                stages.end();
                return Ok(self.unparsed(*unparsed));
            }
        };
        // The process ends soon: taking the tree apart node by node would cost more than evaluating many programs.
        let program = std::mem::ManuallyDrop::new(program);
        if !self.arguments.summary
            && !self.outputs.is_empty()
            && self.outputs.iter().all(|(_, format)| *format == Format::Ast)
        {
            stages.end();
            return Ok(self.write(|_| Some(Content::Text(scad_parser::dump(&program))), Outcome::Good));
        }
        let options = self.options();
        if let Some(frames) = self.arguments.pictures.animate() {
            return Ok(self.animation(&program, world, &options, frames, stop, stages));
        }
        Ok(match stages.run("evaluating", || scad_eval::evaluate_with(&program, world, &options)) {
            Ok(scene) => self.evaluated(&program, &mut std::mem::ManuallyDrop::new(scene), stop, stages),
            Err(failed) => {
                stages.end();
                self.failed(&program, &failed)
            }
        })
    }

    fn options(&self) -> Options {
        let exports = self.arguments.summary && self.outputs.is_empty()
            || self.outputs.iter().any(|(_, format)| matches!(format, Format::Geometry(_)));
        Options {
            check_ranges: self.arguments.check_parameter_ranges == Switch::On,
            preview: !exports && self.arguments.pictures.preview(),
            camera: self.arguments.pictures.specials(),
            limits: scad_eval::Limits { time: self.arguments.time_limit, ..Default::default() },
            ..Options::default()
        }
    }

    /// The rule for make.
    fn dependencies(&self, world: &DiskWorld<'_>) -> String {
        let targets: Vec<&Path> = self.outputs.iter().map(|(path, _)| *path).filter(|path| is_file(path)).collect();
        let mut files = world.files();
        files.splice(0..0, self.arguments.parameters.clone());
        if is_file(&self.arguments.input) {
            files.insert(0, self.arguments.input.clone());
        }
        dependencies::rule(&targets, &files)
    }

    /// Assignments of `-D` and `-P`, which come after the program.
    fn defines(&self, world: &DiskWorld<'_>) -> Result<Option<Arc<Source>>, String> {
        let mut text = String::new();
        if let (Some(file), Some(set)) = (&self.arguments.parameters, &self.arguments.parameter_set) {
            let bytes = read(file).map_err(|error| format!("cannot read `{}`: {error}", file.display()))?;
            let json = String::from_utf8_lossy(&bytes);
            let sets = scad_parser::customizer::ParameterSets::parse(&json).map_err(|error| described(file, &error))?;
            let program = scad_eval::load(&self.source, world, None).map_err(|unparsed| unparsed_text(&unparsed))?;
            let parameters = scad_parser::customizer::parameters(&program);
            text.push_str(&sets.defines(set, &parameters).map_err(|error| described(file, &error))?);
        }
        for define in &self.arguments.define {
            if !define.contains('=') {
                return Err(format!("-D takes NAME=VALUE, not `{define}`"));
            }
            text.push_str(define);
            text.push_str(";\n");
        }
        Ok((!text.is_empty()).then(|| Source::new("<command line>", text)))
    }

    fn unparsed(&self, unparsed: Unparsed) -> Outcome {
        let messages: Vec<Message> = unparsed.diagnostics.into_iter().map(Message::Diagnostic).collect();
        let echo = report::openscad_lines(&messages, &unparsed.sources) + &report::unparsed_line(&unparsed.sources);
        let outcome =
            self.write(|format| (format == Format::Echo).then(|| Content::Text(echo.clone())), Outcome::Wrong);
        report::tell(&messages, &unparsed.sources, self.arguments.quiet);
        output::talk(report::unparsed_line(&unparsed.sources).trim_end());
        outcome
    }

    fn failed(&self, program: &Program, failed: &Failed) -> Outcome {
        let echo = report::openscad_lines(&failed.messages, &failed.sources);
        let content = |format| match format {
            Format::Echo => Some(Content::Text(echo.clone())),
            Format::Ast => Some(Content::Text(scad_parser::dump(program))),
            Format::Csg | Format::Geometry(_) | Format::Picture => None,
        };
        let outcome = self.write(content, Outcome::Wrong);
        report::tell(&failed.messages, &failed.sources, self.arguments.quiet);
        outcome
    }

    /// Whether geometry is made: for an output, or for nothing but its summary or a look at it.
    fn wants_geometry(&self) -> bool {
        let made_of_it = |format: &Format| matches!(format, Format::Geometry(_) | Format::Picture);
        self.outputs.is_empty() || self.outputs.iter().any(|(_, format)| made_of_it(format))
    }

    fn wants_pictures(&self) -> bool {
        self.screen.is_some() || self.outputs.iter().any(|(_, format)| *format == Format::Picture)
    }

    fn mesh_options(&self, stop: &Stop) -> csg_mesh::Options {
        csg_mesh::Options {
            limits: Limits { triangles: self.arguments.triangle_limit },
            stop: stop.clone(),
            plain: self.arguments.plain,
            ..Default::default()
        }
    }

    fn evaluated(&self, program: &Program, scene: &mut Scene, stop: &Stop, stages: &mut Stages<'_>) -> Outcome {
        let options = self.mesh_options(stop);
        let made = self.wants_geometry().then(|| stages.run("making geometry", || csg_mesh::make(scene, &options)));
        let geometry = match made {
            None => None,
            Some(made) => {
                scene.messages.extend(made.messages);
                Some(made.geometry)
            }
        };
        let model = match &geometry {
            Some(Ok(geometry)) if self.wants_pictures() => {
                Some(stages.run("preparing a picture", || self.model(scene, geometry, &options)))
            }
            _ => None,
        };
        stages.end();
        let only_echo = !self.outputs.is_empty() && self.outputs.iter().all(|(_, format)| *format == Format::Echo);
        if !only_echo || self.arguments.hardwarnings {
            report::tell(&scene.messages, &scene.sources, self.arguments.quiet);
        }
        if self.arguments.hardwarnings && scene.warnings().next().is_some() {
            output::talk("error: there are warnings, and --hardwarnings is set");
            return Outcome::Wrong;
        }
        let (images, drawn) = match model {
            None => (None, Outcome::Good),
            // It was told.
            Some(None) => (None, Outcome::Wrong),
            Some(Some(model)) => match stages.run("drawing", || self.drawn(&model, program, scene)) {
                Ok(images) => (Some(images), Outcome::Good),
                Err(outcome) => (None, outcome),
            },
        };
        let content = |format| match format {
            Format::Picture => images.as_deref().map(Content::Pictures),
            Format::Echo => Some(Content::Text(report::openscad_lines(&scene.messages, &scene.sources))),
            Format::Ast => Some(Content::Text(scad_parser::dump(program))),
            Format::Csg => Some(Content::Text(scene.geometry.to_csg())),
            Format::Geometry(format) => match &geometry {
                Some(Ok(geometry)) => Some(Content::Geometry(geometry, format)),
                _ => None,
            },
        };
        let outcome = match &geometry {
            // It was told among the messages.
            Some(Err(_)) => Outcome::Wrong,
            // Outputs say so themselves; a summary alone has nobody else to say it.
            Some(Ok(Geometry::Empty)) if self.outputs.is_empty() => Outcome::Wrong,
            _ => drawn,
        };
        let outcome = stages.run("writing", || self.write(content, outcome));
        if self.arguments.summary || self.outputs.is_empty() && !self.arguments.quiet {
            let geometry = geometry.as_ref().and_then(|geometry| geometry.as_ref().ok());
            output::talk(&summary::summary(geometry, stages.times()));
        }
        outcome
    }

    /// What pictures show: the geometry, and what is marked with `%` and `#`. A limit that this runs into is told.
    fn model(&self, scene: &Scene, geometry: &Geometry, options: &csg_mesh::Options) -> Option<Model> {
        match csg_mesh::marked(scene, options) {
            Ok(marked) => Some(Model::with_marked(geometry, &marked, self.arguments.pictures.look().shading())),
            Err(limit) => {
                output::talk(&format!("error: what is marked with `%` or `#` runs into the limit `{}`", limit.name()));
                None
            }
        }
    }

    /// Draws what is asked for, and shows it when it is for the screen.
    fn drawn(&self, model: &Model, program: &Program, scene: &Scene) -> Result<Vec<Image>, Outcome> {
        let pictures = &self.arguments.pictures;
        if model.triangles() == 0 {
            // The others say it themselves.
            if !self.outputs.iter().any(|(_, format)| matches!(format, Format::Geometry(_))) {
                self.refused(&export::ExportError::Empty);
            }
            return Err(Outcome::Wrong);
        }
        let subject = Subject {
            model,
            camera: scene.camera,
            by_program: is_set_by(program),
            bounds: model.bounds(),
            is_flat: model.is_flat(),
        };
        let renderer = pictures.look().renderer(self.arguments.quiet);
        let images = match self.screen {
            Some(screen) => pictures.small(renderer.as_ref(), &subject, screen.size()).map(|image| {
                screen.show(&image);
                Vec::new()
            }),
            None => pictures.images(renderer.as_ref(), &subject),
        };
        images.map_err(|problem| {
            output::talk(&format!("error: {problem}"));
            Outcome::Failed
        })
    }

    /// Writes the outputs that `content` has something for.
    fn write<'c>(&self, content: impl Fn(Format) -> Option<Content<'c>>, mut outcome: Outcome) -> Outcome {
        for (path, format) in &self.outputs {
            let bytes = match content(*format) {
                None => continue,
                Some(Content::Text(text)) => text.into_bytes(),
                Some(Content::Pictures(images)) => {
                    if let Err(problem) = self.arguments.pictures.write(path, images) {
                        output::talk(&format!("error: {problem}"));
                        return Outcome::Failed;
                    }
                    continue;
                }
                Some(Content::Geometry(geometry, format)) => {
                    let mut bytes = Vec::new();
                    if let Err(problem) = export::write(geometry, format, &mut bytes) {
                        self.refused(&problem);
                        outcome = Outcome::Wrong;
                        continue;
                    }
                    bytes
                }
            };
            if let Err(problem) = output::write(path, &bytes) {
                output::talk(&format!("error: {problem}"));
                return Outcome::Failed;
            }
        }
        outcome
    }

    /// Says why geometry does not go into a file; the hint only where a person reads.
    fn refused(&self, problem: &export::ExportError) {
        output::talk(&problem.to_string());
        if std::io::stderr().is_terminal()
            && let Some(help) = miette::Diagnostic::help(problem)
        {
            output::talk(&format!("  help: {help}"));
        }
    }
}

/// An error of a file, with its hint.
fn described(file: &Path, error: &dyn miette::Diagnostic) -> String {
    let help = error.help().map_or_else(String::new, |help| format!(" ({help})"));
    format!("`{}`: {error}{help}", file.display())
}

fn unparsed_text(unparsed: &Unparsed) -> String {
    let messages: Vec<Message> = unparsed.diagnostics.iter().cloned().map(Message::Diagnostic).collect();
    report::openscad_lines(&messages, &unparsed.sources)
}

//! `cadmonkey render`: one program, evaluated, its geometry made, and both written to files.

mod dependencies;
mod format;
pub(crate) mod picture;
mod stages;
mod summary;
mod terminal;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use csg_mesh::{Geometry, Limits, Stop, export};
use raster::{Image, Model, Renderer, View};
use scad_eval::{Failed, Message, Options, Scene};
use scad_parser::{Program, Source, Unparsed};

use crate::Outcome;
use crate::output;
use crate::report;
use crate::watchdog::{self, Watchdog};
use crate::world::{DiskWorld, Library, read};
use format::{Content, Format, format_of};
use picture::{Motion, PictureArguments};
use stages::Stages;

/// Makes what an OpenSCAD program describes and writes it to files.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cadmonkey render box.scad -o box.stl
  cadmonkey render box.scad -o box.3mf -o box.csg -D width=40
  cadmonkey render box.scad --summary
  cadmonkey render box.scad -o box.png --imgsize 800,600 --view axes,edges --shadow
  cadmonkey render box.scad -o sheet.png --views 8
  cadmonkey render box.scad -o turn.png --turntable 36

Formats, by suffix or --export-format:
  stl (binstl)  binary STL             svg   drawing, in millimeters
  asciistl      STL as text            dxf   drawing
  3mf           with colors            pdf   drawing, one page
  amf           with colors            csg   the resolved tree, itself a program
  off           with colors            echo  the lines of echo, warnings and errors
  obj           with colors            ast   the syntax tree, includes spliced in
  ply, glb, wrl with colors              png   a picture

stl to wrl are for solids, svg to pdf for flat objects (projection() makes a solid flat, linear_extrude() the reverse).

Exit code: 0 all is well, 1 the program is wrong or makes nothing, 2 it could not be run.")]
pub(crate) struct Arguments {
    /// The program; `-` reads it from stdin.
    input: PathBuf,
    /// Where to write; the suffix chooses the format. May be given several times; `-` writes to stdout. Without one, a
    /// terminal shows a picture and the summary.
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
    picture: PictureArguments,
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
    /// How the terminal shows a picture, when that is what is asked for.
    terminal: Option<(terminal::Graphics, [u32; 2])>,
}

fn prepare(arguments: &Arguments) -> Result<Work<'_>, String> {
    let mut outputs = Vec::new();
    for path in &arguments.output {
        outputs.push((path.as_path(), format_of(path, arguments.export_format.as_deref())?));
    }
    if arguments.deps.is_some() && !outputs.iter().any(|(path, _)| is_file(path)) {
        return Err("--deps needs an output that is a file: the rule for make names it".to_owned());
    }
    let mut terminal = None;
    if outputs.is_empty() && !arguments.summary {
        terminal = terminal::graphics();
        if terminal.is_none() {
            return Err("give -o FILE, or --summary (a picture is shown where stderr is a terminal)".to_owned());
        }
    }
    let pictures = outputs.iter().any(|(_, format)| *format == Format::Picture);
    if arguments.picture.motion().is_some() && (!pictures || outputs.len() > 1) {
        return Err("--animate and --turntable take one output, a .png".to_owned());
    }
    let source = crate::inputs::source(&arguments.input)?;
    Ok(Work { arguments, source, outputs, terminal })
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
        if !self.arguments.summary && self.outputs.iter().all(|(_, format)| *format == Format::Ast) {
            stages.end();
            return Ok(self.write(|_| Some(Content::Text(scad_parser::dump(&program))), Outcome::Good));
        }
        let options = Options {
            check_ranges: self.arguments.check_parameter_ranges == Switch::On,
            preview: !self.wants_export(),
            limits: scad_eval::Limits { time: self.arguments.time_limit, ..Default::default() },
            camera: self.arguments.picture.presets(),
            ..Options::default()
        };
        if let Some(Motion::Time(frames)) = self.arguments.picture.motion() {
            return self.animated(&program, world, &options, frames, stop, stages);
        }
        Ok(match stages.run("evaluating", || scad_eval::evaluate_with(&program, world, &options)) {
            Ok(scene) => self.evaluated(&program, &mut std::mem::ManuallyDrop::new(scene), stop, stages),
            Err(failed) => {
                stages.end();
                self.failed(&program, &failed)
            }
        })
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

    /// Whether geometry is made: for an output, or for nothing but its summary.
    fn wants_geometry(&self) -> bool {
        self.wants_export() || self.wants_picture()
    }

    /// Whether geometry is made that people use, and not just look at.
    fn wants_export(&self) -> bool {
        let summary_only = self.outputs.is_empty() && self.terminal.is_none();
        summary_only || self.outputs.iter().any(|(_, format)| matches!(format, Format::Geometry(_)))
    }

    /// Whether there is a picture.
    fn wants_picture(&self) -> bool {
        self.terminal.is_some() || self.outputs.iter().any(|(_, format)| *format == Format::Picture)
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
        stages.end();
        let only_echo = !self.outputs.is_empty() && self.outputs.iter().all(|(_, format)| *format == Format::Echo);
        if !only_echo || self.arguments.hardwarnings {
            report::tell(&scene.messages, &scene.sources, self.arguments.quiet);
        }
        if self.arguments.hardwarnings && scene.warnings().next().is_some() {
            output::talk("error: there are warnings, and --hardwarnings is set");
            return Outcome::Wrong;
        }
        let content = |format| match format {
            Format::Echo => Some(Content::Text(report::openscad_lines(&scene.messages, &scene.sources))),
            Format::Ast => Some(Content::Text(scad_parser::dump(program))),
            Format::Csg => Some(Content::Text(scene.geometry.to_csg())),
            Format::Geometry(format) => match &geometry {
                Some(Ok(geometry)) => Some(Content::Geometry(geometry, format)),
                _ => None,
            },
            Format::Picture => match &geometry {
                Some(Ok(geometry)) => Some(Content::Picture(geometry)),
                _ => None,
            },
        };
        let outcome = match &geometry {
            // It was told among the messages.
            Some(Err(_)) => Outcome::Wrong,
            // Outputs say so themselves; a summary alone has nobody else to say it.
            Some(Ok(Geometry::Empty)) if self.outputs.is_empty() => Outcome::Wrong,
            _ => Outcome::Good,
        };
        let pictures = |geometry: &Geometry| self.pictured(scene, geometry, &options);
        let outcome = stages.run("writing", || self.write_with(content, &pictures, outcome));
        if let (Some((graphics, size)), Some(Ok(made))) = (self.terminal, &geometry)
            && *made != Geometry::Empty
        {
            match self.preview(scene, made, &options, graphics, size) {
                Ok(text) => output::talk(text.trim_end_matches('\n')),
                Err(problem) => output::talk(&format!("error: {problem}")),
            }
        }
        if self.arguments.summary || self.terminal.is_some() {
            let geometry = geometry.as_ref().and_then(|geometry| geometry.as_ref().ok());
            output::talk(&summary::summary(geometry, stages.times()));
        }
        outcome
    }

    /// Writes the outputs that `content` has something for, pictures aside.
    fn write<'c>(&self, content: impl Fn(Format) -> Option<Content<'c>>, outcome: Outcome) -> Outcome {
        self.write_with(content, &|_| Err("no picture was asked for".to_owned()), outcome)
    }

    /// Writes the outputs that `content` has something for; `pictures` are drawn last, numbered files have been written.
    fn write_with<'c>(
        &self,
        content: impl Fn(Format) -> Option<Content<'c>>,
        picture: &dyn Fn(&Geometry) -> Result<Vec<Image>, String>,
        mut outcome: Outcome,
    ) -> Outcome {
        for (path, format) in &self.outputs {
            let bytes = match content(*format) {
                None => continue,
                Some(Content::Text(text)) => text.into_bytes(),
                Some(Content::Geometry(geometry, format)) => {
                    let mut bytes = Vec::new();
                    if let Err(problem) = export::write(geometry, format, &mut bytes) {
                        self.refused(&problem);
                        outcome = Outcome::Wrong;
                        continue;
                    }
                    bytes
                }
                Some(Content::Picture(geometry)) => {
                    let written = picture(geometry).and_then(|images| {
                        if images.is_empty() { Ok(false) } else { write_pictures(path, &images).map(|()| true) }
                    });
                    match written {
                        Ok(true) => {}
                        Ok(false) => {
                            self.refused(&export::ExportError::Empty);
                            outcome = Outcome::Wrong;
                        }
                        Err(problem) => {
                            output::talk(&format!("error: {problem}"));
                            return Outcome::Failed;
                        }
                    }
                    continue;
                }
            };
            if let Err(problem) = output::write(path, &bytes) {
                output::talk(&format!("error: {problem}"));
                return Outcome::Failed;
            }
        }
        outcome
    }

    /// Who draws; says so when it is not who was asked for.
    fn renderer(&self) -> Box<dyn Renderer> {
        let (renderer, notice) = raster::choose(self.arguments.picture.looks().choice());
        if let Some(notice) = notice
            && !self.arguments.quiet
        {
            output::talk(&notice);
        }
        renderer
    }

    /// What a scene shows.
    fn model(&self, scene: &Scene, geometry: &Geometry, options: &csg_mesh::Options) -> Result<Model, String> {
        let marked = csg_mesh::marked(scene, options)
            .map_err(|limit| format!("what `%` and `#` mark runs into the limit of {}", limit.name()))?;
        Ok(Model::with_marked(geometry, &marked, self.arguments.picture.looks().shading()))
    }

    /// The pictures of a scene, more than one for a turntable; none when there is nothing to see.
    fn pictured(&self, scene: &Scene, geometry: &Geometry, options: &csg_mesh::Options) -> Result<Vec<Image>, String> {
        let picture = &self.arguments.picture;
        let model = self.model(scene, geometry, options)?;
        if model.triangles() == 0 {
            return Ok(Vec::new());
        }
        let view = picture.view_of(&model, model.bounds(), picture.camera(&scene.camera));
        let renderer = self.renderer();
        if let Some(rotations) = picture.views().and_then(raster::standard_views) {
            let sheet = raster::sheet(renderer.as_ref(), &model, &view, rotations);
            return sheet.map(|sheet| vec![sheet]).map_err(|error| error.to_string());
        }
        let views: Vec<View> = match picture.motion() {
            Some(Motion::Turntable(frames)) => (0..frames)
                .map(|frame| {
                    let mut turned = view;
                    turned.camera.rotation[2] += 360.0 * f64::from(frame) / f64::from(frames);
                    turned
                })
                .collect(),
            _ => vec![view],
        };
        renderer.images(&model, &views).map_err(|error| error.to_string())
    }

    /// A picture for the terminal.
    fn preview(
        &self,
        scene: &Scene,
        geometry: &Geometry,
        options: &csg_mesh::Options,
        graphics: terminal::Graphics,
        size: [u32; 2],
    ) -> Result<String, String> {
        let picture = &self.arguments.picture;
        let model = self.model(scene, geometry, options)?;
        let view = picture.view_of(&model, model.bounds(), picture.camera(&scene.camera));
        let view = terminal::sized(graphics, size, view);
        let images = self.renderer().images(&model, &[view]).map_err(|error| error.to_string())?;
        Ok(images.first().map_or_else(String::new, |image| terminal::shown(graphics, image)))
    }

    /// An animation by `$t`: each picture is a run of the program; all are seen from one place.
    fn animated(
        &self,
        program: &Program,
        world: &DiskWorld<'_>,
        options: &Options,
        frames: u32,
        stop: &Stop,
        stages: &mut Stages<'_>,
    ) -> Result<Outcome, String> {
        let mesh_options = self.mesh_options(stop);
        let mut models = Vec::new();
        let bar = crate::progress::bar(u64::from(frames), "pictures", self.arguments.quiet);
        for frame in 0..frames {
            let options = Options { time: f64::from(frame) / f64::from(frames), ..options.clone() };
            let mut scene = match scad_eval::evaluate_with(program, world, &options) {
                Ok(scene) => scene,
                Err(failed) => {
                    stages.end();
                    return Ok(self.failed(program, &failed));
                }
            };
            let made = csg_mesh::make(&scene, &mesh_options);
            scene.messages.extend(made.messages);
            stages.end();
            // Messages of the first picture stand for all; errors end the work.
            if frame == 0 || made.geometry.is_err() {
                report::tell(&scene.messages, &scene.sources, self.arguments.quiet);
            }
            let Ok(geometry) = made.geometry else { return Ok(Outcome::Wrong) };
            models.push((self.model(&scene, &geometry, &mesh_options)?, scene.camera));
            bar.inc(1);
        }
        bar.finish_and_clear();
        let Some(bounds) =
            models.iter().filter_map(|(model, _)| model.bounds()).reduce(|[low, high], [least, most]| {
                [[0, 1, 2].map(|axis| low[axis].min(least[axis])), [0, 1, 2].map(|axis| high[axis].max(most[axis]))]
            })
        else {
            self.refused(&export::ExportError::Empty);
            return Ok(Outcome::Wrong);
        };
        let renderer = self.renderer();
        let picture = &self.arguments.picture;
        let mut images = Vec::new();
        for (model, camera) in &models {
            let view = picture.view_of(model, Some(bounds), picture.camera(camera));
            images.extend(renderer.images(model, &[view]).map_err(|error| error.to_string())?);
        }
        for (path, _) in &self.outputs {
            write_pictures(path, &images)?;
        }
        Ok(Outcome::Good)
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

/// Writes pictures: one as a PNG, several as an animated one, or each in a file of its own where the name has `%d` or `%04d`.
fn write_pictures(path: &Path, images: &[Image]) -> Result<(), String> {
    /// For the whole animation.
    const MILLISECONDS: usize = 4000;
    if let Some(names) = numbered(path, images.len()) {
        return names.iter().zip(images).try_for_each(|(name, image)| output::write(name, &image.to_png()));
    }
    let bytes = match images {
        [image] => image.to_png(),
        _ => {
            let mut bytes = Vec::new();
            let delay = (MILLISECONDS / images.len().max(1)).clamp(20, 200) as u16;
            raster::write_animation(images, delay, &mut bytes).map_err(|error| error.to_string())?;
            bytes
        }
    };
    output::write(path, &bytes)
}

/// The names of so many files, when a name has a place for numbers: `%d`, or `%05d` for five digits.
fn numbered(path: &Path, count: usize) -> Option<Vec<PathBuf>> {
    let name = path.to_str()?;
    let (head, rest) = name.split_once('%')?;
    let (digits, tail) = rest.split_once('d')?;
    if !digits.chars().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let width = digits.parse().unwrap_or(0).min(20usize);
    Some((0..count).map(|number| PathBuf::from(format!("{head}{number:0width$}{tail}"))).collect())
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

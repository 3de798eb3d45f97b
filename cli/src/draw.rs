//! `cadmonkey draw`: pictures of many programs, for datasets, judges and overviews.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::{Args, ValueEnum};
use csg_mesh::{Limits, Stop};
use raster::{Image, Maps, Model, Renderer, View};
use scad_eval::{Options, Scene};
use scad_parser::{Severity, Source};
use serde::Serialize;

use crate::Outcome;
use crate::inputs::{self, Input, Name};
use crate::output;
use crate::render::picture::{LooksArguments, views};
use crate::watchdog::{self, Watchdog};
use crate::world::{DiskWorld, Library};

/// Draws programs: a sheet of views of each, maps of what the pixels show, one picture of all.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cadmonkey draw programs/ --output sheets/ --views 8
  cadmonkey draw train.parquet --output views/ --views 6 --maps depth,normal,silhouette,part
  cadmonkey draw programs/ --overview all.png --columns 8

Inputs are those of check: files, folders, .jsonl and .parquet files, `-`. Of each program `NAME.png` is written, the sheet
of its views; with --maps also `NAME.VIEW.depth.png` and so on, and `NAME.json`, which says for each view the camera and
the depths, and for each part its color and where in the program it comes from.

Exit code: 0 all programs are drawn, 1 some make nothing, 2 something could not be read or written.")]
pub(crate) struct Arguments {
    /// Files, folders, .jsonl and .parquet files, `-`.
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
    /// The folder that gets the pictures.
    #[arg(short, long, value_name = "FOLDER", required_unless_present = "overview")]
    output: Option<PathBuf>,
    /// Standard views of each program: 1, 4, 6 or 8.
    #[arg(long, value_name = "1|4|6|8", default_value = "4", value_parser = views)]
    views: usize,
    /// Side of each view in pixels.
    #[arg(long, value_name = "PIXELS", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=4096))]
    size: u32,
    /// Maps of each view: depth (16-bit gray, near is light), normal, silhouette, part.
    #[arg(long, value_name = "MAPS", value_delimiter = ',', requires = "output")]
    maps: Vec<Map>,
    /// One picture of all programs side by side, the first view of each.
    #[arg(long, value_name = "FILE")]
    overview: Option<PathBuf>,
    /// Columns of the overview; about as many as rows if left out.
    #[arg(long, value_name = "N", requires = "overview")]
    columns: Option<u32>,
    #[command(flatten)]
    looks: LooksArguments,
    /// Programs at the same time; as many as there are cores if left out.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Seconds that a program may take.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = watchdog::seconds)]
    time_limit: std::time::Duration,
    /// Triangles that a solid may have.
    #[arg(long, value_name = "N", default_value_t = 2_000_000)]
    triangle_limit: usize,
    /// Only programs that are not drawn are told.
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Map {
    Depth,
    Normal,
    Silhouette,
    Part,
}

/// What `NAME.json` holds.
#[derive(Debug, Serialize)]
struct Description<'a> {
    file: &'a Name,
    views: Vec<ViewDescription>,
    parts: Vec<PartDescription>,
}

#[derive(Debug, Serialize)]
struct ViewDescription {
    name: &'static str,
    rotation: [f64; 3],
    center: [f64; 3],
    distance: f64,
    fov: f64,
    /// What the lightest and the darkest gray of the depth map stand for; `null` when nothing is seen.
    depths: Option<[f32; 2]>,
}

#[derive(Debug, Serialize)]
struct PartDescription {
    part: u32,
    color: String,
    file: String,
    line: u32,
    column: u32,
    text: String,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, String> {
    let mut inputs = inputs::gather(&arguments.inputs)?;
    if let Some(folder) = &arguments.output {
        std::fs::create_dir_all(folder).map_err(|error| format!("cannot make `{}`: {error}", folder.display()))?;
    }
    let (renderer, notice) = raster::choose(arguments.looks.choice());
    if let Some(notice) = notice {
        output::talk(&notice);
    }
    let draw = Drawing {
        arguments,
        renderer: renderer.as_ref(),
        library: Library::from_environment(),
        watchdog: Watchdog::new(arguments.time_limit),
    };
    let jobs = arguments.jobs.map_or(0, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build().map_err(|error| error.to_string())?;
    let mut all = Totals::default();
    let mut stems = Stems::default();
    let bar = crate::progress::spinner("programs", arguments.quiet);
    let started = Instant::now();
    // In batches, since a dataset may be larger than memory.
    loop {
        let batch: Vec<(Input, String)> = inputs
            .by_ref()
            .take(BATCH)
            .map(|input| {
                let stem = stems.next(&input.name());
                (input, stem)
            })
            .collect();
        if batch.is_empty() {
            break;
        }
        let drawn: Vec<Result<Drawn, Failure>> = pool.install(|| {
            use rayon::prelude::*;
            let work = batch.par_iter().map(|(input, stem)| {
                let drawn = draw.one(input, stem);
                bar.inc(1);
                drawn
            });
            work.collect()
        });
        for ((input, _), drawn) in batch.iter().zip(drawn) {
            bar.suspend(|| draw.count(&input.name(), drawn, &mut all))?;
        }
    }
    bar.finish_and_clear();
    draw.finish(&all, started)
}

/// Programs that are drawn before any of them is counted.
const BATCH: usize = 512;

/// What came of all programs until now.
#[derive(Default)]
struct Totals {
    programs: usize,
    drawn: usize,
    pictures: usize,
    firsts: Vec<Image>,
}

/// What is kept of a program that was drawn.
struct Drawn {
    /// For the overview, if there is one.
    first: Option<Image>,
    pictures: usize,
}

/// Why there are no pictures.
enum Failure {
    /// The program is wrong, or makes nothing.
    Program(String),
    /// A file could not be written.
    Output(String),
}

struct Drawing<'a> {
    arguments: &'a Arguments,
    renderer: &'a dyn Renderer,
    library: Arc<Library>,
    watchdog: Watchdog,
}

impl Drawing<'_> {
    fn one(&self, input: &Input, stem: &str) -> Result<Drawn, Failure> {
        let source = input.source().map_err(Failure::Program)?;
        let (scene, model) = self.model(&source).map_err(Failure::Program)?;
        let size = self.arguments.size;
        let rotations = raster::standard_views(self.arguments.views).unwrap_or_default();
        let views = raster::sheet_views(&model, &self.arguments.looks.view(size, size), rotations);
        let wrong = |error: raster::RenderError| Failure::Program(error.to_string());
        let images = self.renderer.images(&model, &views).map_err(wrong)?;
        if let Some(folder) = &self.arguments.output {
            let ground = self.arguments.looks.view(1, 1).scheme.axes;
            let sheet = raster::tiled(&images, raster::columns(images.len()), ground).map_err(wrong)?;
            let write = |name: &str, bytes: &[u8]| {
                output::write(&folder.join(format!("{stem}{name}")), bytes).map_err(Failure::Output)
            };
            write(".png", &sheet.to_png())?;
            if !self.arguments.maps.is_empty() {
                let maps = self.renderer.maps(&model, &views).map_err(wrong)?;
                for ((name, _), maps) in rotations.iter().zip(&maps) {
                    for map in &self.arguments.maps {
                        let name = format!(".{}.{}.png", name.replace(' ', "-"), map.name());
                        write(&name, &map.png(maps))?;
                    }
                }
                let name = input.name();
                let description = describe(&name, &scene, &model, rotations, &views, &maps);
                let mut json =
                    serde_json::to_vec_pretty(&description).map_err(|error| Failure::Output(error.to_string()))?;
                json.push(b'\n');
                write(".json", &json)?;
            }
        }
        let pictures = images.len();
        Ok(Drawn { first: images.into_iter().next().filter(|_| self.arguments.overview.is_some()), pictures })
    }

    /// What a program shows.
    fn model(&self, source: &Arc<Source>) -> Result<(Scene, Model), String> {
        let stop = Stop::default();
        let _watch = self.watchdog.watch({
            let stop = stop.clone();
            move || stop.set()
        });
        let world = DiskWorld::new(&self.library, source);
        let program = scad_eval::load(source, &world, None).map_err(|unparsed| {
            let first = unparsed.diagnostics.first();
            first.map_or_else(|| "it does not parse".to_owned(), |diagnostic| diagnostic.message.clone())
        })?;
        let limits = scad_eval::Limits { time: Some(self.arguments.time_limit), ..Default::default() };
        let options = Options { limits, ..Options::default() };
        let scene = scad_eval::evaluate_with(&program, &world, &options).map_err(|failed| failed.to_string())?;
        let options = csg_mesh::Options {
            limits: Limits { triangles: self.arguments.triangle_limit },
            stop,
            ..csg_mesh::Options::default()
        };
        let made = csg_mesh::make(&scene, &options);
        let limit = |limit: csg_mesh::Limit| format!("it runs into the limit of {}", limit.name());
        let geometry = made.geometry.map_err(limit)?;
        let marked = csg_mesh::marked(&scene, &options).map_err(limit)?;
        let model = Model::with_marked(&geometry, &marked, self.arguments.looks.shading());
        if model.triangles() > 0 {
            return Ok((scene, model));
        }
        let error = made.messages.iter().chain(&scene.messages).find_map(|message| match message {
            scad_eval::Message::Diagnostic(diagnostic) if diagnostic.severity == Severity::Error => {
                Some(diagnostic.message.clone())
            }
            _ => None,
        });
        Err(error.unwrap_or_else(|| "it makes nothing".to_owned()))
    }

    /// Adds what came of a program; says so when nothing did.
    fn count(&self, name: &Name, drawn: Result<Drawn, Failure>, all: &mut Totals) -> Result<(), String> {
        all.programs += 1;
        match drawn {
            Ok(drawn) => {
                all.drawn += 1;
                all.pictures += drawn.pictures;
                all.firsts.extend(drawn.first);
            }
            Err(Failure::Output(problem)) => return Err(problem),
            Err(Failure::Program(problem)) => {
                output::talk(&format!("{name}: {problem}"));
                if self.arguments.overview.is_some() {
                    // Its place stays empty, so that places tell programs.
                    let [red, green, blue] = self.arguments.looks.view(1, 1).scheme.background;
                    all.firsts.push(Image::new(self.arguments.size, self.arguments.size, [red, green, blue, 255]));
                }
            }
        }
        Ok(())
    }

    /// The overview, and what is to be said at the end.
    fn finish(&self, all: &Totals, started: Instant) -> Result<Outcome, String> {
        if let Some(path) = &self.arguments.overview {
            let columns = self.arguments.columns.unwrap_or_else(|| raster::columns(all.firsts.len()));
            let ground = self.arguments.looks.view(1, 1).scheme.axes;
            let picture = raster::tiled(&all.firsts, columns, ground).map_err(|error| format!("overview: {error}"))?;
            output::write(path, &picture.to_png())?;
        }
        if !self.arguments.quiet {
            let seconds = started.elapsed().as_secs_f64();
            output::talk(&format!(
                "{} of {} programs, {} pictures in {seconds:.1} s, {:.0} pictures a second, by {}",
                all.drawn,
                all.programs,
                all.pictures,
                all.pictures as f64 / seconds.max(1e-9),
                self.renderer.name()
            ));
        }
        Ok(if all.drawn == all.programs { Outcome::Good } else { Outcome::Wrong })
    }
}

impl Map {
    fn name(self) -> &'static str {
        match self {
            Self::Depth => "depth",
            Self::Normal => "normal",
            Self::Silhouette => "silhouette",
            Self::Part => "part",
        }
    }

    fn png(self, maps: &Maps) -> Vec<u8> {
        match self {
            Self::Depth => maps.to_depth_png(),
            Self::Normal => maps.normal_image().to_png(),
            Self::Silhouette => maps.silhouette_image().to_png(),
            Self::Part => maps.part_image().to_png(),
        }
    }
}

fn describe<'a>(
    name: &'a Name,
    scene: &Scene,
    model: &Model,
    rotations: &[(&'static str, [f64; 3])],
    views: &[View],
    maps: &[Maps],
) -> Description<'a> {
    let view = |(((name, _), view), maps): ((&(&'static str, [f64; 3]), &View), &Maps)| ViewDescription {
        name,
        rotation: view.camera.rotation,
        center: view.camera.center,
        distance: view.camera.distance,
        fov: view.camera.fov,
        depths: maps.depths(),
    };
    let part = |(idx, span): (usize, &scad_parser::Span)| {
        let part = idx as u32 + 1;
        let [red, green, blue] = raster::part_color(part);
        let location = scene.sources.locate(*span)?;
        Some(PartDescription {
            part,
            color: format!("#{red:02x}{green:02x}{blue:02x}"),
            file: location.source.name().to_owned(),
            line: location.line,
            column: location.column,
            text: scene.sources.text(*span).to_owned(),
        })
    };
    Description {
        file: name,
        views: rotations.iter().zip(views).zip(maps).map(view).collect(),
        parts: model.spans().iter().enumerate().filter_map(part).collect(),
    }
}

/// Names for the files of inputs, different for all: the file's own, with the row of a dataset, and a number where two would
/// be called alike.
#[derive(Default)]
struct Stems(HashMap<String, usize>);

impl Stems {
    fn next(&mut self, name: &Name) -> String {
        let file = Path::new(&name.file).file_stem();
        let file = file.map_or_else(|| "program".into(), |stem| stem.to_string_lossy().into_owned());
        let stem = match name.row {
            Some(row) => format!("{file}-{row}"),
            None if name.file == "-" => "stdin".to_owned(),
            None => file,
        };
        let count = self.0.entry(stem.clone()).or_default();
        *count += 1;
        if *count == 1 { stem } else { format!("{stem}~{count}") }
    }
}

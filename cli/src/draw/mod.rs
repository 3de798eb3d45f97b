//! `cadmonkey draw`: pictures of many programs, in parallel.

mod maps;
mod names;
mod overview;
pub(crate) mod program;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use raster::{Image, Renderer, View, columns, sheet_views, standard_views, tiled};

use crate::Outcome;
use crate::check::terms::TRIANGLES;
use crate::inputs::{self, Input, Inputs};
use crate::output;
use crate::picture::LookArguments;
use crate::progress;
use crate::watchdog;
use datagen::in_order::{default_jobs, in_order};
use maps::Map;
use names::Names;
pub(crate) use overview::Overview;
use program::{Drawable, Programs};

/// Draws what programs make, each from several sides.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cadmonkey draw part.scad --output pictures/ --views 6
  cadmonkey draw programs/ --output pictures/ --views 4 --maps depth,part
  cadmonkey draw programs/ --overview all.png --columns 6
  cadmonkey draw train.parquet --output pictures/ --jobs 8 --quiet

Inputs are those of `check`. A program NAME.scad becomes NAME.png, a sheet of views; row 7 of data.jsonl becomes
data-7.png. The views: 1 corner; 4 corner, front, right, top; 6 front, right, top, back, left, bottom; 8 all of these and
the corner behind. What is marked with `%` or `#` is not drawn.

Maps are pictures of each view that say of the middle of each pixel: `depth` in 16 bits (65535 nearest, 1 farthest, 0
nothing), `normal` in the camera's frame, `silhouette`, and `part`, a color for each part of the program. NAME.json has
cameras, depths, and which color comes from which line.

Exit code: 0 all programs are drawn, 1 some are not, 2 something could not be read or written.")]
pub(crate) struct Arguments {
    /// Files, folders, .jsonl and .parquet files, `-`.
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
    /// The folder that the pictures go into; made if need be.
    #[arg(short, long, value_name = "FOLDER", required_unless_present = "overview")]
    output: Option<PathBuf>,
    /// Views on a sheet.
    #[arg(long, value_name = "1|4|6|8", default_value = "4", value_parser = views)]
    views: usize,
    /// Width and height of a view.
    #[arg(long, value_name = "PIXELS", default_value_t = 256)]
    size: u32,
    /// Lines where faces meet at an angle.
    #[arg(long)]
    edges: bool,
    /// Maps of each view besides.
    #[arg(long, value_name = "depth|normal|silhouette|part", value_delimiter = ',', requires = "output")]
    maps: Vec<Map>,
    /// A picture of all programs beside each other, with their names.
    #[arg(long, value_name = "FILE")]
    overview: Option<PathBuf>,
    /// Columns of the overview; about as wide as high if left out.
    #[arg(long, value_name = "N", requires = "overview", value_parser = clap::value_parser!(u32).range(1..))]
    columns: Option<u32>,
    /// Programs at the same time; as many as there are cores if left out. With 1 each program has all cores.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Seconds that a program may take.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = watchdog::seconds)]
    time_limit: Duration,
    /// Megabytes that the values of a program may hold.
    #[arg(long, value_name = "MB", default_value_t = 512)]
    memory_limit: usize,
    /// Triangles that a solid may have, and corners that a flat region may have.
    #[arg(long, value_name = "N", default_value_t = TRIANGLES)]
    triangle_limit: usize,
    #[command(flatten)]
    look: LookArguments,
    /// Only errors are told.
    #[arg(short, long)]
    quiet: bool,
}

fn views(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| standard_views(*count).is_some());
    count.ok_or_else(|| "there are sheets of 1, 4, 6 and 8 views".to_owned())
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, String> {
    let view = arguments.view();
    view.check().map_err(|problem| format!("--size: {problem}"))?;
    let inputs = inputs::gather(&arguments.inputs)?;
    let overview = match &arguments.overview {
        Some(_) => Some(Overview::new(view, Inputs::count(&inputs), arguments.columns, 1)?),
        None => None,
    };
    if let Some(folder) = &arguments.output {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("cannot make the folder `{}`: {error}", folder.display()))?;
    }
    let jobs = if inputs.is_single() { 1 } else { arguments.jobs.map_or_else(default_jobs, usize::from) };
    let renderer = arguments.look.renderer(arguments.quiet);
    let draw = Draw {
        arguments,
        view,
        renderer: renderer.as_ref(),
        programs: Programs::new(arguments, jobs == 1),
        overview: overview.as_ref(),
    };
    draw.run(inputs, jobs)
}

impl Arguments {
    /// A view, its camera aside.
    fn view(&self) -> View {
        let mut view = self.look.view(self.size, self.size);
        view.edges = self.edges;
        view
    }
}

struct Draw<'a> {
    arguments: &'a Arguments,
    view: View,
    renderer: &'a dyn Renderer,
    programs: Programs,
    overview: Option<&'a Overview>,
}

/// What came of one input.
struct Drawn {
    /// What messages call it.
    name: String,
    result: Result<u64, Problem>,
    tile: Option<Image>,
}

/// Why there is no picture.
enum Problem {
    /// The program is wrong.
    Program(String),
    /// It could not be read.
    Unread(String),
    /// The picture could not be written.
    Unwritten(String),
}

impl Draw<'_> {
    fn run(&self, inputs: Inputs, jobs: usize) -> Result<Outcome, String> {
        let bar = progress::of_inputs(&inputs);
        let started = Instant::now();
        let mut names = Names::default();
        let named = inputs.map(|input| {
            let file = names.file(&input.name());
            (input, file)
        });
        let mut tally = Tally::default();
        let mut tiles = Vec::new();
        in_order(
            jobs,
            named,
            |(input, file)| self.drawn(&input, &file),
            |drawn| drawn.tile.as_ref().map_or(0, |tile| tile.rgba.len()) + size_of::<Drawn>(),
            |drawn| {
                bar.inc(1);
                tiles.extend(drawn.tile);
                bar.suspend(|| tally.add(&drawn.name, drawn.result))
            },
        );
        bar.finish_and_clear();
        if let Some(problem) = tally.unwritten {
            return Err(problem);
        }
        if let (Some(path), Some(overview)) = (&self.arguments.overview, self.overview) {
            output::write(path, &overview.picture(&tiles)?.to_png())?;
        }
        if !self.arguments.quiet {
            output::talk(&tally.line(started.elapsed(), &self.renderer.name()));
        }
        Ok(match (tally.unread, tally.wrong) {
            (0, 0) => Outcome::Good,
            (0, _) => Outcome::Wrong,
            _ => Outcome::Failed,
        })
    }

    fn drawn(&self, input: &Input, file: &str) -> Drawn {
        let source = input.source();
        let made = match &source {
            Ok(source) => self.programs.make(source).map_err(Problem::Program),
            Err(problem) => Err(Problem::Unread(problem.clone())),
        };
        let result = made.and_then(|drawable| self.pictures(&drawable, file));
        let (result, tile) = match result {
            Ok((count, tile)) => (Ok(count), tile),
            Err(problem) => (Err(problem), None),
        };
        let tile = self.overview.map(|overview| overview.tile(tile, file));
        Drawn { name: input.name().to_string(), result, tile }
    }

    /// Writes the files of a program; says how many views are drawn, and gives the one for the overview.
    fn pictures(&self, drawable: &Drawable, file: &str) -> Result<(u64, Option<Image>), Problem> {
        let failed = |problem: raster::RenderError| Problem::Program(problem.to_string());
        let model = &drawable.model;
        let rotations = standard_views(self.arguments.views).unwrap_or_default();
        let mut count = 0;
        let mut corner = None;
        if let Some(folder) = &self.arguments.output {
            let views = sheet_views(model, &self.view, rotations);
            let images = self.renderer.images(model, &views).map_err(failed)?;
            let sheet = tiled(&images, columns(images.len()), self.view.scheme.axes).map_err(failed)?;
            write(folder, &format!("{file}.png"), &sheet.to_png())?;
            if !self.arguments.maps.is_empty() {
                let maps = self.renderer.maps(model, &views).map_err(failed)?;
                for (name, bytes) in maps::files(drawable, file, &views, &maps, self.arguments)? {
                    write(folder, &name, &bytes)?;
                }
            }
            count += images.len() as u64;
            corner = images.into_iter().zip(rotations).find(|(_, (name, _))| *name == CORNER).map(|(image, _)| image);
        }
        if self.overview.is_some() && corner.is_none() {
            let views = sheet_views(model, &self.view, standard_views(1).unwrap_or_default());
            corner = self.renderer.images(model, &views).map_err(failed)?.pop();
            count += 1;
        }
        Ok((count, corner))
    }
}

/// The view of the overview.
const CORNER: &str = "corner";

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Problem> {
    output::write(&folder.join(name), bytes).map_err(Problem::Unwritten)
}

/// What came of all.
#[derive(Debug, Default)]
struct Tally {
    programs: u64,
    pictures: u64,
    wrong: u64,
    unread: u64,
    unwritten: Option<String>,
}

impl Tally {
    /// Counts a program and tells what is wrong with it; says whether to go on.
    fn add(&mut self, name: &str, result: Result<u64, Problem>) -> bool {
        match result {
            Ok(pictures) => {
                self.programs += 1;
                self.pictures += pictures;
            }
            Err(Problem::Program(problem)) => {
                self.wrong += 1;
                output::talk(&format!("{name}: {problem}"));
            }
            Err(Problem::Unread(problem)) => {
                self.unread += 1;
                output::talk(&format!("error: {name}: {problem}"));
            }
            Err(Problem::Unwritten(problem)) => self.unwritten = Some(problem),
        }
        self.unwritten.is_none()
    }

    fn line(&self, time: Duration, renderer: &str) -> String {
        let seconds = time.as_secs_f64();
        let counted = |count: u64, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        let mut line = format!(
            "{} of {} in {seconds:.2} s, {:.1} a second, by {renderer}",
            counted(self.pictures, "picture"),
            counted(self.programs, "program"),
            self.pictures as f64 / seconds.max(1e-9),
        );
        for (count, what) in [(self.wrong, "without a picture"), (self.unread, "not read")] {
            if count > 0 {
                line.push_str(&format!("; {} {what}", counted(count, "program")));
            }
        }
        line
    }
}

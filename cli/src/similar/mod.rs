//! `cadmonkey similar`: how alike shapes are, and which known object a shape resembles.

mod known;
mod show;
mod solids;

use std::num::NonZeroU16;
use std::path::PathBuf;
use std::time::Duration;

use ::datagen::descriptor::{Descriptor, compare};
use clap::Args;

use crate::Outcome;
use crate::output;
use crate::watchdog;
use show::Shown;
use solids::{Problem, Solids};

/// Says how alike solids are, or which known object a solid resembles.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cadmonkey similar mug.scad cup.stl                 # the distance of both, and of each part of what they look like
  cadmonkey similar mug.scad a.scad b.scad c.3mf     # the first with each of the others
  cadmonkey similar what.stl --library               # the nearest objects of the library
  cadmonkey similar what.stl --to objects/           # or of a folder
  cadmonkey similar *.stl --to objects/ --nearest 1 --json

Inputs are programs and files of solids (.stl, .off, .obj, .3mf, .amf), which stand upright and face -Y. Place does not
matter, size and proportions matter a little; a turn by quarters about Z or a mirror image costs a little.

A distance of 0 is the same shape, up to 1 is taken for the same object. With --to, programs of the folder and of those
in it are known objects, each as it is and in draws of its customizer's parameters; an object's category is its folder.

Exit code: 0 all is well, 1 an input makes no solid, 2 something could not be read.")]
pub(crate) struct Arguments {
    /// Programs, files of solids, `-` for a program on stdin.
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
    /// The folder of known objects.
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
    /// The known objects are those of the library that is part of this program.
    #[arg(long, conflicts_with = "to")]
    library: bool,
    /// How many of the nearest objects are named.
    #[arg(long, value_name = "N", default_value = "5")]
    nearest: NonZeroU16,
    /// Draws of each known object, besides the program as it is.
    #[arg(long, value_name = "N", default_value_t = 23)]
    draws: u16,
    /// One JSON object for each pair, or for each input with --to.
    #[arg(long)]
    json: bool,
    /// Objects at the same time; as many as there are cores if left out.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Seconds that a program may take.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = watchdog::seconds)]
    time_limit: Duration,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, String> {
    if arguments.to.is_none() && arguments.inputs.len() < 2 {
        return Err(
            "one shape is like none: give another to compare it with, or --to FOLDER with known objects".to_owned()
        );
    }
    let solids = Solids::new(arguments.time_limit);
    let mut outcome = Outcome::Good;
    let mut shapes = Vec::new();
    for path in &arguments.inputs {
        match solids.of_input(path) {
            Ok(mesh) => shapes.push((path.display().to_string(), Descriptor::of(&mesh))),
            Err(Problem::Unread(problem)) => return Err(problem),
            Err(Problem::Wrong(problem)) => {
                output::talk(&format!("{}: {problem}", path.display()));
                outcome = Outcome::Wrong;
            }
        }
    }
    let to = (arguments.library || arguments.to.is_some()).then_some(arguments.to.as_deref());
    match to {
        Some(folder) if !shapes.is_empty() => {
            let known = match folder {
                Some(folder) => known::folder(folder, &solids, arguments)?,
                None => known::library(&solids, arguments)?,
            };
            for (name, shape) in &shapes {
                let nearest = known.nearest(shape, usize::from(arguments.nearest.get()));
                show::print(&Shown::nearest(name, &nearest), arguments.json);
            }
        }
        // Without the first there is nothing to compare with.
        None if outcome == Outcome::Good => {
            if let [(a, first), others @ ..] = shapes.as_slice() {
                for (b, other) in others {
                    show::print(&Shown::pair(a, b, &compare(first, other)), arguments.json);
                }
            }
        }
        _ => {}
    }
    Ok(outcome)
}

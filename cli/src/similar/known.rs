//! The known objects of a folder.

use std::path::{Path, PathBuf};

use ::datagen::descriptor::Descriptor;
use ::datagen::{Neighbors, draw};
use scad_parser::Source;

use super::{Arguments, Solids};
use crate::inputs::{self, Input, Inputs};
use crate::output;
use crate::progress;
use ::datagen::in_order::{default_jobs, in_order};

/// Makes the objects known that the programs of a folder describe. What makes no solid is told, and left out.
pub(super) fn known(folder: &Path, solids: &Solids, arguments: &Arguments) -> Result<Neighbors, String> {
    if !folder.is_dir() {
        return Err(format!("there is no folder `{}`", folder.display()));
    }
    let files = inputs::gather(&[folder.to_owned()])?;
    let bar = progress::of(Inputs::count(&files));
    let jobs = arguments.jobs.map_or_else(default_jobs, usize::from);
    let mut known = Neighbors::default();
    in_order(
        jobs,
        files.filter_map(|input| if let Input::File(path) = input { Some(path) } else { None }),
        |path| (shapes(&path, solids, arguments.draws), path),
        |(shapes, _)| shapes.as_ref().map_or(0, |shapes| shapes.len() * Descriptor::BYTES),
        |(shapes, path)| {
            bar.inc(1);
            match shapes {
                Ok(shapes) => {
                    let (name, category) = (stem(&path), category(&path));
                    shapes.into_iter().for_each(|shape| known.add(&name, &category, shape));
                }
                Err(problem) => bar.suspend(|| output::talk(&format!("warning: {}: {problem}", path.display()))),
            }
            true
        },
    );
    bar.finish_and_clear();
    if known.objects() == 0 {
        return Err(format!("no program in `{}` makes a solid", folder.display()));
    }
    Ok(known)
}

/// A program as it is, and its draws. A draw that makes no solid is passed over: not all values need go together.
fn shapes(path: &Path, solids: &Solids, draws: u16) -> Result<Vec<Descriptor>, String> {
    let source = inputs::source(path)?;
    let mut shapes = vec![Descriptor::of(&solids.of_program(&source, None)?)];
    let Ok(program) = scad_parser::parse(&source) else { return Ok(shapes) };
    for seed in 1..=u64::from(draws) {
        let drawn = draw(&program, seed);
        if drawn.is_empty() {
            break;
        }
        let defines = Source::new("<draw>", drawn);
        shapes.extend(solids.of_program(&source, Some(&defines)).ok().map(|mesh| Descriptor::of(&mesh)));
    }
    Ok(shapes)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The name of the folder that a file is in.
fn category(path: &Path) -> String {
    let folder: PathBuf = path.parent().unwrap_or(Path::new("")).canonicalize().unwrap_or_default();
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

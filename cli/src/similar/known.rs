//! The known objects of a folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::datagen::descriptor::Descriptor;
use ::datagen::object::Library;
use ::datagen::{Neighbors, draw};
use indicatif::ProgressBar;
use scad_parser::Source;

use super::{Arguments, Solids};
use crate::inputs::{self, Input, Inputs};
use crate::output;
use crate::progress;
use ::datagen::in_order::{default_jobs, in_order};

/// Makes the objects known that the programs of a folder describe. What makes no solid is told, and left out.
pub(super) fn folder(folder: &Path, solids: &Solids, arguments: &Arguments) -> Result<Neighbors, String> {
    if !folder.is_dir() {
        return Err(format!("there is no folder `{}`", folder.display()));
    }
    let files = inputs::gather(&[folder.to_owned()])?;
    let bar = progress::of(Inputs::count(&files));
    let objects = files.filter_map(|input| if let Input::File(path) = input { Some(path) } else { None }).map(|path| {
        let (name, category) = (stem(&path), category(&path));
        (name, category, inputs::source(&path))
    });
    let known = known(objects, &bar, solids, arguments);
    if known.objects() == 0 {
        return Err(format!("no program in `{}` makes a solid", folder.display()));
    }
    Ok(known)
}

/// Makes the objects of the embedded library known.
pub(super) fn library(solids: &Solids, arguments: &Arguments) -> Result<Neighbors, String> {
    let library = Library::embedded();
    let bar = progress::of(library.objects().len() as u64);
    let objects = library.objects().iter().map(|object| {
        let (name, category) = (object.name.clone(), object.category.clone());
        (name, category, Ok(Arc::clone(&object.source)))
    });
    Ok(known(objects, &bar, solids, arguments))
}

/// A name, a category, and the program that describes the object.
type Known = (String, String, Result<Arc<Source>, String>);

fn known(
    objects: impl Iterator<Item = Known> + Send,
    bar: &ProgressBar,
    solids: &Solids,
    arguments: &Arguments,
) -> Neighbors {
    let jobs = arguments.jobs.map_or_else(default_jobs, usize::from);
    let mut known = Neighbors::default();
    in_order(
        jobs,
        objects,
        |(name, category, source)| (source.and_then(|source| shapes(&source, solids, arguments.draws)), name, category),
        |(shapes, ..)| shapes.as_ref().map_or(0, |shapes| shapes.len() * Descriptor::BYTES),
        |(shapes, name, category)| {
            bar.inc(1);
            match shapes {
                Ok(shapes) => shapes.into_iter().for_each(|shape| known.add(&name, &category, shape)),
                Err(problem) => bar.suspend(|| output::talk(&format!("warning: {name}: {problem}"))),
            }
            true
        },
    );
    bar.finish_and_clear();
    known
}

/// A program as it is, and its draws. A draw that makes no solid is passed over: not all values need go together.
fn shapes(source: &Arc<Source>, solids: &Solids, draws: u16) -> Result<Vec<Descriptor>, String> {
    let mut shapes = vec![Descriptor::of(&solids.of_program(source, None)?)];
    let Ok(program) = scad_parser::parse(source) else { return Ok(shapes) };
    for seed in 1..=u64::from(draws) {
        let drawn = draw(&program, seed);
        if drawn.is_empty() {
            break;
        }
        let defines = Source::new("<draw>", drawn);
        shapes.extend(solids.of_program(source, Some(&defines)).ok().map(|mesh| Descriptor::of(&mesh)));
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

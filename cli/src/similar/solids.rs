//! From an input to a solid.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use csg_mesh::import::SolidFormat;
use csg_mesh::{Geometry, Mesh, Stop};
use scad_eval::{MemoryWorld, Message, World};
use scad_parser::Source;

use crate::check::terms::TRIANGLES;
use crate::draw::program::first_error;
use crate::inputs;
use crate::watchdog::Watchdog;
use crate::world::{DiskWorld, Library, read};

/// Makes solids, with one library of texts for all.
#[derive(Debug)]
pub(super) struct Solids {
    library: Arc<Library>,
    limits: scad_eval::Limits,
    watchdog: Watchdog,
}

/// Why there is no solid.
#[derive(Debug)]
pub(super) enum Problem {
    /// The file could not be read.
    Unread(String),
    /// What is in it makes none.
    Wrong(String),
}

impl Solids {
    pub(super) fn new(time: Duration) -> Self {
        let limits = scad_eval::Limits { time: Some(time), ..Default::default() };
        Self { library: Library::from_environment(), limits, watchdog: Watchdog::new(time) }
    }

    /// The solid of a program or of a file of solids.
    pub(super) fn of_input(&self, path: &Path) -> Result<Mesh, Problem> {
        let suffix = path.extension().unwrap_or_default().to_string_lossy();
        if SolidFormat::from_suffix(&suffix).is_none() {
            let source = inputs::source(path).map_err(Problem::Unread)?;
            return self.of_program(&source, None).map_err(Problem::Wrong);
        }
        let bytes =
            read(path).map_err(|error| Problem::Unread(format!("cannot read `{}`: {error}", path.display())))?;
        // The mesher reads it as it reads all files; there is no other file that this program could name.
        let name = format!("file.{suffix}");
        let source = Source::new("<import>", format!("import(\"{name}\");"));
        let world = MemoryWorld::default().with_file(&name, &bytes);
        self.guarded(&source, &world, None).map_err(Problem::Wrong)
    }

    /// The solid of a program, with other values for some of its variables.
    pub(super) fn of_program(&self, source: &Arc<Source>, defines: Option<&Arc<Source>>) -> Result<Mesh, String> {
        self.guarded(source, &DiskWorld::new(&self.library, source), defines)
    }

    fn guarded(&self, source: &Arc<Source>, world: &dyn World, defines: Option<&Arc<Source>>) -> Result<Mesh, String> {
        let stop = Stop::default();
        let _watch = self.watchdog.watch({
            let stop = stop.clone();
            move || stop.set()
        });
        // A panic is a bug of ours, but the other shapes are compared all the same.
        catch_unwind(AssertUnwindSafe(|| self.made(source, world, defines, stop)))
            .unwrap_or_else(|_| Err("it ended in a panic: this is a bug of ours, please report the program".to_owned()))
    }

    fn made(
        &self,
        source: &Arc<Source>,
        world: &dyn World,
        defines: Option<&Arc<Source>>,
        stop: Stop,
    ) -> Result<Mesh, String> {
        let program = scad_eval::load(source, world, defines).map_err(|unparsed| {
            let messages: Vec<Message> = unparsed.diagnostics.into_iter().map(Message::Diagnostic).collect();
            first_error(&messages, &unparsed.sources)
        })?;
        let options = scad_eval::Options { limits: self.limits.clone(), ..Default::default() };
        let scene = scad_eval::evaluate_with(&program, world, &options)
            .map_err(|failed| first_error(&failed.messages, &failed.sources))?;
        let limits = csg_mesh::Limits { triangles: TRIANGLES };
        let made = csg_mesh::make(&scene, &csg_mesh::Options { limits, stop, parallel: false, plain: false });
        match made.geometry {
            Ok(Geometry::Solid(mesh)) => Ok(mesh),
            Ok(Geometry::Flat(_)) => Err("it makes a flat region, not a solid".to_owned()),
            Ok(Geometry::Surface(_)) => Err("it makes a surface that is not closed, not a solid".to_owned()),
            Ok(Geometry::Empty) if made.messages.is_empty() => Err("it makes nothing".to_owned()),
            Ok(Geometry::Empty) | Err(_) => Err(first_error(&made.messages, &scene.sources)),
        }
    }
}

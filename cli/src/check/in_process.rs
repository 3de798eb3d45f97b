//! Judging in this process.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use csg_mesh::Stop;
use scad_parser::Source;

use super::Judge;
use super::terms::TermsArguments;
use crate::watchdog::Watchdog;
use crate::world::{DiskWorld, Library};
use datagen::verdict::Name;
use datagen::verdict::{self, Row, Terms, Verdict};

/// Judges on the calling thread, with one library of texts for all programs.
#[derive(Debug)]
pub(super) struct InProcess {
    library: Arc<Library>,
    terms: Terms,
    watchdog: Watchdog,
}

impl InProcess {
    /// Judges several programs at the same time, or with `alone` one after the other, each on all cores.
    pub(super) fn new(arguments: &TermsArguments, alone: bool) -> Self {
        Self {
            library: Library::from_environment(),
            terms: arguments.terms(alone),
            watchdog: Watchdog::new(arguments.time()),
        }
    }
}

impl Judge for InProcess {
    fn judge(&self, name: &Name, source: &Arc<Source>) -> Verdict {
        let stop = Stop::default();
        let watch = self.watchdog.watch({
            let stop = stop.clone();
            move || stop.set()
        });
        let world = DiskWorld::new(&self.library, source);
        let judge = || verdict::judge(name, source, &world, &self.terms, &stop);
        // A panic is a bug of ours, but the row has a verdict all the same.
        let verdict =
            catch_unwind(AssertUnwindSafe(judge)).unwrap_or_else(|panic| panicked(name, source.text(), panic.as_ref()));
        drop(watch);
        verdict
    }
}

fn panicked(name: &Name, text: &str, panic: &(dyn Any + Send)) -> Verdict {
    let message = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    let message = format!("judging ended in a panic: {}", message.unwrap_or("no reason given"));
    let row = Row::error(super::CRASH, message).with_help("this is a bug of ours: please report the program");
    Verdict::failed(name, text, Some("crash"), row)
}

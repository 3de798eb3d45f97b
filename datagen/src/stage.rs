//! From draft to checked program, or out, with the reason.

use csg_mesh::{Geometry, Stop};
use scad_eval::MemoryWorld;
use scad_parser::Source;

use crate::teacher::Draft;
use crate::verdict::{KnownShapes, Level, Name, Terms, Verdict, judge_among};

/// A draft with its verdict, which is good.
#[derive(Debug, Clone)]
pub struct Checked {
    /// What was written.
    pub draft: Draft,
    /// What it is worth.
    pub verdict: Verdict,
}

/// Where programs are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The teacher.
    Draft,
    /// The verdict.
    Check,
    /// What was there already.
    New,
}

/// A program that does not become a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Where it was lost.
    pub stage: Stage,
    /// Why: a few words that are the same for the same cause.
    pub reason: String,
}

impl Stage {
    /// The name in summaries.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Check => "check",
            Self::New => "new",
        }
    }
}

/// Checks a draft: a program without a problem, that makes a closed solid of as many pieces as it must have.
///
/// `known` has the shapes of drafts before, which need not be made again.
pub fn check(draft: Draft, terms: &Terms, known: &mut KnownShapes) -> Result<Checked, Dropped> {
    let dropped = |reason: String| Dropped { stage: Stage::Check, reason };
    let source = Source::new("program.scad", draft.program.as_str());
    let name = Name::file(&draft.object);
    let verdict = judge_among(&name, &source, &MemoryWorld::default(), terms, &Stop::default(), known);
    if !verdict.valid {
        let problem = verdict.errors.first().map(|row| row.code.clone());
        let reason = problem.unwrap_or_else(|| match verdict.level {
            Level::Meshed if verdict.empty == Some(true) => "empty".into(),
            Level::Meshed => "not closed".into(),
            level => format!("only {}", level.name()),
        });
        return Err(dropped(reason));
    }
    if let Some(warning) = verdict.warnings.first() {
        return Err(dropped(warning.code.clone()));
    }
    if verdict.dimension != Some(3) {
        return Err(dropped("flat".into()));
    }
    let pieces = verdict.facts.as_ref().and_then(|facts| Some(facts.components? - facts.cavities.unwrap_or(0)));
    match (draft.pieces, pieces) {
        (Some(wanted), Some(found)) if wanted != found => Err(dropped(format!("{found} pieces, not {wanted}"))),
        _ => Ok(Checked { draft, verdict }),
    }
}

/// The geometry of a program, for pictures; `None` where it has none.
pub fn geometry(program: &str) -> Option<Geometry> {
    let world = MemoryWorld::default();
    let program = scad_eval::load(&Source::new("program.scad", program), &world, None).ok()?;
    let scene = scad_eval::evaluate(&program, &world).ok()?;
    let options = csg_mesh::Options { parallel: false, ..csg_mesh::Options::default() };
    csg_mesh::make(&scene, &options).geometry.ok()
}

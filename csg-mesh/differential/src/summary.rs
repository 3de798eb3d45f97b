//! What a run comes to.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use csg_mesh::Mesh;

use crate::Differs;
use crate::class::Class;
use crate::isolated::Made;
use crate::shipped::{Ways, Wrong};

/// What a run comes to.
#[derive(Debug, Default)]
pub struct Summary {
    programs: usize,
    empty: usize,
    triangles: usize,
    wrong: Vec<Wrong>,
    areas_differ: usize,
    plain: Duration,
    default: Duration,
    compared: Compared,
    classes: BTreeMap<Class, Vec<Disagreement>>,
}

/// What csgrs gives.
#[derive(Debug, Default)]
struct Compared {
    /// Programs that it makes something of.
    surfaces: usize,
    /// Those of which the surface is closed.
    closed: usize,
    time: Duration,
    plain: Duration,
    triangles: usize,
    plain_triangles: usize,
}

/// A program on which csgrs is wrong.
#[derive(Debug)]
pub struct Disagreement {
    /// Its seed or file.
    pub name: String,
    /// Its text, made small.
    pub tree: String,
    /// How it differs.
    pub what: Differs,
}

impl Summary {
    /// The shipped kernel is wrong.
    pub fn wrong(&mut self, wrong: Wrong) {
        self.programs += 1;
        self.wrong.push(wrong);
    }

    /// The shipped kernel is right.
    pub fn right(&mut self, ways: &Ways) {
        self.programs += 1;
        self.empty += usize::from(ways.plain.triangles.is_empty());
        self.triangles += ways.default.triangles.len();
        self.plain += ways.plain_time;
        self.default += ways.default_time;
    }

    /// The shipped kernel is right, but has layers without thickness.
    pub fn areas_differ(&mut self) {
        self.areas_differ += 1;
    }

    /// csgrs gives something.
    pub fn csgrs(&mut self, made: &Made, ways: &Ways) {
        let compared = &mut self.compared;
        if !made.soup.triangles.is_empty() {
            compared.surfaces += 1;
            compared.closed += usize::from(Mesh::new(welded(&made.soup)).is_ok());
        }
        compared.time += made.time;
        compared.plain += ways.plain_time;
        compared.triangles += made.soup.triangles.len();
        compared.plain_triangles += ways.plain.triangles.len();
    }

    /// csgrs is wrong.
    pub fn disagree(&mut self, class: Class, disagreement: Disagreement) {
        self.classes.entry(class).or_default().push(disagreement);
    }

    /// Whether the shipped kernel is wrong anywhere.
    pub fn is_wrong(&self) -> bool {
        !self.wrong.is_empty()
    }
}

/// The same triangles, with one vertex for all corners within 1e-6, and none that lost its area by that.
fn welded(soup: &csg_mesh::Soup) -> csg_mesh::Soup {
    let mut places = BTreeMap::new();
    let mut vertices = Vec::new();
    let merged: Vec<u32> = soup
        .vertices
        .iter()
        .map(|vertex| {
            *places.entry(vertex.map(|value| (value * 1e6).round() as i64)).or_insert_with(|| {
                vertices.push(*vertex);
                vertices.len() as u32 - 1
            })
        })
        .collect();
    let triangles = soup.triangles.iter().map(|triangle| triangle.map(|corner| merged[corner as usize]));
    let triangles = triangles.filter(|[a, b, c]| a != b && b != c && c != a).collect();
    csg_mesh::Soup { vertices, triangles, ..csg_mesh::Soup::default() }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { programs, empty, triangles, plain, default, compared, areas_differ, .. } = self;
        writeln!(f, "{programs} programs, {empty} of them empty, {triangles} triangles")?;
        writeln!(
            f,
            "shipped kernel: wrong on {}, areas differ on {areas_differ}; plain {plain:.2?}, default {default:.2?}",
            self.wrong.len()
        )?;
        for one in self.classes.values().flatten() {
            if let Differs::Fails(what) = &one.what {
                writeln!(f, "csgrs on {}: {what}", one.name)?;
            }
        }
        let Compared { surfaces, closed, time, plain, triangles, plain_triangles } = compared;
        if *surfaces > 0 {
            writeln!(f, "csgrs: {surfaces} surfaces, {closed} of them closed after welding at 1e-6")?;
            writeln!(f, "csgrs: {triangles} triangles where plain has {plain_triangles}")?;
            writeln!(f, "csgrs: {time:.2?} where plain takes {plain:.2?}")?;
        }
        for (class, disagreements) in &self.classes {
            let count = |is: fn(&Differs) -> bool| disagreements.iter().filter(|one| is(&one.what)).count();
            writeln!(
                f,
                "\n{class}: {} (fails {}, points {}, volume {}, area {})",
                disagreements.len(),
                count(|what| matches!(what, Differs::Fails(_))),
                count(|what| matches!(what, Differs::Points(..))),
                count(|what| matches!(what, Differs::Volume(..))),
                count(|what| matches!(what, Differs::Area(..)))
            )?;
            // The smallest of each kind.
            for kind in [Differs::Points(0, 0), Differs::Volume(0.0, 0.0), Differs::Area(0.0, 0.0)] {
                let like = disagreements.iter().filter(|one| one.what.is_like(&kind));
                if let Some(one) = like.min_by_key(|one| one.tree.len()) {
                    writeln!(f, "{}: {:?}\n{}", one.name, one.what, one.tree)?;
                }
            }
        }
        Ok(())
    }
}

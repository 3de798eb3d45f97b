//! What the shipped kernel makes of a program, in all its ways, and whether they agree with each other and the oracle.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use csg_mesh::{Geometry, Options, Soup, make};
use rayon::ThreadPool;
use scad_eval::Scene;

use crate::oracle::Oracle;
use crate::points::{POINTS, points};
use crate::random::Random;
use crate::space::{Point, area, volume, winding};

/// Of the volume of the box: so much may two volumes of one program differ.
const SAME_VOLUME: f64 = 1e-6;

/// So much times the area on top: flat regions are computed on a grid of 1e-8, and layers thinner than that come and go.
const GRID: f64 = 1e-7;

/// Of the area: so much may two areas differ.
const SAME_AREA: f64 = 1e-6;

/// Points that tell which of two volumes is wrong.
const MANY_POINTS: usize = 20_000;

/// What is wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum Wrong {
    /// A panic, a message or a limit where there is no reason for it.
    Fails { way: &'static str, what: String },
    /// The surface is not closed.
    Open { way: &'static str },
    /// It winds around a point otherwise than the oracle says.
    Point { way: &'static str, point: Point, winding: i32, inside: bool },
    /// Shortcuts change the volume: how much it is, and at how many of many points each is wrong.
    Volume { plain: f64, default: f64, wrong: [usize; 2] },
    /// The number of threads changes the result.
    Threads { what: &'static str },
}

impl Wrong {
    /// Whether the other is the same kind of thing.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Point { way, .. }, Self::Point { way: other, .. }) => way == other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fails { way, what } => write!(f, "{way}: {what}"),
            Self::Open { way } => write!(f, "{way}: the surface is not closed"),
            Self::Point { way, point, winding, inside } => {
                write!(f, "{way}: winds {winding} times around {point:?}, which is inside: {inside}")
            }
            Self::Volume { plain, default, wrong: [wrong, other] } => write!(
                f,
                "volume: plain {plain}, wrong at {wrong} of {MANY_POINTS} points; default {default}, wrong at {other}"
            ),
            Self::Threads { what } => write!(f, "one thread and many give different {what}"),
        }
    }
}

/// What is made, and how long it takes.
#[derive(Debug)]
pub struct Ways {
    /// Everything by the kernel.
    pub plain: Soup,
    /// With shortcuts.
    pub default: Soup,
    pub plain_time: Duration,
    pub default_time: Duration,
}

/// Pools of one thread and of many.
#[derive(Debug)]
pub struct Pools {
    one: ThreadPool,
    many: ThreadPool,
}

impl Pools {
    /// More threads than cores, so that work is stolen even on a small machine.
    pub fn new() -> Result<Self, rayon::ThreadPoolBuildError> {
        let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        Ok(Self { one: pool(1)?, many: pool(8)? })
    }
}

/// Makes a program in all ways, and compares these with each other.
pub fn ways(scene: &Scene, pools: &Pools) -> Result<Ways, Wrong> {
    let options = Options::default();
    let plain_options = Options { plain: true, ..Options::default() };
    let (plain, plain_time) = soup("plain", scene, &plain_options, &pools.one)?;
    let (default, default_time) = soup("default", scene, &options, &pools.one)?;
    let (many, _) = soup("many threads", scene, &options, &pools.many)?;
    if let Some(what) = unlike(&default, &many) {
        return Err(Wrong::Threads { what });
    }
    Ok(Ways { plain, default, plain_time, default_time })
}

/// Compares with the oracle at points, and the volumes with each other.
pub fn against(oracle: &Oracle, ways: &Ways, random: &mut Random) -> Result<(), Wrong> {
    for (way, soup) in [("plain", &ways.plain), ("default", &ways.default)] {
        let points = points(random, oracle, soup, POINTS / 2);
        let wrong = points.iter().find_map(|point| {
            let (inside, winding) = known(oracle, soup, *point)?;
            (winding != i32::from(inside)).then_some(Wrong::Point { way, point: *point, winding, inside })
        });
        wrong.map_or(Ok(()), Err)?;
    }
    let [plain, default] = [&ways.plain, &ways.default].map(volume);
    if is_same_volume(&ways.plain, &ways.default) {
        return Ok(());
    }
    let wrong = [&ways.plain, &ways.default].map(|soup| {
        let points = points(random, oracle, soup, MANY_POINTS);
        let known = points.iter().filter_map(|point| known(oracle, soup, *point));
        known.filter(|(inside, winding)| *winding != i32::from(*inside)).count()
    });
    Err(Wrong::Volume { plain, default, wrong })
}

/// Whether two surfaces of one program enclose the same volume.
pub fn is_same_volume(a: &Soup, b: &Soup) -> bool {
    let [low, high] = a.bounds().or(b.bounds()).unwrap_or_default();
    let box_volume: f64 = (0..3).map(|axis| high[axis] - low[axis]).product();
    (volume(a) - volume(b)).abs() <= SAME_VOLUME * box_volume + GRID * area(a).max(area(b))
}

/// Areas by the kernel and with shortcuts, where they are not the same: one of them has a layer without thickness, or of
/// less than the grid.
pub fn areas(ways: &Ways) -> Option<[f64; 2]> {
    let [plain, default] = [&ways.plain, &ways.default].map(area);
    ((plain - default).abs() > SAME_AREA * plain.max(default)).then_some([plain, default])
}

/// Whether a point is inside, and how often a surface winds around it.
pub fn known(oracle: &Oracle, soup: &Soup, point: Point) -> Option<(bool, i32)> {
    let triangles = (0..soup.triangles.len()).map(|triangle| soup.corners(triangle));
    Some((oracle.inside(point)?, winding(triangles, point)?))
}

fn soup(way: &'static str, scene: &Scene, options: &Options, pool: &ThreadPool) -> Result<(Soup, Duration), Wrong> {
    let fails = |what: String| Wrong::Fails { way, what };
    let start = Instant::now();
    let made = catch_unwind(AssertUnwindSafe(|| pool.install(|| make(scene, options))))
        .map_err(|_| fails("panics".to_owned()))?;
    let time = start.elapsed();
    if let Some(message) = made.messages.first() {
        return Err(fails(format!("{message:?}")));
    }
    match made.geometry {
        Ok(Geometry::Empty) => Ok((Soup::default(), time)),
        Ok(Geometry::Solid(mesh)) => Ok((mesh.into_soup(), time)),
        Ok(Geometry::Surface(_)) => Err(Wrong::Open { way }),
        Ok(Geometry::Flat(_)) => Err(fails("is flat".to_owned())),
        Err(limit) => Err(fails(format!("meets a limit: {}", limit.name()))),
    }
}

/// What is not the same, bit for bit.
fn unlike(a: &Soup, b: &Soup) -> Option<&'static str> {
    let bits = |soup: &Soup| -> Vec<u64> { soup.vertices.iter().flatten().map(|value| value.to_bits()).collect() };
    if bits(a) != bits(b) {
        Some("vertices")
    } else if a.triangles != b.triangles {
        Some("triangles")
    } else if a.triangle_origins != b.triangle_origins || a.origins != b.origins {
        Some("origins")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluated;

    #[test]
    fn a_wrong_solid_is_found() {
        let scene = evaluated("cube(2);").unwrap();
        let ways = ways(&scene, &Pools::new().unwrap()).unwrap();
        let of = |program: &str| Oracle::new(&evaluated(program).unwrap().geometry).unwrap();
        let mut random = Random::new(1);
        assert_eq!(against(&of("cube(2);"), &ways, &mut random), Ok(()));
        let found = against(&of("cube([4, 2, 2]);"), &ways, &mut random);
        assert!(matches!(found, Err(Wrong::Point { way: "plain", winding: 0, inside: true, .. })));
        assert!(is_same_volume(&ways.plain, &ways.default));
        assert!(!is_same_volume(&ways.plain, &Soup::default()));
    }
}

//! What is special about a program on which csgrs is wrong.

use std::fmt;

use crate::oracle::Oracle;
use crate::space::{Plane, Point, dot};

/// The first that holds, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// An operand lies within another one.
    Containment,
    /// Faces of two shapes lie in one plane, or nearly so.
    Coplanar,
    /// Nothing of that.
    Other,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Containment => "containment",
            Self::Coplanar => "coplanar",
            Self::Other => "other",
        })
    }
}

/// Classes of a program, by points of its box.
pub fn class(oracle: &Oracle, points: &[Point]) -> Class {
    if oracle.operations().iter().any(|children| contains(children, points)) {
        Class::Containment
    } else if coplanar(oracle) {
        Class::Coplanar
    } else {
        Class::Other
    }
}

/// Whether one of the children is within another one, as far as points tell.
fn contains(children: &[Oracle], points: &[Point]) -> bool {
    /// An operand in which fewer points lie may be within another one by chance.
    const ENOUGH: usize = 8;
    let holds: Vec<Vec<bool>> =
        children.iter().map(|child| points.iter().map(|point| child.inside(*point) == Some(true)).collect()).collect();
    let pairs = holds.iter().enumerate().flat_map(|(idx, inner)| {
        holds.iter().enumerate().filter(move |(other, _)| *other != idx).map(move |(_, outer)| (inner, outer))
    });
    pairs.into_iter().any(|(inner, outer)| {
        inner.iter().filter(|inside| **inside).count() >= ENOUGH
            && inner.iter().zip(outer).all(|(inner, outer)| *outer || !*inner)
    })
}

fn coplanar(oracle: &Oracle) -> bool {
    /// One less the cosine of the angle: 0.08 degrees.
    const ANGLE: f64 = 1e-6;
    /// Distance of the planes.
    const APART: f64 = 1e-4;
    let meet = |a: &Plane, b: &Plane| {
        let cosine = dot(a.normal, b.normal);
        cosine.abs() > 1.0 - ANGLE && (a.offset - b.offset * cosine.signum()).abs() < APART
    };
    let leaves = oracle.leaves();
    leaves.iter().enumerate().any(|(idx, leaf)| {
        leaves[..idx].iter().any(|other| leaf.planes.iter().any(|a| other.planes.iter().any(|b| meet(a, b))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluated;
    use crate::points::points;
    use crate::random::Random;

    #[test]
    fn classes() {
        let of = |program: &str| {
            let oracle = Oracle::new(&evaluated(program).unwrap().geometry).unwrap();
            class(&oracle, &points(&mut Random::new(1), &oracle, &csg_mesh::Soup::default(), 1000))
        };
        assert_eq!(of("cube(9); translate([2, 3, 4]) cube(2);"), Class::Containment);
        assert_eq!(of("cube(3); translate([2, 2, 0]) cube(3);"), Class::Coplanar);
        assert_eq!(of("cube(3); rotate(0.001) translate([2, 2, 0.00001]) cube(3);"), Class::Coplanar);
        assert_eq!(of("cube(3); translate([2, 2, 2]) cube(3);"), Class::Other);
    }
}

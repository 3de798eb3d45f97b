//! Random programs: booleans, maps and hulls over small shapes.

use scad_eval::degrees;

use crate::random::Random;
use crate::tree::Tree;

/// The numbers that a program is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// Halves and right angles: faces touch, edges meet.
    Grid,
    /// Three decimals: nothing meets by chance.
    Odd,
    /// As [`Numbers::Grid`], with some that miss by very little.
    Nearly,
}

/// The numbers of the program of a seed.
pub fn numbers(seed: u64) -> Numbers {
    [Numbers::Grid, Numbers::Odd, Numbers::Nearly][(seed % 3) as usize]
}

/// The program of a seed.
pub fn program(seed: u64) -> Tree {
    let mut generator = Generator { random: Random::new(seed), numbers: numbers(seed), shapes: 9 };
    generator.boolean(3)
}

struct Generator {
    random: Random,
    numbers: Numbers,
    /// How many more shapes there may be, about.
    shapes: usize,
}

impl Generator {
    fn solid(&mut self, depth: usize) -> Tree {
        if depth == 0 || self.shapes == 0 {
            return self.shape(Self::region);
        }
        match self.random.below(10) {
            0..=3 => self.boolean(depth),
            4..=7 => {
                let child = self.solid(depth - 1);
                Tree::of(self.map(), vec![child])
            }
            8 => {
                let count = 2 + self.random.below(2);
                // The oracle knows no corners of what an operation makes, not even a flat one.
                let mut child = || {
                    let shape = self.shape(Self::outline);
                    self.moved(shape)
                };
                let children = (0..count).map(|_| child()).collect();
                Tree::of("hull()", children)
            }
            _ => self.shape(Self::region),
        }
    }

    fn boolean(&mut self, depth: usize) -> Tree {
        let count = 2 + self.random.below(3).min(1);
        let call = self.random.pick(&["union()", "difference()", "difference()", "intersection()"]);
        let mut children = vec![self.solid(depth - 1)];
        for _ in 1..count {
            let child = self.solid(depth - 1);
            children.push(if self.random.once_in(3) { child } else { self.moved(child) });
        }
        Tree::of(call, children)
    }

    fn moved(&mut self, child: Tree) -> Tree {
        let by = self.vector(Self::offset);
        Tree::of(format!("translate({by})"), vec![child])
    }

    fn map(&mut self) -> String {
        match self.random.below(6) {
            0 | 1 => format!("translate({})", self.vector(Self::offset)),
            2 => format!("rotate({})", self.vector(Self::angle)),
            3 => format!("rotate({}, {})", self.angle(), self.random.pick(&["[1, 1, 0]", "[1, 2, 3]", "[0, 1, 0]"])),
            4 => format!("scale({})", self.vector(Self::factor)),
            _ => format!("mirror({})", self.random.pick(&["[1, 0, 0]", "[0, 1, 1]", "[1, 1, 0]", "[1, 2, 3]"])),
        }
    }

    /// A shape; `flat` is what an extrusion raises.
    fn shape(&mut self, flat: fn(&mut Self) -> Tree) -> Tree {
        self.shapes = self.shapes.saturating_sub(1);
        let center = self.random.once_in(2);
        let facets = 5 + self.random.below(8);
        match self.random.below(9) {
            0..=2 => Tree::leaf(format!("cube({}, center = {center})", self.vector(Self::size))),
            3 => {
                let (height, radius) = (self.size(), self.size());
                Tree::leaf(format!("cylinder(h = {height}, r = {radius}, center = {center}, $fn = {facets})"))
            }
            4 => {
                let (height, lower, upper) = (self.size(), self.size(), self.size());
                let (lower, upper) = match self.random.below(4) {
                    0 => (0.0, upper),
                    1 => (lower, 0.0),
                    _ => (lower, upper),
                };
                let radii = format!("r1 = {lower}, r2 = {upper}");
                Tree::leaf(format!("cylinder(h = {height}, {radii}, center = {center}, $fn = {facets})"))
            }
            5 => Tree::leaf(format!("sphere({}, $fn = {facets})", self.size())),
            6 => Tree::leaf(self.polyhedron()),
            _ => {
                let scale = self.random.pick(&["1", "1", "1", "0.5", "1.5", "0"]);
                let call = format!("linear_extrude({}, center = {center}, scale = {scale})", self.size());
                Tree::of(call, vec![flat(self)])
            }
        }
    }

    /// A flat shape, or one taken from another.
    fn region(&mut self) -> Tree {
        let outline = self.outline();
        match self.random.below(6) {
            0 => {
                let other = self.outline();
                Tree::of(
                    "difference()",
                    vec![outline, Tree::of(format!("translate([{}, 0.5])", self.offset()), vec![other])],
                )
            }
            1 => Tree::of(format!("rotate({})", self.angle()), vec![outline]),
            _ => outline,
        }
    }

    fn outline(&mut self) -> Tree {
        Tree::leaf(match self.random.below(4) {
            0 => format!("square([{}, {}])", self.size(), self.size()),
            1 => format!("circle({}, $fn = {})", self.size(), 5 + self.random.below(8)),
            // An L.
            2 => {
                let (arm, width) = (self.size() + 2.0, 1.0);
                format!(
                    "polygon([[0, 0], [{arm}, 0], [{arm}, {width}], [{width}, {width}], [{width}, {arm}], [0, {arm}]])"
                )
            }
            // A star: corners at any distances, seen in turn.
            _ => {
                let corners = 5 + self.random.below(4);
                let corner = |idx: usize| {
                    let (angle, radius) = (360.0 * idx as f64 / corners as f64, self.size());
                    format!("[{:.3}, {:.3}]", radius * degrees::cos(angle), radius * degrees::sin(angle))
                };
                format!("polygon([{}])", (0..corners).map(corner).collect::<Vec<_>>().join(", "))
            }
        })
    }

    fn polyhedron(&mut self) -> String {
        let [x, y, z] = [self.size(), self.size(), self.size()];
        match self.random.below(3) {
            // A corner of a box.
            0 => format!(
                "polyhedron([[0, 0, 0], [{x}, 0, 0], [0, {y}, 0], [0, 0, {z}]], [[0, 1, 2], [0, 3, 1], [1, 3, 2], [0, 2, 3]])"
            ),
            // Two pyramids over one diamond.
            1 => format!(
                "polyhedron([[{x}, 0, 0], [0, {y}, 0], [-{y}, 0, 0], [0, -{x}, 0], [0, 0, {z}], [0, 0, -1]], \
                 [[0, 4, 1], [1, 4, 2], [2, 4, 3], [3, 4, 0], [1, 5, 0], [2, 5, 1], [3, 5, 2], [0, 5, 3]])"
            ),
            // A pyramid over a dart, which is not convex.
            _ => format!(
                "polyhedron([[{x}, 0, 0], [-{y}, {x}, 0], [0, 0, 0], [-{y}, -{x}, 0], [0.25, 0, {z}]], \
                 [[0, 1, 2, 3], [1, 0, 4], [2, 1, 4], [3, 2, 4], [0, 3, 4]])"
            ),
        }
    }

    fn vector(&mut self, mut number: impl FnMut(&mut Self) -> f64) -> String {
        format!("[{}, {}, {}]", number(self), number(self), number(self))
    }

    fn size(&mut self) -> f64 {
        match self.numbers {
            Numbers::Odd => thousandths(self.random.between(0.5, 6.0)),
            Numbers::Grid => self.random.pick(&[1.0, 1.5, 2.0, 3.0, 4.0, 5.0]),
            Numbers::Nearly => {
                let size = self.random.pick(&[1.0, 2.0, 3.0, 4.0]);
                self.nearly(size)
            }
        }
    }

    fn offset(&mut self) -> f64 {
        match self.numbers {
            Numbers::Odd => thousandths(self.random.between(-3.0, 3.0)),
            Numbers::Grid => self.random.below(13) as f64 / 2.0 - 3.0,
            Numbers::Nearly => {
                let offset = self.random.below(7) as f64 - 3.0;
                self.nearly(offset)
            }
        }
    }

    fn angle(&mut self) -> f64 {
        match self.numbers {
            Numbers::Odd => thousandths(self.random.between(-180.0, 180.0)),
            Numbers::Grid => self.random.pick(&[0.0, 30.0, 45.0, 90.0, 90.0, 180.0, -90.0]),
            Numbers::Nearly => self.random.pick(&[0.0, 0.0, 90.0, 45.0, 1e-3, 1e-5, 1e-7, 1e-9, -1e-6]),
        }
    }

    fn factor(&mut self) -> f64 {
        match self.numbers {
            Numbers::Odd => thousandths(self.random.between(0.4, 2.0)),
            Numbers::Grid => self.random.pick(&[0.5, 1.0, 1.0, 2.0, -1.0]),
            Numbers::Nearly => self.random.pick(&[1.0, 1.0, 0.5, 2.0, -1.0, 1.000_000_1, 0.999_99, 0.01]),
        }
    }

    fn nearly(&mut self, number: f64) -> f64 {
        let miss = self.random.pick(&[0.0, 0.0, 0.0, 0.0, 1e-3, 1e-5, -1e-6, 1e-7, -1e-8, 1e-9, -1e-10, 1e-12]);
        number + miss
    }
}

fn thousandths(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_program() {
        assert_eq!(program(17), program(17));
        assert_ne!(program(17), program(18));
    }
}

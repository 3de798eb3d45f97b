//! Weights of the parts of a descriptor, fitted to draws of known objects.

use datagen::descriptor::{Descriptor, Part, WEIGHTS, Weights};
use scad_eval::math;

/// Neighbors of each shape that the fit looks at: of its own object, and of others.
const OWN: usize = 4;
const OTHERS: usize = 12;
/// Rounds of looking for neighbors, and steps in each.
const ROUNDS: usize = 3;
const STEPS: usize = 150;
/// How much a weight may move in a step, as a factor's logarithm.
const RATE: f64 = 0.05;
/// How strongly a weight is held to where it began: few objects should not decide that a part counts for nothing.
const HOLD: f64 = 0.003;

/// The last part is [`Part::Size`], whose weight is not fitted.
const FITTED: usize = Part::ALL.len() - 1;

/// A shape beside others: squared differences of the parts.
struct Near {
    own: Vec<Weights>,
    others: Vec<Weights>,
}

/// Fits weights to shapes, `[object][draw]`, and gives them as the table of the source.
///
/// Method: neighborhood components analysis (Goldberger et al. 2004) with a weight for each part, on nearest
/// neighbors. It begins where each part counts by how little it differs from draw to draw of an object.
pub(crate) fn calibrated(objects: &[Vec<Descriptor>]) -> String {
    let start = start(objects).map(math::ln);
    let mut logarithms = start;
    for _ in 0..ROUNDS {
        let near = all_near(objects, &logarithms.map(math::exp));
        descend(&near, &start, &mut logarithms);
    }
    let weights = logarithms.map(math::exp);
    let near = all_near(objects, &weights);
    let threshold = equal_error(&near, &weights);
    let mut text = String::from("pub const WEIGHTS: Weights = [\n");
    for (part, weight) in Part::ALL.into_iter().zip(weights).take(FITTED) {
        text += &format!("    {:.3}, // {}\n", weight / threshold, part.name());
    }
    text += &format!("    {:.3}, // size\n", WEIGHTS[FITTED]);
    text + "];\n"
}

/// One over the variance of each part within objects.
fn start(objects: &[Vec<Descriptor>]) -> Weights {
    let mut sums = [0.0; Part::ALL.len()];
    let mut pairs = 0;
    for shapes in objects {
        for (one, other) in shapes.iter().zip(shapes.iter().skip(1)) {
            pairs += 1;
            sums.iter_mut().zip(one.squares(other)).for_each(|(sum, square)| *sum += square);
        }
    }
    let mut weights = sums.map(|sum| f64::from(pairs) / sum.max(1e-9));
    weights[FITTED] = 1e-9;
    weights
}

fn weighted(weights: &Weights, squares: &Weights) -> f64 {
    weights.iter().zip(squares).map(|(weight, square)| weight * square).sum()
}

/// The neighbors of every shape, itself left out.
fn all_near(objects: &[Vec<Descriptor>], weights: &Weights) -> Vec<Near> {
    let shapes: Vec<(usize, &Descriptor)> =
        objects.iter().enumerate().flat_map(|(idx, shapes)| shapes.iter().map(move |shape| (idx, shape))).collect();
    let near = |(at, (object, shape)): (usize, &(usize, &Descriptor))| {
        let mut own = Vec::new();
        let mut others = Vec::new();
        for (_, (other_object, other)) in shapes.iter().enumerate().filter(|(idx, _)| *idx != at) {
            let squares = shape.squares(other);
            let list = if object == other_object { &mut own } else { &mut others };
            list.push((weighted(weights, &squares), squares));
        }
        let nearest = |mut list: Vec<(f64, Weights)>, count: usize| {
            list.sort_by(|a, b| a.0.total_cmp(&b.0));
            list.into_iter().take(count).map(|(_, squares)| squares).collect()
        };
        Near { own: nearest(own, OWN), others: nearest(others, OTHERS) }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let chunk = shapes.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let work: Vec<_> = (0..shapes.len())
            .step_by(chunk)
            .map(|start| {
                let (shapes, near) = (&shapes, &near);
                scope.spawn(move || shapes.iter().enumerate().skip(start).take(chunk).map(near).collect::<Vec<_>>())
            })
            .collect();
        work.into_iter().flat_map(|thread| thread.join().expect("no thread panics")).collect()
    })
}

/// Makes it likelier that a shape's random neighbor is of its own object, by steps along the sign of the gradient, which
/// become smaller.
fn descend(near: &[Near], start: &Weights, logarithms: &mut Weights) {
    for step in 0..STEPS {
        let weights = logarithms.map(math::exp);
        let mut gradient = [0.0; Part::ALL.len()];
        for Near { own, others } in near.iter().filter(|near| !near.own.is_empty()) {
            let distances: Vec<f64> = own.iter().chain(others).map(|squares| weighted(&weights, squares)).collect();
            let least = distances.iter().copied().fold(f64::INFINITY, f64::min);
            let odds: Vec<f64> = distances.iter().map(|distance| math::exp(least - distance)).collect();
            let of_own: f64 = odds[..own.len()].iter().sum();
            let of_all: f64 = odds.iter().sum();
            for (idx, squares) in own.iter().chain(others).enumerate() {
                let in_own = if idx < own.len() { odds[idx] / of_own } else { 0.0 };
                let change = (in_own - odds[idx] / of_all) / near.len() as f64;
                gradient.iter_mut().zip(squares).for_each(|(sum, square)| *sum += change * square);
            }
        }
        let rate = RATE * (1.0 - step as f64 / STEPS as f64);
        for (idx, logarithm) in logarithms.iter_mut().enumerate().take(FITTED) {
            let slope = gradient[idx] * weights[idx] + HOLD * (*logarithm - start[idx]);
            *logarithm -= rate * slope.signum() * slope.abs().min(0.01) / 0.01;
        }
    }
}

/// The squared distance within which as many shapes have no shape of their own object as have one of another.
fn equal_error(near: &[Near], weights: &Weights) -> f64 {
    let nearest =
        |list: &[Weights]| list.iter().map(|squares| weighted(weights, squares)).fold(f64::INFINITY, f64::min);
    let mut own: Vec<f64> = near.iter().map(|near| nearest(&near.own)).collect();
    let mut others: Vec<f64> = near.iter().map(|near| nearest(&near.others)).collect();
    own.sort_by(f64::total_cmp);
    others.sort_by(f64::total_cmp);
    // As one list rises from its least to its greatest value, the other falls.
    let at = (0..own.len()).find(|idx| own[own.len() - 1 - idx] <= others[*idx]);
    at.map_or(1.0, |idx| others[idx])
}

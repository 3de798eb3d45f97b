//! Parts that would be printed in the air.

use crate::Soup;
use crate::components::{Components, components, triangles};
use crate::facts::component_volumes;

/// What is known of components that share the place of a vertex.
#[derive(Clone, Copy)]
struct Part {
    lowest: f64,
    volume: f64,
}

/// How many parts do not reach down to the height `plate`.
pub(super) fn loose_parts(soup: &Soup, plate: f64) -> usize {
    let components = components(soup);
    if components.count < 2 {
        return 0;
    }
    let joined = joined(soup, &components);
    let mut parts = vec![Part { lowest: f64::INFINITY, volume: 0.0 }; components.count];
    for triangle in triangles(soup) {
        let part = &mut parts[joined[components.of(triangle)]];
        part.lowest =
            triangle.iter().fold(part.lowest, |lowest, vertex| lowest.min(soup.vertices[*vertex as usize][2]));
    }
    for (component, volume) in component_volumes(soup, &components).into_iter().enumerate() {
        parts[joined[component]].volume += volume;
    }
    // A cavity has a negative volume. Components that were joined to others keep none.
    parts.iter().filter(|part| part.volume > 0.0 && part.lowest > plate).count()
}

/// For each component the first of those that it is joined to by vertices at the same place.
fn joined(soup: &Soup, components: &Components) -> Vec<usize> {
    // Negative zero is where zero is.
    let place = |vertex: usize| soup.vertices[vertex].map(|value| value + 0.0);
    let mut places: Vec<([f64; 3], usize)> =
        components.vertices().map(|(vertex, component)| (place(vertex), component)).collect();
    places.sort_unstable_by(|(left, one), (right, other)| {
        let by_axis = |axis: usize| left[axis].total_cmp(&right[axis]);
        by_axis(0).then(by_axis(1)).then(by_axis(2)).then(one.cmp(other))
    });
    let mut firsts: Vec<usize> = (0..components.count).collect();
    for pair in places.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        let [one, other] = [first_of(&mut firsts, pair[0].1), first_of(&mut firsts, pair[1].1)];
        firsts[one.max(other)] = one.min(other);
    }
    for component in 0..firsts.len() {
        firsts[component] = firsts[firsts[component]];
    }
    firsts
}

fn first_of(firsts: &mut [usize], mut component: usize) -> usize {
    while firsts[component] != component {
        firsts[component] = firsts[firsts[component]];
        component = firsts[component];
    }
    component
}

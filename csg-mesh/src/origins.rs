//! Which node and color triangles come from, by number.

use std::collections::HashMap;

use scad_parser::Span;

use crate::{Origin, Soup};

/// The numbers that were given out.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    known: Vec<Origin>,
    numbers: HashMap<(Span, Option<[u32; 4]>), u32>,
}

impl Origins {
    /// The number of a node in a color.
    pub(crate) fn number(&mut self, span: Span, color: Option<[f32; 4]>) -> u32 {
        let next = self.known.len() as u32;
        let number = *self.numbers.entry((span, color.map(|color| color.map(f32::to_bits)))).or_insert(next);
        if number == next {
            self.known.push(Origin { span, color });
        }
        number
    }

    /// The color that goes with a number.
    pub(crate) fn color(&self, number: u32) -> Option<[f32; 4]> {
        self.known.get(number as usize)?.color
    }

    /// Replaces numbers, which depend on the order of work, by the order in which they first appear; adds what they mean.
    pub(crate) fn settle(&self, soup: &mut Soup) {
        let mut places = vec![u32::MAX; self.known.len()];
        let mut origins = Vec::new();
        for number in &mut soup.triangle_origins {
            let Some(place) = places.get_mut(*number as usize) else { continue };
            if *place == u32::MAX {
                *place = origins.len() as u32;
                origins.push(self.known[*number as usize]);
            }
            *number = *place;
        }
        soup.origins = origins;
    }
}

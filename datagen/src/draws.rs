//! Draws of a program with a customizer: other values for its parameters, from their ranges and choices.

use std::fmt::Write as _;

use scad_parser::Program;
use scad_parser::customizer::{CustomizerValue, Widget, parameters};
use scad_parser::number::number_to_string;

/// Assignments of drawn values to all parameters, one a line, for `scad_eval::load`; the same seed gives the same text.
///
/// A parameter without a range or choices keeps its value. Each end of a range comes in 15 of 100 draws, as a person takes
/// it to see what it does.
pub fn draw(program: &Program, seed: u64) -> String {
    let mut random = SplitMix(seed);
    let mut text = String::new();
    for parameter in parameters(program).iter().filter(|parameter| !parameter.hidden) {
        let value = match &parameter.widget {
            Widget::Checkbox => (random.below(2) == 1).to_string(),
            Widget::Slider { min, max, step } => {
                let step = step.filter(|step| *step > 0.0).unwrap_or(1.0);
                let steps = ((max - min) / step + 1e-9).floor().clamp(0.0, 1e6) as u64;
                let taken = match random.below(100) {
                    0..15 => 0,
                    85.. => steps,
                    _ => random.below(steps + 1),
                };
                number_to_string(min + taken as f64 * step)
            }
            Widget::DropDown(choices) if !choices.is_empty() => {
                match &choices[random.below(choices.len() as u64) as usize].value {
                    CustomizerValue::Number(value) => number_to_string(*value),
                    CustomizerValue::Bool(value) => value.to_string(),
                    CustomizerValue::Text(value) => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
                    CustomizerValue::Vector(_) => continue,
                }
            }
            _ => continue,
        };
        let _ = writeln!(text, "{} = {value};", parameter.name);
    }
    text
}

/// Random numbers: Steele, Lea and Flood 2014.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `bound`, which is not 0.
    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_from_ranges_and_choices() {
        let source = scad_parser::Source::new(
            "part.scad",
            "a = 3; // [1:0.5:4]\nb = \"x\"; // [x, two words]\nc = true;\nd = 7;\n/* [Hidden] */\n$fn = 8; // [8:64]\n",
        );
        let program = scad_parser::parse(&source).expect("it parses");
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let text = draw(&program, seed);
            assert_eq!(text, draw(&program, seed));
            let drawn = scad_parser::parse(&scad_parser::Source::new("draw", text.as_str()));
            assert!(drawn.is_ok(), "{text}");
            seen.extend(text.lines().map(str::to_owned));
        }
        let of = |name: &str| seen.iter().filter(|line| line.starts_with(name)).count();
        assert_eq!([of("a = "), of("b = "), of("c = "), of("d = "), of("$fn = ")], [7, 2, 2, 0, 0], "{seen:?}");
        assert!(seen.contains("a = 1;") && seen.contains("a = 4;") && seen.contains("c = false;"));
    }
}

//! One of the many that an object can be.

use scad_parser::customizer::{CustomizerParameter, CustomizerValue, Widget};

use super::{Object, Setting};
use crate::random::Random;

/// Values for all parameters of an object, and the words that are true of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Draw {
    /// Places of the words that were chosen, in the order of the file.
    pub words: Vec<usize>,
    /// A value for each parameter.
    pub values: Vec<CustomizerValue>,
}

/// How many words, and how often.
const WORDS: [(f64, usize); 4] = [(0.3, 0), (0.38, 1), (0.24, 2), (0.08, 3)];

/// How often a number that no word sets is as in the file.
const AS_IN_THE_FILE: f64 = 0.35;

/// How often a flag that no word sets is as in the file: what nobody asked for is there seldom.
const FLAG_AS_IN_THE_FILE: f64 = 0.85;

/// How often a number is at one of the ends of its range.
const AT_THE_ENDS: f64 = 0.15;

impl Object {
    /// The object as it stands in its file.
    pub fn as_it_is(&self) -> Draw {
        Draw { words: Vec::new(), values: self.parameters.iter().map(|parameter| parameter.default.clone()).collect() }
    }

    /// The object as it stands in its file, but for these words. What a word leaves open is in the middle.
    pub fn with_words(&self, words: &[usize]) -> Draw {
        let mut draw = Draw { words: words.to_vec(), ..self.as_it_is() };
        for &word in words {
            for (at, setting) in &self.words[word].settings {
                draw.values[*at] = match setting {
                    Setting::Value(value) => value.clone(),
                    Setting::Range { min, max } => on_grid(&self.parameters[*at].widget, *min, *max, 0.5),
                };
            }
        }
        draw
    }

    /// A random choice of words and values.
    pub fn draw(&self, random: &mut Random) -> Draw {
        let wanted = *random.weighted(&WORDS);
        let mut order: Vec<usize> = (0..self.words.len()).collect();
        random.shuffle(&mut order);
        let mut words: Vec<usize> = Vec::new();
        for word in order {
            if words.len() == wanted {
                break;
            }
            if words.iter().all(|&other| self.words[word].goes_with(&self.words[other])) {
                words.push(word);
            }
        }
        words.sort_unstable();
        self.draw_with(words, random)
    }

    /// Random values under these words.
    pub fn draw_with(&self, words: Vec<usize>, random: &mut Random) -> Draw {
        let mut values: Vec<_> = self.parameters.iter().map(|parameter| any(parameter, random)).collect();
        for &word in &words {
            for (at, setting) in &self.words[word].settings {
                values[*at] = match setting {
                    Setting::Value(value) => value.clone(),
                    Setting::Range { min, max } => {
                        let share = random.share();
                        on_grid(&self.parameters[*at].widget, *min, *max, share)
                    }
                };
            }
        }
        Draw { words, values }
    }
}

/// A value for a parameter that nobody said anything about.
fn any(parameter: &CustomizerParameter, random: &mut Random) -> CustomizerValue {
    match &parameter.widget {
        Widget::Checkbox => match parameter.default {
            CustomizerValue::Bool(default) if !random.chance(FLAG_AS_IN_THE_FILE) => CustomizerValue::Bool(!default),
            _ => parameter.default.clone(),
        },
        Widget::DropDown(choices) if !choices.is_empty() => random.pick(choices).value.clone(),
        Widget::Slider { min, max, .. } if !random.chance(AS_IN_THE_FILE) => {
            let share = match random.share() {
                end if end < AT_THE_ENDS / 2.0 => 0.0,
                end if end > 1.0 - AT_THE_ENDS / 2.0 => 1.0,
                _ => random.share(),
            };
            on_grid(&parameter.widget, *min, *max, share)
        }
        _ => parameter.default.clone(),
    }
}

/// The value at a share of the way between two, on the parameter's grid, which begins at its least value, or among its choices.
fn on_grid(widget: &Widget, min: f64, max: f64, share: f64) -> CustomizerValue {
    if let Widget::DropDown(choices) = widget {
        let inside =
            |value: &CustomizerValue| matches!(value, CustomizerValue::Number(value) if (min..=max).contains(value));
        let inside: Vec<_> = choices.iter().map(|choice| &choice.value).filter(|value| inside(value)).collect();
        let at = ((inside.len() as f64 * share) as usize).min(inside.len().saturating_sub(1));
        return inside.get(at).map_or(CustomizerValue::Number(min), |value| (*value).clone());
    }
    let Widget::Slider { min: first, step, .. } = widget else { return CustomizerValue::Number(min) };
    let step = step.filter(|step| *step > 0.0).unwrap_or(1.0);
    let low = ((min - first) / step - 1e-9).ceil();
    let high = ((max - first) / step + 1e-9).floor();
    let steps = (low + ((high - low + 1.0) * share).floor().min(high - low)).max(low);
    // Decimal steps add up to what people would write.
    CustomizerValue::Number(((first + steps * step) * 1e6).round() / 1e6)
}

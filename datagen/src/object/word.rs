//! Words that change an object.

use scad_parser::Source;
use scad_parser::ast::ExprKind;
use scad_parser::customizer::{CustomizerParameter, CustomizerValue, Widget};

/// A word or phrase of a prompt, and what it sets.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// As it stands in a prompt; `{parameter}` is the parameter's value.
    pub phrase: String,
    /// Parameters by their places, and what they become.
    pub settings: Vec<(usize, Setting)>,
    /// Places of the parameters in braces.
    pub mentions: Vec<usize>,
}

/// What a word makes of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// This value.
    Value(CustomizerValue),
    /// Something of a range: on the grid of the parameter, or of its choices one that is in it.
    Range {
        /// Lower end.
        min: f64,
        /// Upper end.
        max: f64,
    },
}

/// What phrases begin with that stand after the noun.
const PREPOSITIONS: [&str; 14] =
    ["with", "without", "for", "in", "on", "from", "of", "made", "at", "under", "having", "that", "as", "to"];

impl Word {
    /// Reads `PHRASE: NAME = VALUE; NAME = [MIN:MAX]`.
    pub(super) fn parse(text: &str, parameters: &[CustomizerParameter]) -> Result<Self, String> {
        let (phrase, sets) = text.split_once(':').unwrap_or((text, ""));
        // A colon in a range is not the one after the phrase.
        let place = |name: &str| {
            parameters
                .iter()
                .position(|parameter| parameter.name == name)
                .ok_or_else(|| format!("there is no parameter `{name}` with a range or choices"))
        };
        let mut settings = Vec::new();
        for set in sets.split(';').map(str::trim).filter(|set| !set.is_empty()) {
            let (name, value) = set.split_once('=').ok_or_else(|| format!("`{set}`: expected `name = value`"))?;
            let at = place(name.trim())?;
            let setting = setting(value.trim()).ok_or_else(|| format!("`{value}` is no value and no range"))?;
            fits(&setting, &parameters[at])?;
            settings.push((at, setting));
        }
        let mut mentions = Vec::new();
        let mut rest = phrase;
        while let Some((_, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or_else(|| format!("`{phrase}`: a `{{` without `}}`"))?;
            mentions.push(place(name)?);
            rest = after;
        }
        Ok(Self { phrase: phrase.trim().into(), settings, mentions })
    }

    /// Does it stand after the noun?
    pub fn follows_noun(&self) -> bool {
        let first = self.phrase.split(' ').next().unwrap_or_default();
        PREPOSITIONS.contains(&first)
    }

    /// Can both be said of one thing? Not where they set, or name, the same parameter, unless both set it to one value.
    pub fn goes_with(&self, other: &Self) -> bool {
        let clash = |one: &Self, two: &Self| {
            one.settings.iter().any(|(at, setting)| {
                two.mentions.contains(at)
                    || two.settings.iter().any(|(other_at, other)| {
                        at == other_at && (other != setting || matches!(setting, Setting::Range { .. }))
                    })
            })
        };
        let named_twice = self.mentions.iter().any(|at| other.mentions.contains(at));
        !clash(self, other) && !clash(other, self) && !named_twice && self.phrase != other.phrase
    }
}

fn setting(text: &str) -> Option<Setting> {
    let expr = scad_parser::parse_expression(&Source::new("word", text)).ok()?;
    let number = |expr: &scad_parser::ast::Expr| match crate::rewrite::constant(expr) {
        Some(CustomizerValue::Number(number)) => Some(number),
        _ => None,
    };
    match &expr.kind {
        ExprKind::Range(range) => Some(Setting::Range { min: number(&range.begin)?, max: number(&range.end)? }),
        _ => crate::rewrite::constant(&expr).map(Setting::Value),
    }
}

/// Is what a word sets possible for the parameter?
fn fits(setting: &Setting, parameter: &CustomizerParameter) -> Result<(), String> {
    let good = match (setting, &parameter.widget) {
        (Setting::Value(CustomizerValue::Number(value)), Widget::Slider { min, max, .. }) => {
            (*min..=*max).contains(value)
        }
        (Setting::Range { min, max }, Widget::Slider { min: least, max: most, .. }) => {
            min <= max && least <= min && max <= most
        }
        (Setting::Range { min, max }, Widget::DropDown(choices)) => choices
            .iter()
            .any(|choice| matches!(choice.value, CustomizerValue::Number(value) if (*min..=*max).contains(&value))),
        (Setting::Value(value), Widget::DropDown(choices)) => choices.iter().any(|choice| choice.value == *value),
        (Setting::Value(CustomizerValue::Bool(_)), Widget::Checkbox) => true,
        _ => false,
    };
    if good { Ok(()) } else { Err(format!("`{}` cannot be that: its range or choices say so", parameter.name)) }
}

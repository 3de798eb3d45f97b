//! What operators and built-in functions make of known values; `None` where it is not sure, or not a number.

use scad_eval::{degrees, math};
use scad_parser::ast::{BinaryOp, UnaryOp};

use super::value::Known;

pub(super) fn unary(op: UnaryOp, value: &Known) -> Option<Known> {
    Some(match (op, value) {
        (UnaryOp::Not, value) => Known::Bool(!value.is_true()),
        (UnaryOp::Negate, Known::Number(value)) => Known::Number(-value),
        (UnaryOp::Plus, Known::Number(value)) => Known::Number(*value),
        (UnaryOp::Negate, Known::List(list)) => {
            Known::List(list.iter().map(|item| unary(op, item)).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

pub(super) fn binary(op: BinaryOp, left: &Known, right: &Known) -> Option<Known> {
    use BinaryOp::{
        Add, And, Divide, Equal, Greater, GreaterEqual, Less, LessEqual, Modulo, Multiply, NotEqual, Or, Power,
        Subtract,
    };
    let value = match (op, left, right) {
        (And, left, right) => Known::Bool(left.is_true() && right.is_true()),
        (Or, left, right) => Known::Bool(left.is_true() || right.is_true()),
        (Equal, left, right) => Known::Bool(left == right),
        (NotEqual, left, right) => Known::Bool(left != right),
        (_, Known::Number(left), Known::Number(right)) => match op {
            Less => Known::Bool(left < right),
            LessEqual => Known::Bool(left <= right),
            Greater => Known::Bool(left > right),
            GreaterEqual => Known::Bool(left >= right),
            Add => Known::Number(left + right),
            Subtract => Known::Number(left - right),
            Multiply => Known::Number(left * right),
            Divide => Known::Number(left / right),
            Modulo => Known::Number(left % right),
            Power => Known::Number(math::pow(*left, *right)),
            _ => return None,
        },
        (Add | Subtract, Known::List(left), Known::List(right)) if left.len() == right.len() => {
            Known::List(left.iter().zip(right.iter()).map(|(a, b)| binary(op, a, b)).collect::<Option<_>>()?)
        }
        (Multiply, Known::List(list), Known::Number(_)) => {
            Known::List(list.iter().map(|item| binary(op, item, right)).collect::<Option<_>>()?)
        }
        (Multiply, Known::Number(_), Known::List(list)) => {
            Known::List(list.iter().map(|item| binary(op, left, item)).collect::<Option<_>>()?)
        }
        (Divide, Known::List(list), Known::Number(_)) => {
            Known::List(list.iter().map(|item| binary(op, item, right)).collect::<Option<_>>()?)
        }
        _ => return None,
    };
    sound(value)
}

/// A number that can be written.
fn sound(value: Known) -> Option<Known> {
    match value {
        Known::Number(number) if !number.is_finite() => None,
        value => Some(value),
    }
}

pub(super) fn function(name: &str, arguments: &[Known]) -> Option<Known> {
    let flat: Vec<Known>;
    let numbers: Option<Vec<f64>> = match arguments {
        // `min` and `max` take a list, too.
        [Known::List(list)] if name == "min" || name == "max" => {
            flat = list.to_vec();
            flat.iter().map(Known::number).collect()
        }
        _ => arguments.iter().map(Known::number).collect(),
    };
    let number = match (name, numbers.as_deref()) {
        ("abs", Some([x])) => x.abs(),
        ("sign", Some([x])) => f64::from(i8::from(*x > 0.0) - i8::from(*x < 0.0)),
        ("floor", Some([x])) => x.floor(),
        ("ceil", Some([x])) => x.ceil(),
        ("round", Some([x])) => x.round(),
        ("sqrt", Some([x])) => math::sqrt(*x),
        ("ln", Some([x])) => math::ln(*x),
        ("exp", Some([x])) => math::exp(*x),
        ("pow", Some([x, y])) => math::pow(*x, *y),
        ("sin", Some([x])) => degrees::sin(*x),
        ("cos", Some([x])) => degrees::cos(*x),
        ("tan", Some([x])) => degrees::tan(*x),
        ("asin", Some([x])) => degrees::asin(*x),
        ("acos", Some([x])) => degrees::acos(*x),
        ("atan", Some([x])) => degrees::atan(*x),
        ("atan2", Some([y, x])) => degrees::atan2(*y, *x),
        ("min", Some([first, rest @ ..])) => rest.iter().fold(*first, |a, b| a.min(*b)),
        ("max", Some([first, rest @ ..])) => rest.iter().fold(*first, |a, b| a.max(*b)),
        ("len", _) => match arguments {
            [Known::List(list)] => list.len() as f64,
            [Known::Text(text)] => text.chars().count() as f64,
            _ => return None,
        },
        ("concat", _) => {
            let mut all = Vec::new();
            for argument in arguments {
                match argument {
                    Known::List(list) => all.extend(list.iter().cloned()),
                    one => all.push(one.clone()),
                }
            }
            return Some(Known::List(all.into()));
        }
        _ => return None,
    };
    sound(Known::Number(number))
}

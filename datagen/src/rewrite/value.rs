//! Values that are known while a program is rewritten.

use std::rc::Rc;

use ecow::EcoString;
use scad_parser::Span;
use scad_parser::ast::{Expr, ExprKind, UnaryOp};
use scad_parser::customizer::CustomizerValue;

/// A known value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Known {
    Undef,
    Bool(bool),
    Number(f64),
    Text(EcoString),
    List(Rc<[Known]>),
}

impl Known {
    /// As OpenSCAD's `if` sees it.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Undef => false,
            Self::Bool(value) => *value,
            Self::Number(value) => *value != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::List(list) => !list.is_empty(),
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(*value),
            _ => None,
        }
    }

    /// As it would be written; numbers are rounded to what a person would write, where that is wanted.
    pub(super) fn expr(&self, rounded: bool) -> Expr {
        let kind = match self {
            Self::Undef => ExprKind::Undef,
            Self::Bool(value) => ExprKind::Bool(*value),
            Self::Number(value) => {
                let value = if rounded { round(*value) } else { *value };
                if value < 0.0 {
                    ExprKind::Unary(UnaryOp::Negate, Box::new(expr(ExprKind::Number(-value))))
                } else {
                    ExprKind::Number(value + 0.0) // no negative zero
                }
            }
            Self::Text(text) => ExprKind::String(text.clone()),
            Self::List(list) => ExprKind::List(list.iter().map(|item| item.expr(rounded)).collect()),
        };
        expr(kind)
    }

    /// What a literal says; `None` for everything that has to be computed.
    pub(super) fn of(expr: &Expr) -> Option<Self> {
        Some(match &expr.kind {
            ExprKind::Undef => Self::Undef,
            ExprKind::Bool(value) => Self::Bool(*value),
            ExprKind::Number(value) => Self::Number(*value),
            ExprKind::String(text) => Self::Text(text.clone()),
            ExprKind::Paren(inner) => Self::of(inner)?,
            ExprKind::Unary(UnaryOp::Negate, inner) => Self::Number(-Self::of(inner)?.number()?),
            ExprKind::List(items) => Self::List(items.iter().map(Self::of).collect::<Option<_>>()?),
            _ => return None,
        })
    }
}

impl From<&CustomizerValue> for Known {
    fn from(value: &CustomizerValue) -> Self {
        match value {
            CustomizerValue::Number(value) => Self::Number(*value),
            CustomizerValue::Bool(value) => Self::Bool(*value),
            CustomizerValue::Text(text) => Self::Text(text.as_str().into()),
            CustomizerValue::Vector(values) => Self::List(values.iter().copied().map(Self::Number).collect()),
        }
    }
}

/// What a literal says, as a customizer has values.
pub(crate) fn constant(expr: &Expr) -> Option<CustomizerValue> {
    Some(match Known::of(expr)? {
        Known::Undef => return None,
        Known::Bool(value) => CustomizerValue::Bool(value),
        Known::Number(value) => CustomizerValue::Number(value),
        Known::Text(text) => CustomizerValue::Text(text.to_string()),
        Known::List(list) => CustomizerValue::Vector(list.iter().map(Known::number).collect::<Option<_>>()?),
    })
}

/// An expression that stands nowhere.
pub(super) fn expr(kind: ExprKind) -> Expr {
    Expr { kind, span: Span::default() }
}

/// A hundredth of a millimeter, or of a degree, is as fine as anybody writes; below 1, factors may need a thousandth.
fn round(value: f64) -> f64 {
    let grid = if value.abs() < 1.0 { 1e3 } else { 1e2 };
    let rounded = (value * grid).round() / grid;
    if rounded.is_finite() { rounded } else { value }
}

//! The operators, on evaluated operands.
//!
//! A product that is not defined at the top says why; an element that fails inside a vector silently becomes `undef`.

use scad_parser::ast::{BinaryOp, UnaryOp};

use crate::limits::{Meter, Stop, with_stack};
use crate::math;
use crate::problem::Problem;
use crate::value::{List, Object, Range, Value};

/// A value, or `undef` with the reason.
type Outcome = Result<Result<Value, Problem>, Stop>;

/// `op value`
pub(crate) fn unary(op: UnaryOp, value: &Value, meter: &mut Meter<'_>) -> Outcome {
    let undefined = |op: UnaryOp| Problem::UndefinedUnary { op: op.symbol(), operand: value.type_name() };
    Ok(match op {
        UnaryOp::Not => Ok(Value::Bool(!value.is_true())),
        UnaryOp::Plus => Ok(value.clone()),
        UnaryOp::Negate => match negate(value, meter)? {
            Some(value) => Ok(value),
            None => Err(undefined(op)),
        },
        UnaryOp::BitNot => match value {
            Value::Number(number) => Ok(Value::Number(!to_bits(*number) as f64)),
            _ => Err(undefined(op)),
        },
    })
}

fn negate(value: &Value, meter: &mut Meter<'_>) -> Result<Option<Value>, Stop> {
    match value {
        Value::Number(number) => Ok(Some(Value::Number(-number))),
        Value::List(list) => map(list, meter, negate).map(Some),
        _ => Ok(None),
    }
}

/// The vector of the results for each element; an element without a result is `undef`.
fn map<'w>(
    list: &[Value],
    meter: &mut Meter<'w>,
    f: impl Fn(&Value, &mut Meter<'w>) -> Result<Option<Value>, Stop>,
) -> Result<Value, Stop> {
    meter.work(list.len() as u64 + 1)?;
    meter.text(std::mem::size_of_val(list))?;
    let mut items = Vec::with_capacity(list.len());
    for item in list {
        let result = if matches!(item, Value::List(_)) { with_stack(|| f(item, meter)) } else { f(item, meter) };
        items.push(result?.unwrap_or_default());
    }
    Ok(Value::list(items))
}

/// `left op right` for all operators but `&&` and `||`, which do not always evaluate their right side.
pub(crate) fn binary(op: BinaryOp, left: &Value, right: &Value, meter: &mut Meter<'_>) -> Outcome {
    let result = match op {
        BinaryOp::Equal => Some(Value::Bool(equal(left, right, meter)?)),
        BinaryOp::NotEqual => Some(Value::Bool(!equal(left, right, meter)?)),
        BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
            return ordered(op, left, right, meter);
        }
        BinaryOp::Add => elementwise(left, right, meter, |left, right| left + right)?,
        BinaryOp::Subtract => elementwise(left, right, meter, |left, right| left - right)?,
        BinaryOp::Multiply => return multiply(left, right, meter),
        BinaryOp::Divide => divide(left, right, meter)?,
        BinaryOp::Modulo => numbers(left, right, modulo),
        BinaryOp::Power => numbers(left, right, math::pow),
        BinaryOp::BitOr => numbers(left, right, |left, right| (to_bits(left) | to_bits(right)) as f64),
        BinaryOp::BitAnd => numbers(left, right, |left, right| (to_bits(left) & to_bits(right)) as f64),
        BinaryOp::ShiftLeft | BinaryOp::ShiftRight => return Ok(shift(op, left, right)),
        BinaryOp::And => Some(Value::Bool(left.is_true() && right.is_true())),
        BinaryOp::Or => Some(Value::Bool(left.is_true() || right.is_true())),
    };
    Ok(result.ok_or_else(|| undefined(op, left, right)))
}

fn undefined(op: BinaryOp, left: &Value, right: &Value) -> Problem {
    Problem::UndefinedBinary { left: left.type_name(), op: op.symbol(), right: right.type_name() }
}

/// `left % right` with the sign of the dividend, as C's `fmod`.
pub(crate) fn modulo(left: f64, right: f64) -> f64 {
    // Whole numbers that a double holds exactly: the division of integers is many times faster, and as exact.
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    if left.abs() < WHOLE && right.abs() < WHOLE && right != 0.0 && left.trunc() == left && right.trunc() == right {
        let rest = (left as i64 % right as i64) as f64;
        return if rest == 0.0 { 0.0_f64.copysign(left) } else { rest };
    }
    left % right
}

fn numbers(left: &Value, right: &Value, f: impl Fn(f64, f64) -> f64) -> Option<Value> {
    Some(Value::Number(f(left.as_number()?, right.as_number()?)))
}

/// Bitwise operators work on 64-bit signed integers cut from the doubles.
fn to_bits(number: f64) -> i64 {
    if number >= 9_223_372_036_854_775_808.0 { number as u64 as i64 } else { number as i64 }
}

fn shift(op: BinaryOp, left: &Value, right: &Value) -> Result<Value, Problem> {
    let (Some(value), Some(count)) = (left.as_number(), right.as_number()) else {
        return Err(undefined(op, left, right));
    };
    if count < 0.0 {
        return Err(Problem::NegativeShift);
    }
    if count >= 64.0 || count.is_nan() {
        return Err(Problem::LargeShift);
    }
    let (value, count) = (to_bits(value), count as u32);
    let result = if op == BinaryOp::ShiftLeft { value << count } else { value >> count };
    Ok(Value::Number(result as f64))
}

/// Numbers, and vectors element by element as far as the shorter one goes.
fn elementwise(
    left: &Value,
    right: &Value,
    meter: &mut Meter<'_>,
    f: fn(f64, f64) -> f64,
) -> Result<Option<Value>, Stop> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => Ok(Some(Value::Number(f(*left, *right)))),
        (Value::List(left), Value::List(right)) => {
            let length = left.len().min(right.len());
            meter.work(length as u64 + 1)?;
            let mut items = Vec::with_capacity(length);
            for (left, right) in left.iter().zip(right.iter()) {
                let item = match (left, right) {
                    (Value::List(_), Value::List(_)) => with_stack(|| elementwise(left, right, meter, f))?,
                    _ => numbers(left, right, f),
                };
                items.push(item.unwrap_or_default());
            }
            meter.text(length * size_of::<Value>())?;
            Ok(Some(Value::list(items)))
        }
        _ => Ok(None),
    }
}

fn scale(value: &Value, factor: f64, meter: &mut Meter<'_>) -> Result<Option<Value>, Stop> {
    match value {
        Value::Number(number) => Ok(Some(Value::Number(number * factor))),
        Value::List(list) => map(list, meter, |item, meter| scale(item, factor, meter)).map(Some),
        _ => Ok(None),
    }
}

fn divide(left: &Value, right: &Value, meter: &mut Meter<'_>) -> Result<Option<Value>, Stop> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => Ok(Some(Value::Number(left / right))),
        (Value::List(list), Value::Number(_)) => map(list, meter, |item, meter| divide(item, right, meter)).map(Some),
        (Value::Number(_), Value::List(list)) => map(list, meter, |item, meter| divide(left, item, meter)).map(Some),
        _ => Ok(None),
    }
}

/// Numbers, a number times anything made of numbers, and the products of vectors and matrices.
fn multiply(left: &Value, right: &Value, meter: &mut Meter<'_>) -> Outcome {
    let result = match (left, right) {
        (Value::Number(left), Value::Number(right)) => Some(Value::Number(left * right)),
        (Value::List(_), Value::Number(factor)) => scale(left, *factor, meter)?,
        (Value::Number(factor), Value::List(_)) => scale(right, *factor, meter)?,
        (Value::List(left), Value::List(right)) => return product(left, right, meter),
        _ => None,
    };
    Ok(result.ok_or_else(|| undefined(BinaryOp::Multiply, left, right)))
}

fn product(left: &List, right: &List, meter: &mut Meter<'_>) -> Outcome {
    let refuse = |text: String| Ok(Err(Problem::UndefinedProduct { text }));
    let (Some(first), Some(second)) = (left.first(), right.first()) else {
        return refuse("Multiplication is undefined on empty vectors".to_owned());
    };
    let (rows, columns) = (left.len(), right.len());
    match (first, second) {
        (Value::Number(_), Value::Number(_)) => {
            if rows != columns {
                return refuse(format!("vector*vector requires matching lengths ({rows} != {columns})"));
            }
            meter.work(rows as u64)?;
            Ok(match dot(left, right) {
                Some(sum) => Ok(Value::Number(sum)),
                None => Err(Problem::UndefinedProduct { text: bad_element("vector*vector", left, right) }),
            })
        }
        (Value::List(row), Value::Number(_)) => {
            if row.len() != columns {
                return refuse(format!(
                    "matrix*vector requires matrix column count to match vector length ({} != {columns})",
                    row.len()
                ));
            }
            meter.work((rows * columns) as u64)?;
            let mut items = Vec::with_capacity(rows);
            for (idx, row) in left.iter().enumerate() {
                match row.as_list().filter(|row| row.len() == columns).and_then(|row| dot(row, right)) {
                    Some(sum) => items.push(Value::Number(sum)),
                    None => return refuse(format!("matrix*vector row {idx} is not a vector of {columns} numbers")),
                }
            }
            Ok(Ok(Value::list(items)))
        }
        (Value::Number(_), Value::List(row)) => {
            if rows != columns {
                return refuse(format!(
                    "vector*matrix requires vector length to match matrix row count ({rows} != {columns})"
                ));
            }
            Ok(vector_matrix(left, right, row.len(), meter)?
                .ok_or_else(|| Problem::UndefinedProduct { text: bad_element("vector*matrix", left, right) }))
        }
        (Value::List(row), Value::List(second)) => {
            if row.len() != columns {
                return refuse(format!(
                    "matrix*matrix requires left operand column count to match right operand row count ({} != {columns})",
                    row.len()
                ));
            }
            let mut items = Vec::with_capacity(rows);
            for (idx, row) in left.iter().enumerate() {
                let row = row.as_list().unwrap_or(&[]);
                if row.len() != columns {
                    return refuse(format!(
                        "matrix*matrix left operand row length does not match right operand row count ({} != {columns}) at row {idx}",
                        row.len()
                    ));
                }
                match vector_matrix(row, right, second.len(), meter)? {
                    Some(row) => items.push(row),
                    None => return refuse(format!("matrix*matrix operands are not matrices of numbers at row {idx}")),
                }
            }
            Ok(Ok(Value::list(items)))
        }
        _ => Ok(Err(Problem::UndefinedBinary { left: "vector", op: "*", right: "vector" })),
    }
}

fn bad_element(what: &str, left: &[Value], right: &[Value]) -> String {
    let bad = |list: &[Value]| list.iter().position(|item| !matches!(item, Value::Number(_) | Value::List(_)));
    match (bad(left), bad(right)) {
        (Some(idx), _) => format!("{what}: element {idx} of the left operand is not a number"),
        (None, Some(idx)) => format!("{what}: element {idx} of the right operand is not a number"),
        (None, None) => format!("{what}: operands are not made of numbers"),
    }
}

fn dot(left: &[Value], right: &[Value]) -> Option<f64> {
    let mut sum = 0.0;
    for (left, right) in left.iter().zip(right) {
        sum += left.as_number()? * right.as_number()?;
    }
    Some(sum)
}

fn vector_matrix(
    vector: &[Value],
    matrix: &[Value],
    columns: usize,
    meter: &mut Meter<'_>,
) -> Result<Option<Value>, Stop> {
    meter.work((matrix.len() * columns) as u64 + 1)?;
    let mut sums = vec![0.0; columns];
    for (factor, row) in vector.iter().zip(matrix) {
        let (Some(factor), Some(row)) = (factor.as_number(), row.as_list()) else { return Ok(None) };
        if row.len() != columns {
            return Ok(None);
        }
        for (sum, item) in sums.iter_mut().zip(row) {
            let Some(item) = item.as_number() else { return Ok(None) };
            *sum += factor * item;
        }
    }
    Ok(Some(Value::numbers(sums)))
}

/// `left == right`: values of different types are different, vectors and objects compare deeply.
pub(crate) fn equal(left: &Value, right: &Value, meter: &mut Meter<'_>) -> Result<bool, Stop> {
    Ok(match (left, right) {
        (Value::Undef, Value::Undef) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Number(left), Value::Number(right)) => left == right,
        (Value::String(left), Value::String(right)) => left[..] == right[..],
        (Value::Range(left), Value::Range(right)) => same_range(left, right),
        (Value::Function(left), Value::Function(right)) => std::rc::Rc::ptr_eq(left, right),
        (Value::List(left), Value::List(right)) => return equal_lists(left, right, meter),
        (Value::Object(left), Value::Object(right)) => return equal_objects(left, right, meter),
        _ => false,
    })
}

fn equal_lists(left: &List, right: &List, meter: &mut Meter<'_>) -> Result<bool, Stop> {
    if left.len() != right.len() {
        return Ok(false);
    }
    meter.work(left.len() as u64 + 1)?;
    for (left, right) in left.iter().zip(right.iter()) {
        let same = match (left, right) {
            (Value::List(_), Value::List(_)) => with_stack(|| equal(left, right, meter))?,
            _ => equal(left, right, meter)?,
        };
        if !same {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_objects(left: &Object, right: &Object, meter: &mut Meter<'_>) -> Result<bool, Stop> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (key, value) in left.iter() {
        meter.work(left.len() as u64)?;
        let Some(other) = right.get(key) else { return Ok(false) };
        if !with_stack(|| equal(value, other, meter))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Ranges compare like the vectors of their values: all empty ranges are equal.
fn same_range(left: &Range, right: &Range) -> bool {
    let (left_count, right_count) = (left.count(), right.count());
    left == right
        || left_count == right_count
            && (left_count == 0 || left.begin == right.begin && left.at(left_count - 1) == right.at(right_count - 1))
}

/// `< <= > >=`: two numbers, strings by code points, bools, vectors and ranges element by element.
fn ordered(op: BinaryOp, left: &Value, right: &Value, meter: &mut Meter<'_>) -> Outcome {
    use std::cmp::Ordering;
    let ordering = match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.partial_cmp(right),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::String(left), Value::String(right)) => Some(left[..].cmp(&right[..])),
        (Value::List(left), Value::List(right)) => match order_lists(op, left, right, meter)? {
            Ok(ordering) => ordering,
            Err(problem) => return Ok(Err(problem)),
        },
        (Value::Range(left), Value::Range(right)) => order_ranges(left, right, meter)?,
        (Value::Undef, Value::Undef) => {
            let text = format!("operation undefined (undefined {} undefined)", op.symbol());
            return Ok(Err(Problem::UndefinedProduct { text }));
        }
        _ => return Ok(Err(undefined(op, left, right))),
    };
    Ok(Ok(Value::Bool(match op {
        BinaryOp::Less => ordering == Some(Ordering::Less),
        BinaryOp::LessEqual => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
        BinaryOp::Greater => ordering == Some(Ordering::Greater),
        _ => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
    })))
}

type Compared = Result<Result<Option<std::cmp::Ordering>, Problem>, Stop>;

/// The order of the first elements that differ; the shorter vector comes first.
fn order_lists(op: BinaryOp, left: &List, right: &List, meter: &mut Meter<'_>) -> Compared {
    meter.work(left.len().min(right.len()) as u64 + 1)?;
    for (left, right) in left.iter().zip(right.iter()) {
        if with_stack(|| equal(left, right, meter))? {
            continue;
        }
        let less = match with_stack(|| ordered(BinaryOp::Less, left, right, meter))? {
            Ok(less) => less.is_true(),
            Err(_) => return Ok(Err(undefined(op, left, right))),
        };
        let greater = match with_stack(|| ordered(BinaryOp::Greater, left, right, meter))? {
            Ok(greater) => greater.is_true(),
            Err(_) => return Ok(Err(undefined(op, left, right))),
        };
        return Ok(Ok(match (less, greater) {
            (true, _) => Some(std::cmp::Ordering::Less),
            (_, true) => Some(std::cmp::Ordering::Greater),
            _ => None,
        }));
    }
    Ok(Ok(Some(left.len().cmp(&right.len()))))
}

fn order_ranges(left: &Range, right: &Range, meter: &mut Meter<'_>) -> Result<Option<std::cmp::Ordering>, Stop> {
    for (left, right) in left.values().zip(right.values()) {
        meter.work(1)?;
        if left != right {
            return Ok(left.partial_cmp(&right));
        }
    }
    Ok(Some(left.count().cmp(&right.count())))
}

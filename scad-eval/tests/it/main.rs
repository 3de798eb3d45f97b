//! The evaluator seen from outside: properties that hold for every program, and programs that mean harm.

mod disk;
mod hostile;
mod properties;

//! The mesher seen from outside: ways that must agree, properties that hold for every program, and programs that mean harm.

mod hostile;
mod properties;
mod scenes;
mod trees;
mod twins;

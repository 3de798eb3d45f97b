//! How much memory the values of this thread hold, counted by a fixed price list so that the count is the same on
//! every machine; and the release of deeply nested values without recursion.

use std::cell::{Cell, RefCell};

use crate::value::Value;

thread_local! {
    static USED: Cell<usize> = const { Cell::new(0) };
    static RELEASE: RefCell<Release> = const { RefCell::new(Release { running: false, queue: Vec::new() }) };
}

struct Release {
    running: bool,
    queue: Vec<Vec<Value>>,
}

/// Bytes that the values of this thread hold.
pub(crate) fn used() -> usize {
    USED.get()
}

pub(crate) fn charge(bytes: usize) {
    USED.set(USED.get().wrapping_add(bytes));
}

pub(crate) fn release(bytes: usize) {
    USED.set(USED.get().wrapping_sub(bytes));
}

/// Drops values that may hold others, one after the other instead of one within the other: a list nested a million
/// deep must not overflow the stack when it goes.
pub(crate) fn drop_values(values: Vec<Value>) {
    let nested = RELEASE.try_with(|release| {
        let mut release = release.borrow_mut();
        if release.running {
            release.queue.push(values);
            return None;
        }
        release.running = true;
        Some(values)
    });
    let Ok(Some(values)) = nested else { return };
    drop(values);
    loop {
        let next = RELEASE.with(|release| {
            let mut release = release.borrow_mut();
            let next = release.queue.pop();
            release.running = next.is_some();
            next
        });
        match next {
            Some(values) => drop(values),
            None => return,
        }
    }
}

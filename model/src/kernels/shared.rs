//! Buffers that several threads write at different places.

#![expect(unsafe_code, reason = "threads write disjoint parts of one buffer")]

use std::marker::PhantomData;

/// A buffer of rows: number `column` of row `row` is `row * stride + column`.
///
/// Threads write different parts of it at the same time, which is why it is not a slice.
#[derive(Debug)]
pub(crate) struct Shared<'a, T> {
    start: *mut T,
    len: usize,
    stride: usize,
    borrowed: PhantomData<&'a mut [T]>,
}

impl<T> Clone for Shared<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Shared<'_, T> {}

// SAFETY: parts are only reached through `slice`, whose callers promise that they are disjoint.
unsafe impl<T: Send> Send for Shared<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Shared<'_, T> {}

impl<'a, T> Shared<'a, T> {
    /// Rows of `stride` numbers each.
    pub(crate) fn new(numbers: &'a mut [T], stride: usize) -> Self {
        Self { start: numbers.as_mut_ptr(), len: numbers.len(), stride, borrowed: PhantomData }
    }

    /// Numbers `column..column + count` of `row`.
    ///
    /// # Safety
    /// Nobody else has any of these numbers while the result lives.
    pub(crate) unsafe fn slice(self, row: usize, column: usize, count: usize) -> &'a mut [T] {
        assert!(column + count <= self.stride && (row + 1) * self.stride <= self.len, "inside of the buffer");
        // SAFETY: inside by the check above, exclusive by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(row * self.stride + column), count) }
    }

    /// A whole row.
    ///
    /// # Safety
    /// As [`slice`](Self::slice).
    pub(crate) unsafe fn row(self, row: usize) -> &'a mut [T] {
        // SAFETY: as promised by the caller.
        unsafe { self.slice(row, 0, self.stride) }
    }
}

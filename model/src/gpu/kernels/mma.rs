//! Matrix times many rows, on tensor cores.

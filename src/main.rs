//! Parse, run, exit.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc.h, which the bindings leave out.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// How long freed memory is kept for the next batch, in milliseconds: giving it back after 10, as is usual, costs a tenth of an ingest.
const KEPT: std::ffi::c_long = 10_000;

fn main() -> ExitCode {
    // Batches come and go only while something is taken in; elsewhere memory that is kept is only held.
    if std::env::args_os().any(|word| ["ingest", "pull", "run"].iter().any(|taking| word == *taking)) {
        keep_freed_memory();
    }
    vouchsafe::cli::main()
}

#[expect(
    unsafe_code,
    reason = "the allocator's options are set in C; this one is a number that is set before any thread begins"
)]
fn keep_freed_memory() {
    // SAFETY: the option exists, and no other thread is running. `MIMALLOC_PURGE_DELAY` in the environment goes before it.
    unsafe { libmimalloc_sys::mi_option_set_default(PURGE_DELAY, KEPT) };
}

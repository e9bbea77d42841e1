//! Parse, run, exit.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc.h, which the bindings leave out.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// The stack on which commands run, in bytes: what a shell gives by default.
const STACK: usize = 8 << 20;

/// How long freed memory is kept for the next batch, in milliseconds: giving it back after 10, as is usual, costs a tenth of an ingest.
const KEPT: std::ffi::c_long = 10_000;

fn main() -> ExitCode {
    // Batches come and go only while something is taken in; elsewhere memory that is kept is only held.
    if std::env::args_os().any(|word| ["ingest", "pull", "run"].iter().any(|taking| word == *taking)) {
        keep_freed_memory();
    }
    // What the stack may be is not left to the limits of the shell: plans and parsers recurse as deep as their input.
    let worker = std::thread::Builder::new().name("main".into()).stack_size(STACK).spawn(vouchsafe::cli::main);
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        // The command catches its own panics; one that gets here has been told already.
        Ok(Err(_)) => ExitCode::from(70),
        // Without room for another thread, this one is as good.
        Err(_) => vouchsafe::cli::main(),
    }
}

#[expect(
    unsafe_code,
    reason = "the allocator's options are set in C; this one is a number that is set before any thread begins"
)]
fn keep_freed_memory() {
    // SAFETY: the option exists, and no other thread is running. `MIMALLOC_PURGE_DELAY` in the environment goes before it.
    unsafe { libmimalloc_sys::mi_option_set_default(PURGE_DELAY, KEPT) };
}

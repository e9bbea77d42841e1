//! A mapped file that is cut while it is read: what is gone reads as zeros, and whoever reads it can ask whether that happened.
//!
//! Touching a mapped page behind the end of its file is a signal that ends the process, and with it everything else that was
//! being taken in. Here the signal puts empty pages in their place, for maps that are registered and for nothing else; the
//! parser finds no JSON in zeros, and the file is refused by name.

use memmap2::Mmap;
use std::fs::File;
use std::io;
use std::ops::Deref;

/// A file in memory that cannot end the process.
pub(super) struct Mapped {
    map: Mmap,
    #[cfg(unix)]
    place: Option<&'static signal::Place>,
}

impl Mapped {
    /// Maps a file.
    ///
    /// # Errors
    /// When the system does not map it.
    #[expect(
        unsafe_code,
        reason = "a map lets cores read one file at once without copies; bytes that change meanwhile are only parsed, never trusted, and pages that go are replaced"
    )]
    pub fn new(file: &File) -> io::Result<Self> {
        // SAFETY: the map is read-only and is dropped before its file.
        let map = unsafe { Mmap::map(file)? };
        Ok(Self {
            #[cfg(unix)]
            place: signal::register(&map),
            map,
        })
    }

    /// Whether pages of it were gone when somebody read them.
    pub fn was_cut(&self) -> bool {
        #[cfg(unix)]
        let cut = self.place.is_some_and(signal::Place::was_cut);
        #[cfg(not(unix))]
        let cut = false;
        cut
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(place) = self.place {
            place.free();
        }
    }
}

#[cfg(unix)]
mod signal {
    use std::sync::Once;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    /// Files that are mapped at once: one for each thread that reads, with much to spare.
    const PLACES: usize = 256;

    /// Where a map lies; free while its length is zero.
    pub struct Place {
        taken: AtomicBool,
        start: AtomicUsize,
        length: AtomicUsize,
        cut: AtomicBool,
    }

    static ALL: [Place; PLACES] = [const {
        Place {
            taken: AtomicBool::new(false),
            start: AtomicUsize::new(0),
            length: AtomicUsize::new(0),
            cut: AtomicBool::new(false),
        }
    }; PLACES];

    impl Place {
        pub fn was_cut(&self) -> bool {
            self.cut.load(Ordering::Acquire)
        }

        pub fn free(&self) {
            self.length.store(0, Ordering::Release);
            self.taken.store(false, Ordering::Release);
        }

        /// The end of the map, when an address lies in it.
        fn end_of(&self, address: usize) -> Option<usize> {
            let (start, length) = (self.start.load(Ordering::Acquire), self.length.load(Ordering::Acquire));
            (length > 0 && start <= address && address - start < length).then_some(start + length)
        }
    }

    /// Notes a map; nothing when all places are taken, and then a cut ends the process as it always did.
    pub fn register(map: &[u8]) -> Option<&'static Place> {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(install);
        let place = ALL.iter().find(|p| !p.taken.swap(true, Ordering::AcqRel))?;
        place.cut.store(false, Ordering::Release);
        place.start.store(map.as_ptr() as usize, Ordering::Release);
        place.length.store(map.len(), Ordering::Release);
        Some(place)
    }

    #[expect(unsafe_code, reason = "the only way to hear of a page that is gone is a handler of its signal")]
    fn install() {
        // SAFETY: the structure is plain data, all of which is set; the handler calls only what a handler may call.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_bus as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
            libc::sigemptyset(&raw mut action.sa_mask);
            libc::sigaction(libc::SIGBUS, &raw const action, std::ptr::null_mut());
        }
    }

    #[expect(
        unsafe_code,
        reason = "empty pages are put where pages of a registered map were; everything else meets the default of the system"
    )]
    extern "C" fn on_bus(number: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
        // SAFETY: the system hands a valid structure; the range lies within one map, which nobody but us owns.
        unsafe {
            let address = (*info).si_addr() as usize;
            let found = ALL.iter().find_map(|p| Some((p, p.end_of(address)?)));
            if let Some((place, end)) = found {
                let size = usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)).unwrap_or(4096);
                let page = address & !(size - 1);
                let kind = libc::MAP_FIXED | libc::MAP_PRIVATE | libc::MAP_ANON;
                let made = libc::mmap(page as *mut libc::c_void, end - page, libc::PROT_READ, kind, -1, 0);
                if made != libc::MAP_FAILED {
                    place.cut.store(true, Ordering::Release);
                    return;
                }
            }
            libc::signal(number, libc::SIG_DFL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_that_is_cut_under_the_reader_reads_as_zeros_and_is_told() {
        let path = tempfile::NamedTempFile::new().expect("a file");
        let mut file = path.reopen().expect("a file");
        file.write_all(&[b'x'; 1 << 20]).expect("written");
        let map = Mapped::new(&path.reopen().expect("a file")).expect("a map");
        assert_eq!((map[0], map[(1 << 20) - 1], map.was_cut()), (b'x', b'x', false));
        file.set_len(100).expect("cut");
        assert_eq!((map[0], map[(1 << 20) - 1], map.was_cut()), (b'x', 0, true), "and the process goes on");
        drop(map);
        let whole = Mapped::new(&path.reopen().expect("a file")).expect("a map");
        assert!(!whole.was_cut() && whole[99] == b'x', "another map knows nothing of it");
    }
}

//! A folder to run the program in, as a person would.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The clock of every command, in seconds since 1970: 2026-10-26T07:33:20Z.
pub const CLOCK: &str = "1793000000";

/// A fresh folder; the program runs in it.
pub struct Run {
    dir: tempfile::TempDir,
}

/// What a run printed, and how it ended.
#[derive(Debug)]
pub struct Told {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    pub fn new() -> Self {
        Self {
            dir: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// A fresh folder in memory, where the machine has one: there, what is forced to disk costs nothing.
    pub fn in_memory() -> Self {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Self {
            dir: dir.expect("a temporary folder"),
        }
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Writes an input file, with its folders.
    pub fn write(&self, name: &str, content: &(impl AsRef<[u8]> + ?Sized)) {
        let path = self.dir().join(name);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder");
        fs::write(path, content).expect("an input file");
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Runs the program, however it ends.
    pub fn tell(&self, args: &[&str]) -> Told {
        self.tell_with(&[], args)
    }

    /// The same with more in the environment.
    pub fn tell_with(&self, env: &[(&str, &str)], args: &[&str]) -> Told {
        let output = vouchsafe(self.dir()).envs(env.iter().copied()).args(args).output().expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program prints text");
        Told {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Runs the program, which is to end well.
    pub fn ok(&self, args: &[&str]) -> Told {
        let told = self.tell(args);
        assert_eq!(told.code, 0, "{args:?}\n{}\n{}", told.stdout, told.stderr);
        told
    }
}

/// The program, with a fixed clock and no configuration from outside.
pub fn vouchsafe(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vouchsafe"));
    command.current_dir(dir).env("SOURCE_DATE_EPOCH", CLOCK).env_remove("VOUCHSAFE_LAKE");
    command
}

/// Published records, when this machine has them; says loudly when it has not.
pub fn real_data(test: &str) -> Option<PathBuf> {
    let given = std::env::var_os("VOUCHSAFE_REAL_DATA").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/real");
    let found = given.or(Some(beside)).filter(|p| p.is_dir());
    if found.is_none() {
        use std::io::Write;
        // Straight to the terminal: the harness hides what a passing test prints.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED {test}: no published records here; name their folder with VOUCHSAFE_REAL_DATA"
        );
    }
    found
}

/// A folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

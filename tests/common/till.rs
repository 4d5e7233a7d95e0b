//! The example `examples/csharp/Cashier.cs` at its window: what is typed, and what is seen.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

/// Longer than anything takes on a slow machine: only a test that hangs ever sees it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Compiles the example, with one line of it replaced: what a program gets wrong.
pub fn compile(root: &Path, into: &Path, changes: &[(&str, &str)]) -> PathBuf {
    let folder = root.join("examples/csharp");
    std::fs::create_dir_all(into).expect("a folder");
    let mut changes: Vec<_> = changes.iter().map(|change| (change, false)).collect();
    let mut mcs = Command::new("mcs");
    let program = into.join("Cashier.exe");
    mcs.arg("-main:Cashier")
        .arg(format!("-out:{}", program.display()));
    for name in ["Evoucher.cs", "Payment.cs", "Cashier.cs"] {
        let mut source = std::fs::read_to_string(folder.join(name)).expect("the example");
        for ((from, to), is_done) in &mut changes {
            if source.matches(from).count() == 1 {
                source = source.replace(from, to);
                *is_done = true;
            }
        }
        let copy = into.join(name);
        std::fs::write(&copy, source).expect("a file");
        mcs.arg(copy);
    }
    for ((from, _), is_done) in changes {
        assert!(is_done, "the example does not say once: {from}");
    }
    let output = mcs
        .output()
        .expect("mcs; on Debian: apt-get install mono-mcs");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{said}");
    program
}

/// What a program says, line by line, as it says it.
pub fn lines_of(child: &mut Child) -> Receiver<String> {
    let output = child.stdout.take().expect("a pipe");
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    lines
}

/// The program while it runs.
pub struct Till {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    /// What it has shown that nobody has looked at.
    shown: Vec<String>,
}

impl Till {
    /// Starts it, and waits until it can be used.
    pub fn open(program: &Path, library: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new("mono")
            .arg(program)
            .args(arguments)
            // cargo points it at the debug build, and it would come before the program's own path.
            .env("LD_LIBRARY_PATH", library)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("mono starts");
        let lines = lines_of(&mut child);
        let input = child.stdin.take().expect("a pipe");
        Self {
            child,
            input,
            lines,
            shown: Vec::new(),
        }
    }

    /// Something that the cashier does.
    pub fn types(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("the program reads");
    }

    /// Waits until something is shown that begins with one of these, and gives it.
    pub fn sees(&mut self, beginnings: &[&str]) -> String {
        let is_it = |line: &str| beginnings.iter().any(|one| line.starts_with(one));
        self.sees_that(&format!("one of {beginnings:?}"), is_it)
    }

    /// Waits until a line is shown of which this holds, and gives it.
    pub fn sees_that(&mut self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        loop {
            if let Some(at) = self.shown.iter().position(|line| is_it(line)) {
                return self.shown.remove(at);
            }
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.shown.push(line),
                Err(error) => panic!("{error}: not {what} in {:#?}", self.shown),
            }
        }
    }

    /// Whether something was shown already, and not looked at, that begins so.
    pub fn has_seen(&mut self, beginning: &str) -> bool {
        while let Ok(line) = self.lines.try_recv() {
            self.shown.push(line);
        }
        self.shown.iter().any(|line| line.starts_with(beginning))
    }

    /// Another patient: what was shown before is of no interest.
    pub fn forgets(&mut self) {
        self.has_seen("");
        self.shown.clear();
    }

    /// Ends it as the task manager does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Till {
    fn drop(&mut self) {
        self.kill();
    }
}

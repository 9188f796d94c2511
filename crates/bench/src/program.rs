//! Programs that are measured: started, asked where they listen, and stopped again.
//!
//! What they take of the machine is read where Linux tells it; elsewhere it is not known.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::Failure;

/// A running program; dropping it ends it.
pub(crate) struct Program {
    child: Child,
    name: String,
    lines: BufReader<ChildStdout>,
    /// Host and port.
    pub(crate) authority: String,
}

/// What a program has in memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) resident: u64,
    /// The most that it ever had.
    pub(crate) peak: u64,
}

impl Program {
    /// Starts a program and reads what it says until it names its address.
    pub(crate) fn start(path: &Path, arguments: &[&str]) -> Result<Self, Failure> {
        let name = path.file_name().unwrap_or(OsStr::new("?")).to_string_lossy().into_owned();
        // Its standard input stays open as long as we live.
        let mut child = Command::new(path)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(Failure::io(format!("start {name}")))?;
        let Some(output) = child.stdout.take() else {
            return Err(Failure::Silent { program: name });
        };
        let lines = BufReader::new(output);
        let mut program = Self { child, name, lines, authority: String::new() };
        let origin = program.fact("listening on http://")?;
        program.authority = origin.split([' ', '/']).next().unwrap_or_default().to_owned();
        Ok(program)
    }

    /// What follows these words in the next line that has them.
    pub(crate) fn fact(&mut self, words: &str) -> Result<String, Failure> {
        let mut line = String::new();
        loop {
            line.clear();
            let reading = Failure::io(format!("read what {} says", self.name));
            if self.lines.read_line(&mut line).map_err(reading)? == 0 {
                return Err(Failure::Silent { program: self.name.clone() });
            }
            if let Some((_, rest)) = line.split_once(words) {
                return Ok(rest.trim().to_owned());
            }
        }
    }

    pub(crate) fn memory(&self) -> Option<Memory> {
        memory(&self.child.id().to_string())
    }

    /// The time that processors have spent on it.
    pub(crate) fn processor_time(&self) -> Option<Duration> {
        // Of what is counted, in hundredths of a second on every Linux that there is.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        let (_, fields) = stat.rsplit_once(')')?;
        let times = fields.split_whitespace().skip(11).take(2);
        let ticks = times.map(str::parse::<u64>).sum::<Result<u64, _>>().ok()?;
        Some(Duration::from_millis(ticks * 10))
    }
}

/// What this program has in memory.
pub(crate) fn own_memory() -> Option<u64> {
    memory("self").map(|memory| memory.resident)
}

fn memory(process: &str) -> Option<Memory> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let bytes = |field: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(field))?;
        let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kilobytes << 10)
    };
    Some(Memory { resident: bytes("VmRSS:")?, peak: bytes("VmHWM:")? })
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended already, or does so now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

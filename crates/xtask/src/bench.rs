//! Side-by-side ratios: programs that time two ways of doing the same thing and print how they compare.
//!
//! It does not know what they compare; each program prints its own line.

use std::time::Duration;

use crate::artifacts::Artifacts;
use crate::failure::Result;
use crate::project::Project;
use crate::run;
use crate::tools::Tools;

const LIMIT: Duration = Duration::from_mins(30);

pub(crate) fn bench(project: &Project, tools: &Tools) -> Result<()> {
    let programs = project.files("crates/wasm/bench", ".mjs");
    if programs.is_empty() {
        println!("nothing to compare yet: crates/wasm/bench has no *.mjs");
        return Ok(());
    }
    let package = Artifacts::new(project, tools).headless()?;
    for program in programs {
        let mut node = run::command(&tools.node()?.path);
        node.arg(&program).env("ACCESSION_NPM", &package).current_dir(&project.root);
        run::run(&mut node, LIMIT)?;
    }
    Ok(())
}

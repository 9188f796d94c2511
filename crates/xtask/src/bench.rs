//! Side-by-side ratios: programs that time several ways of doing the same thing and print how they compare.
//!
//! It does not know what they compare; each program prints its own line.

use std::time::Duration;

use crate::artifacts::Artifacts;
use crate::failure::{Failure, Result};
use crate::project::Project;
use crate::run;
use crate::surroundings;
use crate::tools::Tools;

const LIMIT: Duration = Duration::from_mins(30);

pub(crate) fn bench(project: &Project, tools: &Tools) -> Result<()> {
    let programs = project.files("tests/bench", ".mjs");
    if programs.is_empty() {
        return Err(Failure::nothing("tests/bench has no *.mjs"));
    }
    let artifacts = Artifacts::new(project, tools);
    let package = artifacts.headless()?;
    let inspector = artifacts.inspector()?;
    let digests = artifacts.digests()?;
    let server = artifacts.server()?;
    let vcsim = artifacts.vcsim()?;
    let meter = artifacts.meter()?;
    let dist = artifacts.page()?;
    let chromium = surroundings::chromium()?;
    for directory in ["bench", "browser"] {
        surroundings::npm_ci(tools, &project.root.join("tests").join(directory))?;
    }
    for program in programs {
        let mut node = run::command(&tools.node()?.path);
        node.arg(&program).current_dir(&project.root);
        node.env("ACCESSION_NPM", &package).env("ACCESSION_SERVER", &server);
        node.env("ACCESSION_INSPECTOR", &inspector).env("ACCESSION_DIGESTS", &digests);
        node.env("ACCESSION_DIST", &dist).env("ACCESSION_CHROMIUM", &chromium);
        node.env_remove("ACCESSION_VCSIM");
        if let Some(vcsim) = &vcsim {
            node.env("ACCESSION_VCSIM", vcsim);
        }
        run::run(&mut node, LIMIT)?;
    }
    let mut cycles = run::command(&meter);
    cycles.arg("cycles").env("ACCESSION_SERVER", &server).env_remove("ACCESSION_VCSIM");
    if let Some(vcsim) = &vcsim {
        cycles.env("ACCESSION_VCSIM", vcsim);
    }
    run::run(&mut cycles, LIMIT)?;
    run::run(run::command(&meter).args(["scale", "100", "10000", "100000"]), LIMIT)
}

//! The project's commands, `cargo xtask …`: one program instead of shell scripts, so that they work on every system.
//!
//! This file knows the command line; what a command does is in the module of its name.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what commands are for")]

mod artifacts;
mod bench;
mod failure;
mod gate;
mod glue;
mod project;
mod release;
mod run;
mod serve;
mod sizes;
mod surroundings;
mod tools;

use std::process::ExitCode;

use artifacts::Artifacts;
use failure::{Failure, Result};
use gate::Depth;
use project::Project;
use tools::Tools;

const HELP: &str = "\
cargo xtask COMMAND

  serve [--vcenter URL [--insecure]] [--port N] [--release]
                 the page at http://127.0.0.1:8080, rebuilt as you save, its live calls going to the
                 vCenter at URL, or to a simulator that is started beside it
  test [PART…]   the gate: fmt clippy rust build wasm go python code browser live
  soak [PART…]   everything longer: rust wasm browser firefox live scale, with ACCESSION_SOAK=1
  build          the release page in dist/, the npm package in target/npm, and their sizes
  bench          side-by-side ratios
  tools          installs the tools that are missing, and lists them
  help           this

Tools are installed once per user, into a cache that ACCESSION_TOOLS moves. Browsers and jq are looked for, and
installed where a package manager can be used; ACCESSION_CHROMIUM and ACCESSION_FIREFOX name other browsers. Pictures of
all views go to target/views, or to where ACCESSION_SHOTS says.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = run::stop_all_on_signal().and_then(|()| command(&arguments));
    let Err(failure) = done else {
        return ExitCode::SUCCESS;
    };
    run::stay_silent_when_stopping();
    // The gate has already said what failed, and its summary is to stay the last line.
    if !matches!(failure, Failure::Gate) {
        eprintln!("error: {failure}");
    }
    ExitCode::FAILURE
}

fn command(arguments: &[String]) -> Result<()> {
    let (name, rest) = match arguments {
        [] => ("help", arguments),
        [name, rest @ ..] => (name.as_str(), rest),
    };
    match name {
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        "serve" => {
            let options = serve::Options::parse(rest)?;
            serve::serve(&Project::find()?, &Tools::open()?, &options)
        }
        "test" => gate::gate(&Project::find()?, &Tools::open()?, Depth::Gate, rest),
        "soak" => gate::gate(&Project::find()?, &Tools::open()?, Depth::Soak, rest),
        "build" => alone(rest, build),
        "bench" => alone(rest, bench::bench),
        "tools" => alone(rest, list_tools),
        unknown => Err(Failure::Usage(format!("there is no command {unknown}"))),
    }
}

/// A command that takes no arguments.
fn alone(rest: &[String], command: fn(&Project, &Tools) -> Result<()>) -> Result<()> {
    match rest {
        [] => command(&Project::find()?, &Tools::open()?),
        [surplus, ..] => Err(Failure::Usage(format!("{surplus} is one argument too many"))),
    }
}

fn build(project: &Project, tools: &Tools) -> Result<()> {
    let artifacts = Artifacts::new(project, tools);
    let page = artifacts.page()?;
    let headless = artifacts.headless()?;
    sizes::check(tools, Some(&page), Some(&headless))
}

fn list_tools(project: &Project, tools: &Tools) -> Result<()> {
    tools.wasm_target()?;
    tools.component("fmt", "rustfmt")?;
    tools.component("clippy", "clippy")?;
    tools.npm()?;
    let found = [
        tools.node()?,
        tools.trunk()?,
        tools.wasm_bindgen(project)?,
        tools.wasm_opt()?,
        tools.terser()?,
    ];
    let chromium = surroundings::chromium()?;
    for tool in found {
        println!("{:13} {:10} {}", tool.name, tool.version, tool.path.display());
    }
    println!("{:13} {:10} {}", "browser", "", chromium.display());
    let go = surroundings::go()
        .map_or_else(|| "none; its part is skipped".to_owned(), |go| go.display().to_string());
    println!("{:13} {:10} {go}", "go", "");
    println!("{:13} {:10} {}", "cache", "", tools.cache().display());
    Ok(())
}

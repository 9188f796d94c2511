//! What a released page has besides what trunk builds: a service worker that keeps all of its files, and each file
//! packed as servers send it. It knows no file by its name but the page itself.

use std::path::Path;
use std::time::Duration;

use crate::failure::{Failure, Result, shown};
use crate::glue;
use crate::run;
use crate::sizes;
use crate::tools::Tools;

/// The service worker, and where its page begins.
const WORKER: &str = "offline.js";
const INDEX: &str = "index.html";

/// How long it may take to pack all of them.
const PACKING: Duration = Duration::from_mins(10);

/// What `index.html` tells the script that starts the page; it is told of the service worker in front of it. What a name
/// that starts with `data-later` stands for is not loaded at once.
const TOLD: &str = "data-module=";

/// Digests all files named after it into one short text.
const DIGEST: &str = "
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const hash = createHash('sha256');
for (const file of process.argv.slice(1)) hash.update(readFileSync(file));
console.log(hash.digest('hex').slice(0, 16));
";

/// Packs each file named after it, unless that makes it no smaller.
const PACK: &str = "
const { readFileSync, rmSync, writeFileSync } = require('node:fs');
const { gzipSync, brotliCompressSync, constants } = require('node:zlib');
for (const file of process.argv.slice(1)) {
  const raw = readFileSync(file);
  const brotli = { params: { [constants.BROTLI_PARAM_SIZE_HINT]: raw.length } };
  const packed = { br: brotliCompressSync(raw, brotli), gz: gzipSync(raw, { level: 9 }) };
  for (const [ending, bytes] of Object.entries(packed)) {
    const name = `${file}.${ending}`;
    if (bytes.length < raw.length) writeFileSync(name, bytes);
    else rmSync(name, { force: true });
  }
}
";

/// Adds both to a directory. `worker` is the service worker without what only the build knows.
pub(crate) fn finish(tools: &Tools, worker: &Path, dist: &Path) -> Result<()> {
    let node = || tools.node().map(|node| run::command(&node.path));
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(Failure::io(format!("read {}", shown(path))))
    };
    let write = |path: &Path, text: String| {
        std::fs::write(path, text).map_err(Failure::io(format!("write {}", shown(path))))
    };

    let index = dist.join(INDEX);
    let registered = registering(&read(&index)?)
        .ok_or_else(|| Failure::unreadable(shown(&index), "no script of it starts the page"))?;
    write(&index, registered)?;

    let mut files = sizes::files(dist)?;
    files.retain(|file| *file != dist.join(WORKER));
    let version = run::capture(node()?.args(["-e", DIGEST, "--"]).args(&files))?;
    let names = files.iter().filter_map(|file| sizes::relative(dist, file));
    let worker = with_files(version.trim(), names, &read(worker)?);
    write(&dist.join(WORKER), worker)?;
    glue::minify_script(tools, &dist.join(WORKER))?;

    let mut pack = node()?;
    run::run(pack.args(["-e", PACK, "--"]).args(sizes::files(dist)?), PACKING)
}

/// The page whose script is told of the service worker.
fn registering(index: &str) -> Option<String> {
    let told = format!("data-later-offline=\"{WORKER}\" ");
    if index.contains(&told) {
        return Some(index.to_owned());
    }
    let (before, after) = index.split_at(index.find(TOLD)?);
    Some(format!("{before}{told}{after}"))
}

/// The service worker with what it keeps. The page itself is kept under its directory's name.
fn with_files(version: &str, names: impl Iterator<Item = String>, worker: &str) -> String {
    let names: Vec<String> =
        names.map(|name| if name == INDEX { "./".to_owned() } else { name }).collect();
    format!("const VERSION = {version:?};\nconst FILES = {names:?};\n{worker}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_told_once() {
        let index = "<link href=/a.js><script data-module=/a.js defer src=/boot.js></script>";
        let told = registering(index).unwrap();
        assert_eq!(
            told,
            "<link href=/a.js>\
             <script data-later-offline=\"offline.js\" data-module=/a.js defer src=/boot.js></script>"
        );
        assert_eq!(registering(&told).unwrap(), told);
        assert_eq!(registering("<p>nothing starts here"), None);
    }

    #[test]
    fn the_worker_knows_the_page_by_its_address() {
        let names = ["a-0123456789ab.js", "index.html", "scribe/b.js"].map(str::to_owned);
        assert_eq!(
            with_files("0123", names.into_iter(), "// rest\n"),
            "const VERSION = \"0123\";\nconst FILES = [\"a-0123456789ab.js\", \"./\", \"scribe/b.js\"];\n// rest\n"
        );
    }
}

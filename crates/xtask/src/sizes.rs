//! How big the built files are, and whether they stay within what was agreed. It does not build them.
//!
//! Node compresses: it is needed anyway, it has the very brotli that servers use, and a brotli crate would make every
//! command start later.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result, shown};
use crate::run;
use crate::tools::Tools;

/// Prints one line of raw, gzip and brotli sizes for each file named after it.
const MEASURE: &str = "
const { readFileSync } = require('node:fs');
const { gzipSync, brotliCompressSync, constants } = require('node:zlib');
for (const file of process.argv.slice(1)) {
  const raw = readFileSync(file);
  const gzip = gzipSync(raw, { level: 9 });
  const brotli = brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: raw.length } });
  console.log(raw.length, gzip.length, brotli.length);
}
";

/// The agreed limits, in bytes after brotli; a kilobyte is a thousand of them.
const FIRST_LOAD: u64 = 300_000;
const EVERYTHING: u64 = 600_000;
const HEADLESS: u64 = 150_000;
const INSPECTOR: u64 = 200_000;

/// One file's sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Size {
    /// Its path below the directory, with slashes.
    name: String,
    raw: u64,
    gzip: u64,
    brotli: u64,
}

/// A limit and what is held against it; nothing, when it is not built yet.
struct Budget {
    name: &'static str,
    brotli: Option<u64>,
    limit: u64,
}

/// Prints the sizes of the page and the headless package, and fails when they are over budget.
pub(crate) fn check(tools: &Tools, page: Option<&Path>, headless: Option<&Path>) -> Result<()> {
    let mut budgets = Vec::new();
    if let Some(dist) = page {
        let sizes = measure(tools, dist)?;
        let first = first_load(dist, &sizes)?;
        print_table("the page (* first load)", &sizes, |size| first.contains(&size.name));
        let inspector: Vec<_> =
            sizes.iter().filter(|size| size.name.contains("inspector")).collect();
        budgets.extend([
            Budget::new(
                "page, first load",
                FIRST_LOAD,
                sizes.iter().filter(|size| first.contains(&size.name)),
            ),
            Budget::new("page, everything", EVERYTHING, &sizes),
            Budget::new("inspector", INSPECTOR, inspector),
        ]);
    }
    if let Some(package) = headless {
        let mut sizes = measure(tools, package)?;
        // The rest of a package is read by people and compilers.
        sizes.retain(|size| size.name.ends_with(".wasm") || size.name.ends_with(".js"));
        print_table("the headless package", &sizes, |_| false);
        budgets.push(Budget::new("headless module", HEADLESS, &sizes));
    }
    print_budgets(&budgets);
    let over: Vec<_> = budgets.iter().filter_map(Budget::over).collect();
    if over.is_empty() { Ok(()) } else { Err(Failure::OverBudget(over)) }
}

impl Budget {
    fn new<'a>(name: &'static str, limit: u64, sizes: impl IntoIterator<Item = &'a Size>) -> Self {
        let brotli = sizes.into_iter().map(|size| size.brotli).reduce(|sum, size| sum + size);
        Self { name, brotli, limit }
    }

    fn over(&self) -> Option<String> {
        let brotli = self.brotli.filter(|brotli| *brotli > self.limit)?;
        let (has, may) = (grouped(brotli), grouped(self.limit));
        Some(format!("{} has {has} bytes after brotli, and may have {may}", self.name))
    }
}

fn print_table(title: &str, sizes: &[Size], is_marked: impl Fn(&Size) -> bool) {
    let width = sizes.iter().map(|size| size.name.len()).max().unwrap_or(0).max(title.len());
    println!("\n   {title:width$}  {:>11} {:>11} {:>11}", "raw", "gzip", "brotli");
    for size in sizes {
        let mark = if is_marked(size) { '*' } else { ' ' };
        let (raw, gzip, brotli) = (grouped(size.raw), grouped(size.gzip), grouped(size.brotli));
        println!(" {mark} {:width$}  {raw:>11} {gzip:>11} {brotli:>11}", size.name);
    }
}

fn print_budgets(budgets: &[Budget]) {
    println!("\n   {:17}  {:>11} {:>11}", "budget (brotli)", "has", "may have");
    for budget in budgets {
        let has = budget.brotli.map_or_else(|| "not built".to_owned(), grouped);
        let verdict = if budget.over().is_some() { "OVER" } else { "" };
        println!("   {:17}  {has:>11} {:>11} {verdict}", budget.name, grouped(budget.limit));
    }
    println!();
}

fn measure(tools: &Tools, directory: &Path) -> Result<Vec<Size>> {
    let files = files(directory)?;
    let mut node = run::command(&tools.node()?.path);
    let printed = run::capture(node.args(["-e", MEASURE, "--"]).args(&files))?;
    let sizes: Vec<Size> = files
        .iter()
        .zip(printed.lines())
        .filter_map(|(file, line)| size(relative(directory, file)?, line))
        .collect();
    if sizes.len() == files.len() {
        Ok(sizes)
    } else {
        Err(Failure::unreadable("the measured sizes", printed))
    }
}

fn size(name: String, line: &str) -> Option<Size> {
    let mut numbers = line.split(' ').map(|number| number.parse().ok());
    let mut next = || numbers.next().flatten();
    Some(Size { name, raw: next()?, gzip: next()?, brotli: next()? })
}

/// The files of a directory and below it, in order: not the hidden ones, and not the same ones packed.
pub(crate) fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    walk(directory, &mut files)?;
    let is_packed = |file: &PathBuf| {
        let ending = file.extension().is_some_and(|ending| ending == "br" || ending == "gz");
        ending && file.with_extension("").is_file()
    };
    files.retain(|file| !is_packed(file));
    files.sort();
    Ok(files)
}

fn walk(directory: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        std::fs::read_dir(directory).map_err(Failure::io(format!("list {}", shown(directory))))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden {
            walk(&path, files)?;
        } else if path.is_file() && !hidden {
            files.push(path);
        }
    }
    Ok(())
}

/// The path of a file below a directory, with slashes.
pub(crate) fn relative(directory: &Path, file: &Path) -> Option<String> {
    let steps = file.strip_prefix(directory).ok()?.iter();
    Some(steps.map(|step| step.to_string_lossy()).collect::<Vec<_>>().join("/"))
}

/// The files that a browser loads before anybody has done anything: those that `index.html` names, except in
/// attributes that start with `data-later`, and what these import or refer to in turn.
fn first_load(dist: &Path, sizes: &[Size]) -> Result<BTreeSet<String>> {
    let mut waiting = vec!["index.html".to_owned()];
    let mut found = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        if !sizes.iter().any(|size| size.name == name) || !found.insert(name.clone()) {
            continue;
        }
        let is_text = [".html", ".css", ".js", ".mjs"].iter().any(|ending| name.ends_with(ending));
        if is_text {
            let path = dist.join(&name);
            let text = std::fs::read_to_string(&path)
                .map_err(Failure::io(format!("read {}", shown(&path))))?;
            waiting.extend(
                sizes
                    .iter()
                    .map(|size| &size.name)
                    .filter(|other| loads(&name, &text, other))
                    .cloned(),
            );
        }
    }
    Ok(found)
}

/// Whether loading the file `name`, which says `text`, loads `other` at once.
fn loads(name: &str, text: &str, other: &str) -> bool {
    if name.ends_with(".html") {
        without_later(text).contains(other)
    } else if name.ends_with(".css") {
        let file = other.rsplit('/').next().unwrap_or(other);
        text.split("url(")
            .skip(1)
            .any(|rest| rest.split(')').next().is_some_and(|url| url.contains(file)))
    } else {
        imports(text).any(|specifier| resolve(name, specifier) == other)
    }
}

/// A page without the attributes that name what is only loaded on demand.
fn without_later(html: &str) -> String {
    let mut pieces = html.split("data-later");
    let mut kept = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        // …-name="value" rest
        let rest = piece.splitn(3, '"').nth(2).unwrap_or_default();
        kept.push_str(rest);
    }
    kept
}

/// What a script imports before it runs: the text after `from` or `import`; a call of `import()` comes later.
fn imports(script: &str) -> impl Iterator<Item = &str> {
    ["from", "import"].into_iter().flat_map(move |word| {
        script.split(word).skip(1).filter_map(|rest| {
            let rest = rest.trim_start();
            let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\''))?;
            rest.get(1..)?.split(quote).next()
        })
    })
}

/// Where a relative import of a script leads.
fn resolve(script: &str, specifier: &str) -> String {
    let mut steps: Vec<&str> = script.split('/').collect();
    steps.pop();
    for step in specifier.split('/') {
        match step {
            "." | "" => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// A number that can be read at a glance.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_000), "1 000");
        assert_eq!(grouped(12_345_678), "12 345 678");
    }

    #[test]
    fn a_page_loads_what_it_names_unless_later() {
        let html = r#"<link href="/a.css"><script src="/boot.js" data-wasm="/a_bg.wasm" data-later-worker="/w.js" x="/b.js">"#;
        let loaded = |other| loads("index.html", html, other);
        assert!(loaded("a.css") && loaded("boot.js") && loaded("a_bg.wasm") && loaded("b.js"));
        assert!(!loaded("w.js"));
    }

    #[test]
    fn scripts_load_what_they_import_and_styles_what_they_refer_to() {
        let script = "import{f}from\"./snippets/x/inline0.js\";import '../y.js';const later=import(\"./z.js\")";
        let loaded = |other| loads("js/a.js", script, other);
        assert!(loaded("js/snippets/x/inline0.js") && loaded("y.js"));
        assert!(!loaded("js/z.js"));
        assert!(loads("a.css", "@font-face{src:url('/f.woff2')}", "f.woff2"));
        assert!(!loads("a.css", "/* f.woff2 */", "f.woff2"));
    }

    #[test]
    fn a_budget_is_a_limit_and_nothing_is_not_zero() {
        let size = |brotli| Size { name: "a".to_owned(), raw: 9, gzip: 9, brotli };
        let (half, rest, more) = (size(50), size(50), size(1));
        assert!(Budget::new("b", 100, [&half, &rest]).over().is_none());
        let over = Budget::new("b", 100, [&half, &rest, &more]).over();
        assert_eq!(over.as_deref(), Some("b has 101 bytes after brotli, and may have 100"));
        assert_eq!(Budget::new("b", 100, []).brotli, None);
    }

    #[test]
    fn measured_lines_are_three_numbers() {
        let expected = Size { name: "a".to_owned(), raw: 30, gzip: 20, brotli: 10 };
        assert_eq!(size("a".to_owned(), "30 20 10"), Some(expected));
        assert_eq!(size("a".to_owned(), "30 20"), None);
    }
}

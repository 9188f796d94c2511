//! What `wasm-bindgen` writes, made smaller: it ends the name of each import with a hash that no compressor can shrink,
//! once in the module and once in the glue, which can begin in two ways, and trunk's minifier gives up on the glue and on
//! our own scripts, which another one says in fewer bytes. It does not know what a module or a script does.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::failure::{Failure, Result, shown};
use crate::run;
use crate::tools::Tools;

/// How long it may take with one script.
const MINIFYING: Duration = Duration::from_mins(2);

/// What `wasm-bindgen` puts after a module's name.
const MODULE: &str = "_bg.wasm";

/// How the names begin that `wasm-bindgen` makes up; others are somebody's own.
const MADE_UP: &str = "__wb";

/// The id of the section of imports, and the kind of import that a function is.
const IMPORTS: u8 = 2;
const FUNCTION: u8 = 0;

/// Makes each module of a directory smaller, and the glue that lies beside it.
pub(crate) fn shrink(directory: &Path) -> Result<()> {
    let doing = || format!("shrink the modules in {}", shown(directory));
    for entry in std::fs::read_dir(directory).map_err(Failure::io(doing()))? {
        let module = entry.map_err(Failure::io(doing()))?.path();
        let name = module.file_name().unwrap_or_default().to_string_lossy();
        let Some(stem) = name.strip_suffix(MODULE) else { continue };
        let glue = directory.join(format!("{stem}.js"));
        let wasm = std::fs::read(&module).map_err(Failure::io(doing()))?;
        let js = std::fs::read_to_string(&glue).map_err(Failure::io(doing()))?;
        let (wasm, js) = shortened(&wasm, &js).ok_or_else(|| {
            Failure::unreadable(shown(&module), "it has no section of imported functions")
        })?;
        std::fs::write(&module, wasm).map_err(Failure::io(doing()))?;
        std::fs::write(&glue, js).map_err(Failure::io(doing()))?;
    }
    Ok(())
}

/// Says every script in a directory and below it in fewer bytes. Terser does, which is kept up and knows all of today's
/// JavaScript, unlike trunk's own minifier; it takes a fifth off the compressed scripts, and nothing of it is in the page.
pub(crate) fn minify(tools: &Tools, directory: &Path) -> Result<()> {
    let doing = || format!("minify the scripts in {}", shown(directory));
    for entry in std::fs::read_dir(directory).map_err(Failure::io(doing()))? {
        let path = entry.map_err(Failure::io(doing()))?.path();
        if path.is_dir() {
            minify(tools, &path)?;
        } else if path.extension().is_some_and(|extension| extension == "js") {
            let script = std::fs::read_to_string(&path).map_err(Failure::io(doing()))?;
            std::fs::write(&path, awaited(&script)).map_err(Failure::io(doing()))?;
            minify_script(tools, &path)?;
        }
    }
    Ok(())
}

/// The same of one script, none of whose names another one uses.
pub(crate) fn minify_script(tools: &Tools, script: &Path) -> Result<()> {
    let mut terser = run::command(&tools.terser()?.path);
    // The file comes first, or it would be taken for an option's value.
    terser.arg(script).args(["--module", "--mangle", "--compress", "passes=2", "--output"]);
    run::run(terser.arg(script), MINIFYING)
}

/// A module and its glue with short names; none if the module cannot be read.
fn shortened(wasm: &[u8], js: &str) -> Option<(Vec<u8>, String)> {
    let mut rest = Bytes(wasm);
    let mut made = rest.take(8)?.to_vec();
    while !rest.0.is_empty() {
        let id = rest.take(1)?[0];
        let length = rest.number()?;
        let section = rest.take(length)?;
        if id != IMPORTS {
            made.push(id);
            put_text(&mut made, section);
            continue;
        }
        let mut names = BTreeMap::new();
        let section = renamed(Bytes(section), |name| {
            // What stands elsewhere in the glue too may be more than this import.
            let is_safe =
                name.starts_with(MADE_UP) && words(js).filter(|word| *word == name).count() == 1;
            let short = if is_safe { format!("i{}", names.len()) } else { name.to_owned() };
            names.insert(name.to_owned(), short.clone());
            short
        })?;
        made.push(id);
        put_text(&mut made, &section);
        made.extend(rest.0);
        let js = words(js).map(|word| names.get(word).map_or(word, String::as_str)).collect();
        return Some((made, js));
    }
    None
}

/// Glue without its way to begin at once, which no script of the page goes; others as they are.
fn awaited(script: &str) -> String {
    let (before, rest) = script.split_once("function initSync(").unwrap_or((script, ""));
    let after = rest.split_once("\n}\n").map_or(rest, |(_, after)| after);
    format!("{before}{after}").replace("initSync, ", "")
}

/// A section of imports with other names.
fn renamed(mut section: Bytes<'_>, mut rename: impl FnMut(&str) -> String) -> Option<Vec<u8>> {
    let mut made = Vec::new();
    let count = section.number()?;
    put_number(&mut made, count);
    for _ in 0..count {
        let module = section.text()?;
        put_text(&mut made, module.as_bytes());
        put_text(&mut made, rename(section.text()?).as_bytes());
        if section.take(1)? != [FUNCTION] {
            return None;
        }
        made.push(FUNCTION);
        put_number(&mut made, section.number()?);
    }
    section.0.is_empty().then_some(made)
}

/// The words of a script, and what lies between them, in order.
fn words(script: &str) -> impl Iterator<Item = &str> {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    let mut rest = script;
    std::iter::from_fn(move || {
        let first = is_word(rest.chars().next()?);
        let end = rest.find(|letter| is_word(letter) != first).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

/// What is left of a module.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number in LEB128, as wasm writes lengths and indices.
    fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.take(1)?[0];
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.number()?;
        std::str::from_utf8(self.take(length)?).ok()
    }
}

fn put_number(made: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        made.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    made.push(number as u8);
}

fn put_text(made: &mut Vec<u8>, text: &[u8]) {
    put_number(made, text.len());
    made.extend(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module of one section of imports, between two sections of an unknown kind.
    fn module(imports: &[(&str, &str)]) -> Vec<u8> {
        let mut section = Vec::new();
        put_number(&mut section, imports.len());
        for (module, name) in imports {
            put_text(&mut section, module.as_bytes());
            put_text(&mut section, name.as_bytes());
            section.extend([FUNCTION, 0x81, 1]);
        }
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        for (id, section) in [(1, &[7; 200][..]), (IMPORTS, &section), (3, &[9][..])] {
            wasm.push(id);
            put_text(&mut wasm, section);
        }
        wasm
    }

    #[test]
    fn names_are_shortened_on_both_sides() {
        let long =
            module(&[("./a_bg.js", "__wbg_x_0123456789abcdef"), ("./a_bg.js", "__wbg_x_01")]);
        let js = "{ __wbg_x_01: f(x), __wbg_x_0123456789abcdef: g() }";
        let (wasm, js) = shortened(&long, js).unwrap();
        assert_eq!(js, "{ i1: f(x), i0: g() }");
        assert_eq!(wasm, module(&[("./a_bg.js", "i0"), ("./a_bg.js", "i1")]));
    }

    #[test]
    fn names_of_ones_own_and_those_used_elsewhere_stay() {
        let imports = [("./own.js", "dropped"), ("./a_bg.js", "__wbindgen_twice")];
        let js = "{ dropped, __wbindgen_twice() {} }; wasm.__wbindgen_twice();";
        assert_eq!(shortened(&module(&imports), js), Some((module(&imports), js.to_owned())));
    }

    #[test]
    fn glue_begins_in_one_way() {
        let glue = "function a() {\n}\n\nfunction initSync(m) {\n    if (m) {\n    }\n}\n\nasync function b() {\n}\n\nexport { initSync, b as default };\n";
        let left = "function a() {\n}\n\n\nasync function b() {\n}\n\nexport { b as default };\n";
        assert_eq!(awaited(glue), left);
        assert_eq!(awaited("let a = 1;\n"), "let a = 1;\n");
    }

    #[test]
    fn what_is_no_module_is_refused() {
        let whole = module(&[("m", "__wbg_x")]);
        assert_eq!(shortened(b"<html>", ""), None);
        assert_eq!(shortened(&whole[..whole.len() - 8], "__wbg_x"), None);
        assert_eq!(shortened(b"\0asm\x01\0\0\0", ""), None);
    }
}

//! Packages: a check of files of this computer, and their way through a simulated session.
//!
//! It knows which part of a package a file is by its name only, and not what a report says.

use std::rc::Rc;

use futures_channel::oneshot;
use web_sys::File;

use super::Engine;
use super::files::unless;
use crate::app::command::{Bytes, NewFile};
use crate::lab::{Action, Check, Format, Lab, Task};

/// Leaves room for a number in what an item's name may have.
const STEM: usize = 70;

impl Engine {
    /// Reads a package and tells what was found. Nothing is sent anywhere.
    pub(super) fn check(self: &Rc<Self>, files: Vec<File>) {
        let Some((name, kind)) = called(&files) else { return };
        let total = files.iter().map(|file| file.size() as u64).sum();
        let id = self.number();
        let (stop, stopped) = oneshot::channel();
        *self.checking.borrow_mut() = Some(stop);
        *self.package.borrow_mut() = files.clone();
        let check = Check::new(id, name, kind, total, (self.host.clock)());
        self.dispatch.emit(Action::CheckBegan(check));
        let told = self.progress(total, move |now, read| Action::CheckMoved(id, now, read));
        let progress = Rc::new(move |read| {
            told(read);
            true
        });
        let reading = (self.host.checker)(files, progress);
        self.spawn(|engine| async move {
            if let Some(found) = unless(stopped, reading).await {
                engine.dispatch.emit(Action::CheckEnded(id, found));
            }
        });
    }

    /// Ends the check that runs, or leaves the report of the last one.
    pub(super) fn leave_check(&self) {
        *self.checking.borrow_mut() = None;
        self.package.borrow_mut().clear();
        self.dispatch.emit(Action::CheckLeft);
    }

    pub(super) fn copy_report(self: &Rc<Self>, lab: &Lab, format: Format) {
        let Some(text) = lab.check.as_ref().and_then(|check| check.report(format)) else { return };
        let copied = (self.host.copy)(text);
        self.spawn(|engine| async move {
            engine.dispatch.emit(Action::ReportCopied(format, copied.await));
        });
    }

    /// Makes an item for the package that was checked, and sends its files through a session.
    pub(super) fn run_package(self: &Rc<Self>, lab: &Lab) {
        let Some(check) = &lab.check else { return };
        let (name, kind, dialect) = (check.name.clone(), check.kind.to_owned(), lab.dialect);
        let held = self.package.borrow();
        // What names the others comes before them.
        let in_order =
            (0..=FIRST.len()).flat_map(|place| held.iter().filter(move |file| is_at(place, file)));
        let files: Vec<NewFile> = in_order.map(as_it_is).collect();
        let is_there = !lab.target.is_live() && lab.is_connected();
        let link = self.link.borrow().clone().filter(|_| is_there);
        let library = lab.library.clone().filter(|_| is_there);
        self.dispatch.emit(Action::TaskChosen(Task::Session));
        self.spawn(|engine| async move {
            let (link, libraries) = match (link, library) {
                (Some(link), Some(library)) => (link, vec![library]),
                _ => {
                    let (link, is_new) = engine.turn_to_simulator(dialect);
                    let libraries = engine.settle(&link, is_new).await;
                    (link, libraries)
                }
            };
            let Some(library) = libraries.into_iter().next() else { return };
            engine.dispatch.emit(Action::LibraryChosen(Some(library.clone())));
            let taken = engine.load_items(&link, library.clone()).await;
            let name = free_name(&name, &taken);
            let Some(item) = engine.create_item(&link, library, name, kind).await else { return };
            let Some(id) = engine.create_session(&link, item).await else { return };
            engine.add_files(&link, &id, files, true).await;
        });
    }
}

fn as_it_is(file: &File) -> NewFile {
    let size = Some(file.size() as i64);
    NewFile { bytes: Bytes::File(file.clone()), name: file.name(), size, checksum: None }
}

/// The file that a package is called by, and the type of an item for it.
fn called(files: &[File]) -> Option<(String, &'static str)> {
    let names: Vec<String> = files.iter().map(File::name).collect();
    let main = |(ending, kind)| Some((names.iter().find(|name| is(name, ending))?.clone(), kind));
    let known = [(".ovf", "ovf"), (".ova", "ovf"), (".iso", "iso")].into_iter().find_map(main);
    known.or_else(|| Some((names.first()?.clone(), "")))
}

/// What a library wants before everything else, in this order.
const FIRST: [&str; 3] = [".mf", ".cert", ".ovf"];

fn is_at(place: usize, file: &File) -> bool {
    let name = file.name();
    FIRST.iter().position(|ending| is(&name, ending)).unwrap_or(FIRST.len()) == place
}

fn is(name: &str, ending: &str) -> bool {
    name.to_ascii_lowercase().ends_with(ending)
}

/// A name for an item: the package's own, with a number if there is one of that name.
fn free_name(file: &str, taken: &[String]) -> String {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let stem: String = stem.chars().take(STEM).collect();
    let mut name = stem.clone();
    let mut number = 1;
    while taken.contains(&name) {
        number += 1;
        name = format!("{stem} {number}");
    }
    name
}

//! Which files the named files and folders are: each once, whatever leads to it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::super::file_identity::FileIdentity;

/// Result of looking up a path.
#[derive(Debug)]
pub(crate) enum FoundPath {
    /// The standard input, a file, or what a shell passes as one.
    Input {
        path: PathBuf,
        /// The folder that was named, where the file itself was not.
        folder: Option<PathBuf>,
    },
    /// A folder without a file.
    Empty(PathBuf),
    /// In a folder, what is not read, and why.
    Skipped(PathBuf, &'static str),
    /// It is there, but cannot be listed; or it is not there.
    Failed(PathBuf, io::Error),
}

/// Returns the results for the paths, in their order; files of a folder in the order of their names.
///
/// Of a folder, hidden files and folders are left out, and links to them and what is no plain file are skipped: nobody may ever
/// write to a FIFO.
pub(crate) fn files(paths: &[PathBuf]) -> Vec<FoundPath> {
    let mut walk = Walk::default();
    for path in paths {
        walk.named(path);
    }
    walk.found
}

#[derive(Default)]
struct Walk {
    found: Vec<FoundPath>,
    seen: BTreeSet<FileIdentity>,
}

impl Walk {
    fn named(&mut self, path: &Path) {
        if super::is_stdin(path) {
            if FileIdentity::of_unread_file(io::stdin()).is_none_or(|file| self.seen.insert(file)) {
                self.found.push(FoundPath::Input { path: path.to_owned(), folder: None });
            }
            return;
        }
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                let (before, is_new) =
                    (self.found.len(), !self.seen.contains(&FileIdentity::of_metadata(path, &metadata)));
                self.folder(path, path, &metadata);
                if is_new && self.found[before..].iter().all(|found| matches!(found, FoundPath::Skipped(..))) {
                    self.found.push(FoundPath::Empty(path.to_owned()));
                }
            }
            // A pipe or a device is read as often as it is named.
            Ok(metadata) if metadata.is_file() && !self.seen.insert(FileIdentity::of_metadata(path, &metadata)) => {}
            Ok(_) => self.found.push(FoundPath::Input { path: path.to_owned(), folder: None }),
            Err(error) => self.found.push(FoundPath::Failed(path.to_owned(), error)),
        }
    }

    fn folder(&mut self, named: &Path, path: &Path, metadata: &Metadata) {
        if !self.seen.insert(FileIdentity::of_metadata(path, metadata)) {
            return;
        }
        let entries = fs::read_dir(path).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
        let mut paths: Vec<PathBuf> = match entries {
            Ok(paths) => paths,
            Err(error) => return self.found.push(FoundPath::Failed(path.to_owned(), error)),
        };
        paths.retain(|path| !path.file_name().is_some_and(is_hidden));
        paths.sort();
        for path in paths {
            let Ok(metadata) = fs::metadata(&path) else {
                self.found.push(FoundPath::Skipped(path, "a link that leads nowhere, or what may not be looked at"));
                continue;
            };
            if leads_to_hidden(named, &path) {
                self.found.push(FoundPath::Skipped(path, "a link to a hidden file or into a hidden folder"));
            } else if metadata.is_dir() {
                self.folder(named, &path, &metadata);
            } else if !metadata.is_file() {
                self.found.push(FoundPath::Skipped(path, "neither a file nor a folder: a pipe, a socket or a device"));
            } else if self.seen.insert(FileIdentity::of_metadata(&path, &metadata)) {
                self.found.push(FoundPath::Input { path, folder: Some(named.to_owned()) });
            }
        }
    }
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// Returns whether a path is a link to what is hidden, from where the folder that was named really is: that one may be hidden itself.
fn leads_to_hidden(named: &Path, path: &Path) -> bool {
    if !fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) {
        return false;
    }
    let (Ok(named), Ok(target)) = (fs::canonicalize(named), fs::canonicalize(path)) else { return false };
    let mut named = named.components();
    // The folders that both are in.
    let mut own = target.components().skip_while(|folder| named.next().is_some_and(|other| other == *folder));
    own.any(|folder| is_hidden(folder.as_os_str()))
}

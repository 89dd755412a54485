//! Where `--html` writes its page: the standard output, a stream, or a file that is replaced as a whole.
//!
//! No page overwrites an input or a file that is not a page of why5xx. A file that cannot take the page is refused before
//! anything is read. An error while writing leaves the older page as it was. What the page says is left to [`super`].

use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf, is_separator};

use memchr::memmem;

use super::GENERATOR;
use crate::file_identity::FileIdentity;
use crate::terminal::printable;
use crate::{Failed, is_stdin};

/// How every page begins.
const FIRST: &[u8] = b"<!DOCTYPE html>";

/// Bytes of a file in which the page's [`GENERATOR`] must stand. In version 0.1.0 it ended at byte 319.
const GENERATOR_WITHIN_BYTES: u64 = 1024;

/// Where the page is written.
#[derive(Debug)]
pub(crate) enum PageTarget {
    /// The standard output, named as `-` or by a path to the same file.
    Stdout,
    /// A terminal, another character device or a pipe: it takes bytes and holds no older page.
    Stream(PathBuf),
    /// A file to create or to replace.
    File(PageFile),
}

impl PageTarget {
    /// Finds out what `path` names.
    ///
    /// # Errors
    ///
    /// If it names an input, or something that cannot or must not be written. The message says what to do.
    pub(crate) fn of(path: &Path, inputs: &[PathBuf]) -> Result<Self, Failed> {
        if is_stdin(path) {
            return Ok(Self::Stdout);
        }
        // An input that is missing must not come into being as a page.
        if inputs.iter().any(|input| is_same_place(input, path)) {
            return Err(refused(path, "it is an input; name another file for --html"));
        }
        let found = match fs::metadata(path) {
            Ok(found) => found.file_type(),
            Err(error) if error.kind() == ErrorKind::NotFound => return PageFile::new(path).map(Self::File),
            Err(error) => return Err(unwritable(path, &error)),
        };
        if found.is_dir() {
            return Err(refused(path, "it is a folder; name a file in it"));
        }
        let identity = FileIdentity::of(path);
        if found.is_file() && inputs.iter().any(|input| FileIdentity::of_input(input) == identity) {
            return Err(refused(path, "it is an input; name another file for --html"));
        }
        // `/dev/stdout`, for one. A file would be replaced, and lose what is printed after that.
        if identity.is_some() && identity == FileIdentity::of_stream(io::stdout()) {
            return if found.is_file() && !is_of_system(path) {
                Err(refused(path, "the standard output goes to it; name another file for --html"))
            } else {
                Ok(Self::Stdout)
            };
        }
        if is_stream(found) {
            return Ok(Self::Stream(path.to_owned()));
        }
        if !found.is_file() {
            return Err(refused(path, "it is not a file; name another one for --html"));
        }
        PageFile::existing(path, identity).map(Self::File)
    }

    /// Whether the page goes where the tables would.
    pub(crate) fn is_stdout(&self) -> bool {
        matches!(self, Self::Stdout)
    }

    /// Whether this file of a folder is the one that the page replaces. It holds no log, and so it is not read.
    pub(crate) fn is_older_page(&self, path: &Path) -> bool {
        let Self::File(PageFile { identity: Some(identity), .. }) = self else { return false };
        FileIdentity::of(path).as_ref() == Some(identity)
    }

    /// The file with a page that would be replaced.
    pub(super) fn older_page(&self) -> Option<&Path> {
        match self {
            Self::File(file) if file.identity.is_some() => Some(&file.named),
            _ => None,
        }
    }

    /// Writes the page.
    ///
    /// # Errors
    ///
    /// If not all of it could be written. A file is then as it was.
    pub(super) fn write(&self, page: &[u8]) -> Result<(), Failed> {
        match self {
            Self::Stdout => {
                let mut out = io::stdout().lock();
                out.write_all(page)?;
                Ok(out.flush()?)
            }
            Self::Stream(path) => {
                let written = OpenOptions::new().write(true).open(path).and_then(|mut stream| stream.write_all(page));
                written.map_err(|error| unwritable(path, &error))
            }
            Self::File(file) => file.replace(page),
        }
    }
}

/// A file to create or to replace.
#[derive(Debug)]
pub(crate) struct PageFile {
    /// The path as it was given.
    named: PathBuf,
    /// The path without symbolic links, so that the file is replaced and not a link to it.
    path: PathBuf,
    /// None for a file that does not exist yet.
    identity: Option<FileIdentity>,
}

impl PageFile {
    /// A file that does not exist.
    fn new(path: &Path) -> Result<Self, Failed> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(refused(path, "it is a symbolic link to a file that does not exist; name that file"));
        }
        if path.as_os_str().as_encoded_bytes().last().is_some_and(|last| is_separator(char::from(*last))) {
            return Err(refused(path, "it is a folder; name a file in it"));
        }
        let folder = folder_of(path);
        if !folder.is_dir() {
            let folder = printable(&folder.display().to_string());
            return Err(refused(path, &format!("there is no folder {folder}; create it first")));
        }
        let file = Self { named: path.to_owned(), path: path.to_owned(), identity: None };
        file.try_folder()?;
        Ok(file)
    }

    /// A regular file.
    fn existing(path: &Path, identity: Option<FileIdentity>) -> Result<Self, Failed> {
        let target = fs::canonicalize(path).map_err(|error| unwritable(path, &error))?;
        let file = Self { named: path.to_owned(), path: target, identity };
        file.replaceable()?;
        file.try_folder()?;
        Ok(file)
    }

    /// Creates a file in the folder and removes it, since an error is better seen before a day of logs is read.
    fn try_folder(&self) -> Result<(), Failed> {
        NewFile::beside(&self.path).map(drop).map_err(|error| {
            let folder = printable(&folder_of(&self.path).display().to_string());
            let why = format!("no file can be created in {folder} ({error}); name one elsewhere");
            refused(&self.named, &why)
        })
    }

    /// The older page that the page may replace, if there is one. An empty file may be the log of today.
    fn replaceable(&self) -> Result<Option<Metadata>, Failed> {
        let found = match fs::metadata(&self.path) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unwritable(&self.named, &error)),
        };
        let not_a_page = || refused(&self.named, "it is not a page of why5xx; name another file, or remove this one");
        if !found.is_file() {
            return Err(not_a_page());
        }
        // The rename needs no right to the file itself. But whoever made it read-only wants to keep it.
        if found.permissions().readonly() {
            return Err(refused(&self.named, "it is read-only; name another file, or make this one writable"));
        }
        let mut start = Vec::new();
        let opened = OpenOptions::new().read(true).write(true).open(&self.path);
        let read = opened.and_then(|file| file.take(GENERATOR_WITHIN_BYTES).read_to_end(&mut start));
        read.map_err(|error| unwritable(&self.named, &error))?;
        if !is_page(&start) {
            return Err(not_a_page());
        }
        Ok(Some(found))
    }

    fn replace(&self, page: &[u8]) -> Result<(), Failed> {
        let failed = |error: io::Error| unwritable(&self.named, &error);
        let mut new = NewFile::beside(&self.path).map_err(failed)?;
        if let Some(older) = self.replaceable()? {
            new.take_permissions(&older).map_err(failed)?;
        }
        // A full disk or quota may show only when the data go to the disk.
        new.file.write_all(page).and_then(|()| new.file.sync_all()).map_err(failed)?;
        // The reading took time, and another program may have written there. What it writes between this check and the
        // rename is lost; nothing that all file systems have would prevent that.
        self.replaceable()?;
        fs::rename(&new.path, &self.path).map_err(failed)
    }
}

/// A file that is removed at the end of its scope, unless it was renamed by then.
#[derive(Debug)]
struct NewFile {
    file: File,
    path: PathBuf,
}

impl NewFile {
    /// Creates a file in the same folder: only there a rename replaces the other file in one step.
    fn beside(path: &Path) -> io::Result<Self> {
        let random = RandomState::new().build_hasher().finish();
        let path = folder_of(path).join(format!(".why5xx-{random:016x}.tmp"));
        Ok(Self { file: OpenOptions::new().write(true).create_new(true).open(&path)?, path })
    }

    fn take_permissions(&self, older: &Metadata) -> io::Result<()> {
        // Some file systems have no permissions to set.
        if self.file.metadata()?.permissions() == older.permissions() {
            return Ok(());
        }
        self.file.set_permissions(older.permissions())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // Nothing is there any more after the rename.
        let _ = fs::remove_file(&self.path);
    }
}

/// The folder of a file.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether two paths name the same entry of a folder, which need not exist.
fn is_same_place(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| Some((fs::canonicalize(folder_of(path)).ok()?, path.file_name()?.to_owned()));
    place(one).is_some_and(|one| Some(one) == place(other))
}

/// Whether a path leads to a file by way of the system's names for open files.
fn is_of_system(path: &Path) -> bool {
    path.starts_with("/dev") || path.starts_with("/proc")
}

/// Whether a file that begins so is a page of ours, of this version or an older one.
fn is_page(start: &[u8]) -> bool {
    start.starts_with(FIRST) && memmem::find(start, GENERATOR.as_bytes()).is_some()
}

fn refused(path: &Path, why: &str) -> Failed {
    Failed(format!("{} cannot be written: {why}", printable(&path.display().to_string())))
}

fn unwritable(path: &Path, error: &io::Error) -> Failed {
    refused(path, &error.to_string())
}

#[cfg(unix)]
fn is_stream(file_type: FileType) -> bool {
    use std::os::unix::fs::FileTypeExt;
    file_type.is_char_device() || file_type.is_fifo()
}

#[cfg(not(unix))]
fn is_stream(_: FileType) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_known_by_its_beginning() {
        let of_0_1_0 = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
                        content=\"width=device-width, initial-scale=1\"><meta http-equiv=\"Content-Security-Policy\" \
                        content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\
                        <meta name=\"generator\" content=\"why5xx 0.1.0\"><title>why5xx: failures by cause</title>";
        assert!(is_page(of_0_1_0.as_bytes()));
        assert!(is_page(&of_0_1_0.as_bytes()[..320]), "cut by a full disk");
        for other in [
            "",
            "<!DOCTYPE html>\n<html lang=\"en\"><head><title>yesterday</title>",
            "<!DOCTYPE html>\n<meta name=\"generator\" content=\"a wiki\"><title>why5xx</title>",
            "2026-11-21T10:00:00Z (1f2e) <!DOCTYPE html><meta name=\"generator\" content=\"why5xx 0.1.0\">",
        ] {
            assert!(!is_page(other.as_bytes()), "{other}");
        }
    }
}

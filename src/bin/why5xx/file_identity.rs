//! Identity of a file, whatever path leads to it.

use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

use super::input::is_stdin;

/// Identity of a file: device and inode, equal for all of its names.
#[cfg(unix)]
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileIdentity(u64, u64);

#[cfg(unix)]
impl FileIdentity {
    pub(crate) fn of_metadata(_: &Path, found: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(found.dev(), found.ino())
    }

    /// Returns the file that a stream is redirected to.
    pub(crate) fn of_stream(stream: impl std::os::fd::AsFd) -> Option<Self> {
        let file = fs::File::from(stream.as_fd().try_clone_to_owned().ok()?);
        file.metadata().ok().map(|found| Self::of_metadata(Path::new(""), &found))
    }

    /// Returns the file that a stream is redirected to, of which nothing has been read yet; None for a pipe or a device.
    pub(crate) fn of_unread_file(stream: impl std::os::fd::AsFd) -> Option<Self> {
        use std::io::Seek;
        let mut file = fs::File::from(stream.as_fd().try_clone_to_owned().ok()?);
        let found = file.metadata().ok().filter(Metadata::is_file)?;
        (file.stream_position().ok()? == 0).then(|| Self::of_metadata(Path::new(""), &found))
    }
}

/// Identity of a file: its absolute path. A hard link is another file here, and so is a redirected stream.
#[cfg(not(unix))]
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileIdentity(std::path::PathBuf);

#[cfg(not(unix))]
impl FileIdentity {
    pub(crate) fn of_metadata(path: &Path, _: &Metadata) -> Self {
        Self(fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()))
    }

    pub(crate) fn of_stream<S>(_: S) -> Option<Self> {
        None
    }

    pub(crate) fn of_unread_file<S>(_: S) -> Option<Self> {
        None
    }
}

impl FileIdentity {
    /// Follows symbolic links; None if there is no such file.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|found| Self::of_metadata(path, &found))
    }

    /// Returns the identity of an input, `-` included.
    pub(crate) fn of_input(input: &Path) -> Option<Self> {
        if is_stdin(input) { Self::of_stream(io::stdin()) } else { Self::of(input) }
    }
}

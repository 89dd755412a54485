//! Settings of a file that a test writes, as the owner of a stack does.

use std::sync::atomic::{AtomicUsize, Ordering};

use why5xx::settings::{Environment, Settings, SettingsError};

/// Writes a settings file of this text and loads it.
pub(crate) fn load(text: &str) -> Result<Settings, SettingsError> {
    static FILES: AtomicUsize = AtomicUsize::new(0);
    // The fuzz targets include this module once more, which then counts its own files.
    let module = module_path!().replace("::", "-");
    let name = format!("why5xx-{module}-{}-{}.toml", std::process::id(), FILES.fetch_add(1, Ordering::Relaxed));
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, text).expect("a folder for temporary files");
    let settings = Settings::load_with(&Environment::default(), Some(&path));
    std::fs::remove_file(&path).expect("the file written above");
    settings
}

//! Where `why5xx replay --html FILE` writes: never over an input or over what it did not make, and whole or not at all.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_why5xx");

const LOG: &str = "(5c1b8f6e) Execution failed due to a timeout error\n(5c1b8f6e) Method completed with status: 504\n";

/// The beginning of a page of version 0.1.0.
const OLD_PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
                        content=\"width=device-width, initial-scale=1\"><meta http-equiv=\"Content-Security-Policy\" \
                        content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\
                        <meta name=\"generator\" content=\"why5xx 0.1.0\"><title>why5xx: failures by cause</title>";

/// A folder of one test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("html_file").join(name);
        // Left by an earlier run.
        drop(fs::remove_dir_all(&path));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn with(self, name: &str, text: &str) -> Self {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn holds_a_new_page(&self, name: &str) -> bool {
        let page = self.text(name);
        page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n") && page.contains("integration_timeout")
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("replay").args(arguments).current_dir(&self.0).stdin(Stdio::null());
        command
    }

    fn replay(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Refused before anything was read: no counts are printed.
fn assert_refused(output: &Output, sentence: &str) {
    assert_eq!(said(output), format!("why5xx: {sentence}\n"));
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{sentence}");
}

#[test]
fn an_input_is_never_overwritten_however_it_is_called() {
    // What an input holds does not matter: these two could be replaced otherwise.
    for text in [LOG, OLD_PAGE, ""] {
        let folder = Folder::new("inputs").with("in.log", text).with("sub/other.log", LOG);
        symlink("in.log", folder.path("link")).unwrap();
        symlink("link", folder.path("link-to-link")).unwrap();
        fs::hard_link(folder.path("in.log"), folder.path("hard")).unwrap();
        let absolute = folder.path("in.log");
        let names = ["in.log", "./in.log", "sub/../in.log", absolute.to_str().unwrap(), "link", "link-to-link", "hard"];
        for file in names {
            for input in names {
                let output = folder.replay(&["--html", file, "sub", input]);
                assert_refused(
                    &output,
                    &format!("{file} cannot be written: it is an input; name another file for --html"),
                );
            }
        }
        for inputs in [&["-"][..], &["sub", "-"], &["/dev/stdin"]] {
            let stdin = File::open(folder.path("in.log")).unwrap();
            let output = folder.command(&[&["--html", "hard"], inputs].concat()).stdin(stdin).output().unwrap();
            assert_refused(&output, "hard cannot be written: it is an input; name another file for --html");
        }
        assert_eq!(folder.text("in.log"), text);
        assert_eq!(folder.names(), ["hard", "in.log", "link", "link-to-link", "sub"]);
    }
}

#[test]
fn a_log_in_a_folder_that_is_read_is_never_overwritten() {
    let folder = Folder::new("folder").with("logs/a/b.log", LOG);
    symlink("logs/a/b.log", folder.path("link")).unwrap();
    fs::hard_link(folder.path("logs/a/b.log"), folder.path("hard")).unwrap();
    for file in ["logs/a/b.log", "link", "hard"] {
        let output = folder.replay(&["--html", file, "logs"]);
        let why = "it is not a page of why5xx; name another file, or remove this one";
        assert_refused(&output, &format!("{file} cannot be written: {why}"));
    }
    assert_eq!(folder.text("logs/a/b.log"), LOG);
}

#[test]
fn a_page_in_a_folder_that_is_read_is_replaced_and_not_read() {
    let folder = Folder::new("page_in_folder").with("logs/a.log", LOG);
    fs::create_dir(folder.path("pages")).unwrap();
    let mut printed = Vec::new();
    for _ in 0..3 {
        let output = folder.replay(&["--json", "--html", "logs/report.html", "logs"]);
        assert_eq!((output.status.code(), said(&output)), (Some(0), String::new()));
        printed.push(String::from_utf8(output.stdout).unwrap());
        assert!(folder.holds_a_new_page("logs/report.html"));
    }
    assert_eq!((&printed[1], &printed[2]), (&printed[0], &printed[0]));
}

#[test]
fn what_is_not_a_page_of_why5xx_is_not_overwritten() {
    let others = [
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>why5xx</title></head></html>\n",
        "<!DOCTYPE html>\n<meta name=\"generator\" content=\"another program\"><title>why5xx 0.1.0</title>\n",
        "",
        "\n",
        LOG,
    ];
    for text in others {
        let folder = Folder::new("others").with("a.log", LOG).with("notes.html", text);
        let output = folder.replay(&["--html", "notes.html", "a.log"]);
        let sentence =
            "notes.html cannot be written: it is not a page of why5xx; name another file, or remove this one";
        assert_refused(&output, sentence);
        assert_eq!((folder.text("notes.html").as_str(), folder.names().len()), (text, 2));
    }
}

#[test]
fn a_page_of_any_version_is_replaced() {
    let folder = Folder::new("pages").with("a.log", LOG).with("report.html", OLD_PAGE);
    for _ in 0..2 {
        let output = folder.replay(&["--html", "report.html", "a.log"]);
        assert_eq!((output.status.code(), said(&output)), (Some(0), String::new()));
        assert!(folder.holds_a_new_page("report.html"));
    }
    assert_eq!(folder.names(), ["a.log", "report.html"]);
}

#[test]
fn no_page_comes_into_being_where_an_input_is_missing() {
    let folder = Folder::new("missing_input").with("sub/a.log", LOG);
    for (page, input) in [("x.html", "x.html"), ("./x.html", "x.html"), ("sub/../x.html", "x.html")] {
        let output = folder.replay(&["--html", page, "sub", input]);
        assert_refused(&output, &format!("{page} cannot be written: it is an input; name another file for --html"));
    }
    assert_eq!(folder.names(), ["sub"]);
}

#[test]
fn a_link_to_a_page_stays_a_link() {
    let folder = Folder::new("link").with("a.log", LOG).with("pages/monday.html", OLD_PAGE);
    symlink("pages/monday.html", folder.path("latest.html")).unwrap();
    let output = folder.replay(&["--html", "latest.html", "a.log"]);
    assert_eq!((output.status.code(), said(&output)), (Some(0), String::new()));
    assert_eq!(fs::read_link(folder.path("latest.html")).unwrap(), Path::new("pages/monday.html"));
    assert!(folder.holds_a_new_page("pages/monday.html"));
    assert_eq!(fs::read_dir(folder.path("pages")).unwrap().count(), 1);
}

#[test]
fn what_cannot_take_a_page_is_refused_and_the_sentence_says_what_to_do() {
    let folder = Folder::new("refused").with("a.log", LOG).with("kept.html", OLD_PAGE);
    fs::create_dir(folder.path("folder")).unwrap();
    symlink("nowhere.html", folder.path("dangling.html")).unwrap();
    symlink("folder", folder.path("link-to-folder")).unwrap();
    fs::set_permissions(folder.path("kept.html"), fs::Permissions::from_mode(0o444)).unwrap();
    let rows = [
        ("folder", "it is a folder; name a file in it"),
        ("link-to-folder", "it is a folder; name a file in it"),
        ("new/", "it is a folder; name a file in it"),
        ("dangling.html", "it is a symbolic link to a file that does not exist; name that file"),
        ("no/such/report.html", "there is no folder no/such; create it first"),
        ("a.log/report.html", "Not a directory (os error 20)"),
        ("kept.html", "it is read-only; name another file, or make this one writable"),
    ];
    let before = folder.names();
    for (file, why) in rows {
        assert_refused(&folder.replay(&["--html", file, "a.log"]), &format!("{file} cannot be written: {why}"));
    }
    assert_eq!((folder.names(), folder.text("kept.html").as_str()), (before, OLD_PAGE));
}

#[test]
fn a_socket_is_not_a_file() {
    // The path of a socket must be short.
    let socket = std::env::temp_dir().join(format!("why5xx-{}.sock", std::process::id()));
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let folder = Folder::new("socket").with("a.log", LOG);
    let output = folder.replay(&["--html", socket.to_str().unwrap(), "a.log"]);
    drop(listener);
    fs::remove_file(&socket).unwrap();
    let socket = socket.display();
    assert_refused(&output, &format!("{socket} cannot be written: it is not a file; name another one for --html"));
}

/// Not even the superuser can create a file in `/proc`.
#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_takes_no_file_is_refused_before_anything_is_read() {
    let folder = Folder::new("full_folder").with("a.log", LOG);
    let output = folder.replay(&["--html", "/proc/report.html", "a.log"]);
    let begin = "why5xx: /proc/report.html cannot be written: no file can be created in /proc (";
    assert!(
        said(&output).starts_with(begin) && said(&output).ends_with("); name one elsewhere\n"),
        "{}",
        said(&output)
    );
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
}

#[test]
fn a_file_is_refused_while_the_input_is_still_open() {
    let folder = Folder::new("at_once").with("notes.html", "notes");
    let mut child =
        folder.command(&["--html", "notes.html", "-"]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let input = child.stdin.take();
    let begin = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(begin.elapsed() < Duration::from_secs(20), "it waits for its input");
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

#[test]
fn a_file_that_appears_while_the_log_is_read_is_not_overwritten() {
    let folder = Folder::new("race");
    let mut child = folder
        .command(&["--html", "report.html", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // More than a pipe holds, so that it has begun to read when all of it is written.
    input.write_all(LOG.repeat(4_000).as_bytes()).unwrap();
    fs::write(folder.path("report.html"), "notes").unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let sentence = "report.html cannot be written: it is not a page of why5xx; name another file, or remove this one";
    assert_eq!((output.status.code(), said(&output)), (Some(2), format!("why5xx: {sentence}\n")));
    assert!(String::from_utf8_lossy(&output.stdout).contains("integration_timeout"), "the counts are printed");
    assert_eq!((folder.text("report.html").as_str(), folder.names().len()), ("notes", 1));
}

#[test]
fn where_nothing_was_read_the_older_page_stays() {
    let folder = Folder::new("nothing").with("report.html", OLD_PAGE).with("empty.log", "");
    for input in ["empty.log", "missing.log", "-"] {
        let output = folder.replay(&["--html", "report.html", input]);
        let sentence = "why5xx: no log event was read, so the page in report.html stays as it was\n";
        assert_eq!((output.status.code(), said(&output).ends_with(sentence)), (Some(2), true), "{input}");
        assert_eq!(folder.text("report.html"), OLD_PAGE);
    }
}

/// A limit on the size of files stands for a full disk: it needs no rights and no disk.
#[test]
fn a_disk_that_is_full_leaves_the_older_page_whole_and_nothing_else() {
    for (name, older) in [("full_disk", Some(OLD_PAGE)), ("full_disk_and_no_page", None)] {
        let mut folder = Folder::new(name).with("a.log", LOG);
        if let Some(older) = older {
            folder = folder.with("report.html", older);
        }
        let before = folder.names();
        let limited = "trap '' XFSZ; ulimit -f 8; exec \"$0\" replay --html report.html a.log";
        let output = Command::new("sh")
            .args(["-c", limited, PROGRAM])
            .current_dir(&folder.0)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = said(&output);
        assert!(said.starts_with("why5xx: report.html cannot be written: File too large"), "{said}");
        assert_eq!(folder.names(), before);
        if let Some(older) = older {
            assert_eq!(folder.text("report.html"), older);
        }
        assert!(String::from_utf8_lossy(&output.stdout).contains("integration_timeout"), "the counts are printed");
    }
}

#[test]
fn a_page_has_the_permissions_of_a_new_file_or_of_the_page_before() {
    let folder = Folder::new("permissions").with("a.log", LOG);
    let mode = |name: &str| fs::metadata(folder.path(name)).unwrap().permissions().mode() & 0o7777;
    folder.replay(&["--html", "new.html", "a.log"]);
    assert_eq!(mode("new.html"), mode("a.log"));
    for kept in [0o600, 0o640, 0o666] {
        fs::set_permissions(folder.path("new.html"), fs::Permissions::from_mode(kept)).unwrap();
        assert_eq!(folder.replay(&["--html", "new.html", "a.log"]).status.code(), Some(0));
        assert_eq!(mode("new.html"), kept);
    }
}

#[test]
fn a_stream_takes_the_page_and_the_standard_output_the_tables() {
    let folder = Folder::new("streams").with("a.log", LOG);
    let output = folder.replay(&["--html", "/dev/null", "a.log"]);
    assert_eq!((output.status.code(), said(&output)), (Some(0), String::new()));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("2 log events "));

    assert!(Command::new("mkfifo").arg(folder.path("pipe")).status().unwrap().success());
    let pipe = folder.path("pipe");
    let reader = std::thread::spawn(move || fs::read_to_string(pipe).unwrap());
    let output = folder.replay(&["--html", "pipe", "a.log"]);
    assert_eq!((output.status.code(), said(&output)), (Some(0), String::new()));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("2 log events "));
    assert!(reader.join().unwrap().ends_with("</html>\n"));
}

#[test]
fn a_path_to_the_standard_output_is_the_standard_output() {
    let folder = Folder::new("stdout").with("a.log", LOG);
    // A pipe, and a file, which must not be replaced while the output goes to it.
    let page = folder.replay(&["--html", "/dev/stdout", "a.log"]).stdout;
    assert!(page.starts_with(b"<!DOCTYPE html>") && page.ends_with(b"</html>\n"));
    let to_file = |page: &str| {
        let out = fs::OpenOptions::new().append(true).create(true).open(folder.path("out.html")).unwrap();
        folder.command(&["--html", page, "a.log"]).stdout(out).output().unwrap()
    };
    let output = to_file("/dev/stdout");
    assert_eq!((output.status.code(), said(&output)), (Some(0), String::new()));
    assert!(folder.holds_a_new_page("out.html"));
    // By its own name it would get the page behind what it holds.
    let before = folder.text("out.html");
    let sentence = "out.html cannot be written: the standard output goes to it; name another file for --html";
    assert_refused(&to_file("out.html"), sentence);
    assert_eq!(folder.text("out.html"), before);
    assert_eq!(folder.names(), ["a.log", "out.html"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_standard_output_that_is_full_is_an_error() {
    let folder = Folder::new("full_stdout").with("a.log", LOG);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = folder.command(&["--html", "-", "a.log"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}

//! Runs programs with limits on time and output; those that render, with nothing of the user's surroundings.
use super::read;
use std::{
    ffi::OsString,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// The largest charts in public use render in a few seconds on two cores.
const RENDER_SECONDS_MAX: u64 = 60;
/// How far kubectl and helm (both Go) let their heap grow before they collect, in per cent, and how much memory they hold
/// themselves to. They live for about a second: collecting less saves a third of it (large overlays of argo-cd), and the
/// limit makes them collect harder where that would matter.
const GO_MEMORY: [(&str, &str); 2] = [("GOGC", "400"), ("GOMEMLIMIT", "512MiB")];

/// How often a program that has closed its output is asked whether it has ended.
const END_POLL: Duration = Duration::from_millis(5);
/// Nothing listens there: whatever would go to the network fails at once instead of waiting.
const NO_NETWORK: &str = "http://127.0.0.1:9";

/// A folder that does not exist: no repositories, plugins, credentials or cluster, and no git to clone with.
const NOWHERE: &str = "/speguard-nowhere";
const SURROUNDINGS: [&str; 9] = [
    "HELM_CACHE_HOME",
    "HELM_CONFIG_HOME",
    "HELM_DATA_HOME",
    "HELM_PLUGINS",
    "HOME",
    "KUBECONFIG",
    "PATH",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
];

/// What a program wrote to its output.
///
/// # Errors
/// The cause of a problem: missing, failed (with its own message), too slow, too much output.
pub(super) fn run(program: &str, arguments: &[OsString]) -> Result<Vec<u8>, String> {
    let path = find(program).ok_or_else(|| {
        format!("`{program}` is not installed: without it nothing of this is read; install it and run again")
    })?;
    let mut command = Command::new(path);
    command.args(arguments).env_clear();
    for name in SURROUNDINGS {
        command.env(name, NOWHERE);
    }
    command.envs(GO_MEMORY);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env(name, NO_NETWORK);
    }
    output(command, program, Vec::new(), RENDER_SECONDS_MAX)
}

/// What a command that reads `input` writes to its output.
///
/// # Errors
/// The cause of a problem: it cannot be started, fails (with its own message, bounded), is too slow or writes too much.
pub fn output(mut command: Command, program: &str, input: Vec<u8>, seconds_max: u64) -> Result<Vec<u8>, String> {
    command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("`{program}` cannot be started: {}", error.kind()))?;
    if let Some(mut pipe) = child.stdin.take() {
        // One that ends without reading it says so by what it answers.
        thread::spawn(move || drop(pipe.write_all(&input)));
    }
    let (status, output, message) = watch(child, program, seconds_max)?;
    if status.success() {
        return Ok(output);
    }
    Err(format!("`{program}` fails: {}", told(&message)))
}

/// Waits for the end, not longer than the limit.
fn watch(mut child: Child, program: &str, seconds_max: u64) -> Result<(ExitStatus, Vec<u8>, Vec<u8>), String> {
    let end = Instant::now() + Duration::from_secs(seconds_max);
    let output = gather(child.stdout.take());
    let message = gather(child.stderr.take());
    let read = |from: &mpsc::Receiver<Result<Vec<u8>, String>>| {
        from.recv_timeout(end.saturating_duration_since(Instant::now()))
            .unwrap_or_else(|_| Err(format!("takes longer than {seconds_max} seconds")))
    };
    let both = read(&output).and_then(|output| Ok((output, read(&message)?)));
    let ended = both.and_then(|(output, message)| {
        loop {
            match child.try_wait() {
                Ok(Some(status)) => break Ok((status, output, message)),
                Ok(None) if Instant::now() < end => thread::sleep(END_POLL),
                Ok(None) => break Err(format!("takes longer than {seconds_max} seconds")),
                Err(error) => break Err(format!("cannot be waited for: {}", error.kind())),
            }
        }
    });
    ended.map_err(|cause| {
        // The program may have ended by itself in between; then there is nothing to stop.
        let _stopped = child.kill();
        let _status = child.wait();
        format!("`{program}` {cause}")
    })
}

fn gather(from: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Result<Vec<u8>, String>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let read = from.map_or_else(|| Ok(Vec::new()), read::limited);
        // Nobody listens any more when the time is over.
        let _sent = sender.send(read.map_err(|cause| format!("writes too much: {cause}")));
    });
    receiver
}

/// The program's own words, in one line and bounded.
fn told(message: &[u8]) -> String {
    const SHOWN_CHARS: usize = 600;
    let text = String::from_utf8_lossy(message);
    // Warnings stand before the error; some builds of kubectl write a log line with the time in it.
    let marks = ["Error: ", "error: ", "err=\""];
    let text =
        marks.iter().find_map(|mark| Some(text.split_once(mark)?.1)).unwrap_or(&text).trim_end_matches(['"', '\n']);
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() { "it does not say why".to_owned() } else { line.chars().take(SHOWN_CHARS).collect() }
}

/// A cause in which paths of this machine are named from the repository, as `name` names `folder`.
pub(super) fn from_repository(cause: String, folder: &Path, name: &str) -> String {
    let Ok(full) = std::path::absolute(folder) else { return cause };
    let full = full.to_string_lossy();
    match full.strip_suffix(name).filter(|_| name != ".") {
        Some(base) if base.len() > 1 => cause.replace(base, ""),
        _ => cause.replace(&format!("{full}/"), "").replace(full.as_ref(), "."),
    }
}

/// The program on PATH.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, input: &[u8], seconds_max: u64) -> Result<Vec<u8>, String> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        output(command, "sh", input.to_vec(), seconds_max)
    }

    #[test]
    fn a_program_is_handed_its_input_and_heard_to_the_end() {
        let input = vec![b'x'; 1 << 20];
        assert_eq!(shell("cat", &input, 30).unwrap(), input);
        assert_eq!(shell("echo read nothing", &input, 30).unwrap(), b"read nothing\n");
        assert_eq!(shell("cat >&2; exit 1", b"locked", 30).unwrap_err(), "`sh` fails: locked");
    }

    #[test]
    fn a_program_that_never_answers_is_given_up() {
        let started = Instant::now();
        assert_eq!(shell("exec sleep 60", b"", 1).unwrap_err(), "`sh` takes longer than 1 seconds");
        assert!(started.elapsed() < Duration::from_secs(30));
    }
}

//! Key material inside a text, hidden in whatever is shown or kept: excerpts, facts of findings.

/// What stands where a value was.
pub const MASK: &str = "***";

/// A run of this many base64 characters, of mixed case and with digits, is taken for key material. AWS secret keys
/// have 40; a digest in lower-case hexadecimal is not mixed.
const BASE64_RUN_MIN: usize = 40;

/// Hides what looks like key material wherever it stands: PEM, JSON web tokens, base64, passwords inside URLs.
#[must_use]
pub fn scrub(text: &str) -> String {
    if text.contains("-----BEGIN") {
        return MASK.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let part_of_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_' | '-' | '.');
    let mut rest = text;
    while let Some(start) = rest.find(part_of_base64) {
        let (before, run) = rest.split_at(start);
        let end = run.find(|c| !part_of_base64(c)).unwrap_or(run.len());
        let (run, behind) = run.split_at(end);
        out.push_str(before);
        let password = out.ends_with(':') && behind.starts_with('@') && out.contains("://");
        out.push_str(if password || key_material(run) { MASK } else { run });
        rest = behind;
    }
    out.push_str(rest);
    out
}

fn key_material(run: &str) -> bool {
    let token = run.starts_with("eyJ") && run.len() >= BASE64_RUN_MIN;
    let access_key = run.len() == 20 && (run.starts_with("AKIA") || run.starts_with("ASIA"));
    let dense = run.len() >= BASE64_RUN_MIN
        && !run.contains(['-', '.', '_'])
        && run.contains(|c: char| c.is_ascii_lowercase())
        && run.contains(|c: char| c.is_ascii_uppercase())
        && run.contains(|c: char| c.is_ascii_digit());
    token || access_key || dense
}

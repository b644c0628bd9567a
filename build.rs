//! Lists the files under `policies/`, so that the criteria are part of the program.
use std::{env, fmt::Write as _, fs, io, path::Path};

fn main() -> io::Result<()> {
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let mut files = Vec::new();
    collect(Path::new(&root), "policies", &mut files)?;
    files.sort();
    let mut list = String::from("&[\n");
    for file in &files {
        writeln!(list, "    ({file:?}, include_str!({:?})),", Path::new(&root).join(file)).map_err(io::Error::other)?;
    }
    list.push_str("]\n");
    fs::write(Path::new(&out).join("policies.rs"), list)
}

/// Criteria and rules below a folder, by path from the package; tests of rules are no part of the program.
fn collect(root: &Path, folder: &str, files: &mut Vec<String>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={folder}");
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let name =
            entry.file_name().into_string().map_err(|name| io::Error::other(format!("{name:?} is not UTF-8")))?;
        let path = format!("{folder}/{name}");
        if entry.file_type()?.is_dir() {
            collect(root, &path, files)?;
        } else if name == "criterion.yaml" || (name.ends_with(".rego") && !name.ends_with("_test.rego")) {
            files.push(path);
        }
    }
    Ok(())
}

#![allow(
    clippy::all,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::allow_attributes_without_reason
)]
use speguard::{model::*, normalise};
use std::{collections::BTreeMap, path::Path, time::Instant};
fn walk(p: &Path, out: &mut Vec<Document>) {
    if p.is_dir() {
        let mut e: Vec<_> = std::fs::read_dir(p).unwrap().map(|e| e.unwrap().path()).collect();
        e.sort();
        for x in e {
            walk(&x, out);
        }
    } else if p.is_file() {
        let n = p.to_string_lossy().into_owned();
        if [".tf", ".tofu", ".tf.json", ".tfvars", ".lock.hcl", "plan.json", "modules.json"]
            .iter()
            .any(|e| n.ends_with(e))
        {
            out.push(Document {
                origin: Origin::file(n.as_str()),
                bytes: std::fs::read(p).unwrap().into(),
                render: None,
            });
        }
    }
}
fn unk(v: &Value, path: &str, f: &mut dyn FnMut(&str, &Unknown)) {
    match v {
        Value::Unknown(u) => f(path, u),
        Value::List(i) => i.iter().for_each(|x| unk(&x.value, path, f)),
        Value::Map(m) => m.iter().for_each(|e| unk(&e.value, &format!("{path}.{}", e.key), f)),
        _ => {}
    }
}
fn show(v: &Value, ind: usize) {
    match v {
        Value::Map(m) => {
            println!();
            for e in m {
                print!("{}{}({}): ", " ".repeat(ind), e.key, e.at.line);
                show(&e.value, ind + 2);
            }
        }
        Value::List(i) => {
            println!();
            for x in i {
                print!("{}-", " ".repeat(ind));
                show(&x.value, ind + 2);
            }
        }
        Value::Unknown(u) => println!("?? {} {:?}{}", u.why, u.refers, if u.any { " any" } else { "" }),
        Value::Text(t) => println!("{t:?}"),
        o => println!("{o:?}"),
    }
}
fn main() {
    let mode = std::env::args().nth(1).unwrap();
    let mut docs = vec![];
    for p in std::env::args().skip(2) {
        walk(Path::new(&p), &mut docs);
    }
    let t = Instant::now();
    let n = normalise::environment(&docs, vec![], &normalise::Options::default()).unwrap();
    eprintln!(
        "{} docs {} resources {} problems {:?}",
        docs.len(),
        n.environment.all().count(),
        n.environment.problems.len(),
        t.elapsed()
    );
    if mode == "show" {
        for r in n.environment.all() {
            println!("== {} {:?} {:?}", r.id.full(), r.origin, r.provider);
            show(&r.body, 2);
        }
    }
    if mode == "why" {
        let mut c: BTreeMap<String, usize> = BTreeMap::new();
        for r in n.environment.all() {
            unk(&r.body, "", &mut |_, u| *c.entry(u.why.clone()).or_default() += 1);
        }
        let mut v: Vec<_> = c.into_iter().collect();
        v.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        for (w, n) in v.iter().take(120) {
            println!("{n:5} {w}");
        }
    }
    for p in &n.environment.problems {
        println!("PROBLEM {}:{} {} {:?}", p.origin.path(), p.origin.mark().line, p.cause, p.hides);
    }
}

//! YAML in, documents with the place of every node out. The only file that names the YAML parser.
use super::tree::{Builder, DEPTH_MAX, Fault, Parsed, fault};
use crate::model::{Mark, Value};
use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

/// Documents in one file. `helm template` and `kubectl get` of whole clusters write tens of thousands.
const DOCUMENTS_MAX: usize = 500_000;

/// Reads every document of a stream. A bad one is a fault; reading goes on at the next `---`.
pub(super) fn read(text: &str, builder: &mut Builder) -> Vec<Parsed> {
    let mut options = granit_parser::options! {
        // As go-yaml, which is a port of libyaml, reads the last line of a file.
        block_scalar_eof_without_line_feed: true,
    };
    options.set_emit_comments(false);
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut documents = Vec::new();
    let mut started = 0;
    while let Some(next) = parser.next_event() {
        let fed = match next {
            Ok((Event::DocumentStart(..), span)) => {
                started += 1;
                if started > DOCUMENTS_MAX {
                    let at = mark(span.start.line(), span.start.col());
                    builder.faults.push(fault(at, format!("more than {DOCUMENTS_MAX} documents in one file")));
                    break;
                }
                Ok(())
            }
            Ok((Event::DocumentEnd, _)) => {
                documents.extend(builder.finish());
                Ok(())
            }
            Ok((event, span)) => feed(&event, &span, builder),
            Err(error) => Err(told(&error)),
        };
        let Err(fault) = fed else { continue };
        builder.abandon();
        builder.faults.push(fault);
        if !resumed(&mut parser, builder) {
            break;
        }
    }
    documents
}

/// Goes on at the next document; whether there is one.
fn resumed<'a>(parser: &mut Parser<'a, StrInput<'a>>, builder: &mut Builder) -> bool {
    match parser.proceed_next_document() {
        Ok(more) => more,
        Err(error) => {
            builder.faults.push(told(&error));
            false
        }
    }
}

fn feed(event: &Event<'_>, span: &Span, builder: &mut Builder) -> Result<(), Fault> {
    let at = mark(span.start.line(), span.start.col());
    match event {
        Event::Scalar(text, style, anchor, tag) => scalar(text, *style, tag.as_deref(), at, *anchor, builder),
        Event::SequenceStart(_, anchor, _) => builder.open_list(at, *anchor),
        Event::MappingStart(_, anchor, _) => builder.open_map(at, *anchor),
        Event::SequenceEnd | Event::MappingEnd => builder.close(at),
        Event::Alias(anchor) => builder.alias(*anchor, at),
        Event::UnresolvedAlias(name) => Err(fault(at, format!("the alias `*{name}` names nothing"))),
        _ => Ok(()),
    }
}

fn scalar(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    at: Mark,
    anchor: usize,
    builder: &mut Builder,
) -> Result<(), Fault> {
    let plain = style == ScalarStyle::Plain;
    if plain && text == "<<" && tag.is_none() && builder.wants_key() {
        builder.merge_key(at);
        return Ok(());
    }
    let value = match tag {
        None if plain => builder.plain(text),
        None => None,
        Some(tag) => {
            let name = tag.suffix_in_namespace("tag:yaml.org,2002:");
            builder.tagged(name.as_deref(), text).map_err(|cause| fault(at, cause))?
        }
    };
    let value = value.unwrap_or_else(|| Value::Text(builder.text(text)));
    builder.scalar(value, at, anchor)
}

fn told(error: &ScanError) -> Fault {
    let marker = error.marker();
    let cause = match error.info() {
        info if info.contains("recursion limit") => format!("nested deeper than {DEPTH_MAX} levels"),
        info => format!("malformed YAML: {info}"),
    };
    fault(mark(marker.line(), marker.col()), cause)
}

/// The parser counts lines from 1 and columns from 0.
fn mark(line: usize, column: usize) -> Mark {
    let narrow = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Mark { line: narrow(line), column: narrow(column).saturating_add(1) }
}

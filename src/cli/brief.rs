//! `brief`: suspects and a window in, a page to hand on out.

use crate::cli::bench::Bench;
use crate::cli::bundle::replace_private;
use crate::cli::exit::{Exit, Failure};
use crate::cli::workbench_args::BriefArgs;
use crate::cli::{output, select};
use crate::ledger::absence::{Asked, basis};
use crate::model::{PrincipalId, Window};
use crate::report::brief::{Head, page};
use crate::workbench::brief::{Suspect, sections};

/// Writes the page.
pub fn run(args: &BriefArgs) -> Result<Exit, Failure> {
    let mut bench = Bench::open(&args.lake, &args.question)?;
    let window = Window {
        from: select::instant("--from", &args.from)?,
        until: select::last_of("--until", &args.until)?,
    };
    if window.from >= window.until {
        return Err(Failure::usage(format!(
            "the window from {} until {} is empty; --from must be before --until",
            window.from, window.until
        )));
    }
    let mut suspects = Vec::new();
    for name in &args.suspects {
        let resolved = select::resolve("principal", name, &select::principals(bench.access()))?;
        if let Some(remark) = resolved.remark {
            output::say(&remark);
        }
        let id = PrincipalId::new(&resolved.id);
        let sections = sections(&mut |sql| bench.query(sql), &id, window)?;
        suspects.push(Suspect {
            name: bench.access().principal_name_at(&id, window.until.plus(-1)).to_string(),
            unknown: unknown(&bench, &id, window),
            id,
            sections,
        });
    }
    let head = Head {
        from: window.from.to_string(),
        until: window.until.to_string(),
        commit: bench.subject.view.commit_id().unwrap_or_default().to_string(),
        as_of: bench.access().as_of.to_string(),
    };
    let html = page(&suspects, &head).map_err(Failure::usage)?;
    replace_private(&args.output, html.as_bytes())?;
    output::say(&format!("open {}", args.output.display()));
    bench.say();
    Ok(Exit::Done)
}

/// What is missing for an answer about somebody in a window.
fn unknown(bench: &Bench, id: &PrincipalId, window: Window) -> Vec<String> {
    let basis = basis(bench.access(), &Asked::Holder(id.clone()), window, true);
    let end = |t: &Option<String>| t.clone().unwrap_or_else(|| "an unknown time".into());
    let mut lines: Vec<String> = basis
        .not_covered
        .iter()
        .map(|s| format!("the audit log is not covered from {} until {}", end(&s.from), end(&s.until)))
        .collect();
    lines.extend(
        basis
            .gaps
            .iter()
            .map(|g| format!("gap from {} until {}: {}", end(&g.from), end(&g.until), g.reason)),
    );
    if !basis.never_listed.is_empty() {
        lines.push(format!("never listed whole: {}", basis.never_listed.join(", ")));
    }
    let missing: Vec<&str> = basis.missing.iter().map(|m| m.reason.as_str()).collect();
    lines.extend(missing.iter().take(6).map(|m| (*m).to_string()));
    if missing.len() > 6 {
        lines.push(format!("and {} more collections that prove no absence in the window", missing.len() - 6));
    }
    lines.extend(basis.notes);
    lines
}

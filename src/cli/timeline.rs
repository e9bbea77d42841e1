//! `timeline`: what happened to or by somebody or something, in one stream.

use crate::cli::args::{Format, OutputArgs};
use crate::cli::bench::Bench;
use crate::cli::exit::{Exit, Failure};
use crate::cli::workbench_args::{TimelineArgs, TimelineFormat};
use crate::cli::{output, rows, select};
use crate::model::rows::{Cell, Rows};
use crate::model::{Instant, Window};
use crate::report::forms::jsonl;
use crate::report::timeline as forms;
use crate::workbench::basis::Rests;
use crate::workbench::timeline::{About, Entry, entries};

/// Prints a timeline.
pub fn run(args: &TimelineArgs) -> Result<Exit, Failure> {
    let mut bench = Bench::open(&args.lake, &args.question)?;
    let about = about(&mut bench, args)?;
    let window = window(args)?;
    if about == About::Everything && window.is_none() {
        return Err(Failure::usage(
            "name a window with --from and --until, or a subject: a principal, --entitlement, --approver or --policy",
        ));
    }
    let found = entries(&mut |sql| bench.query(sql), &about, window)?;
    let rests = Rests::of(bench.access(), &bench.subject.commit, window);
    deliver(&found, &rests, args, bench.access().tenant.as_str())?;
    let observed = found.iter().filter(|e| e.observed).count();
    output::say(&format!("{observed} observed, {} inferred", found.len() - observed));
    bench.say();
    Ok(match (found.len(), rests.is_covered()) {
        (1.., _) => Exit::Done,
        (0, true) => Exit::Found,
        (0, false) => {
            output::say("nothing is found, and that proves nothing: see what is covered");
            Exit::CannotTell
        }
    })
}

fn about(bench: &mut Bench, args: &TimelineArgs) -> Result<About, Failure> {
    let access = bench.access();
    let named = |what: &str, name: &str, all: select::Candidates| -> Result<String, Failure> {
        let resolved = select::resolve(what, name, &all)?;
        if let Some(remark) = resolved.remark {
            output::say(&remark);
        }
        Ok(resolved.id)
    };
    Ok(match (&args.principal, &args.entitlement, &args.approver, &args.policy) {
        (Some(name), ..) => About::Principal(named("principal", name, select::principals(access))?),
        (_, Some(name), ..) => About::Entitlement(named("entitlement", name, select::entitlements(access))?),
        (_, _, Some(name), _) => About::Approver(named("principal", name, select::principals(access))?),
        (_, _, _, Some(name)) => About::Policy(bench.policy(name)?),
        _ => About::Everything,
    })
}

fn window(args: &TimelineArgs) -> Result<Option<Window>, Failure> {
    if args.from.is_none() && args.until.is_none() {
        return Ok(None);
    }
    let from = args.from.as_deref().map(|t| select::instant("--from", t)).transpose()?;
    let until = args.until.as_deref().map(|t| select::last_of("--until", t)).transpose()?;
    let window = Window {
        from: from.unwrap_or(Instant(i64::MIN)),
        // No exported record is later than this.
        until: until.or(Instant::parse("2200-01-01")).unwrap_or(Instant(i64::MAX)),
    };
    if window.from >= window.until {
        return Err(Failure::usage(format!(
            "the window from {} until {} is empty; --from must be before --until",
            window.from, window.until
        )));
    }
    Ok(Some(window))
}

fn deliver(found: &[Entry], rests: &Rests, args: &TimelineArgs, tenant: &str) -> Result<(), Failure> {
    let out = |format| OutputArgs {
        format,
        output: args.output.clone(),
        csv_raw: args.csv_raw,
    };
    let plain = |text: String| output::deliver(text.as_bytes(), &out(Format::As(&jsonl::FORM)));
    match args.format {
        TimelineFormat::Timesketch => plain(forms::timesketch(found)),
        TimelineFormat::Ocsf => plain(forms::ocsf(found, tenant)),
        TimelineFormat::Plaso => plain(forms::plaso(found)),
        TimelineFormat::Rows(Format::Table) => {
            let mut table = told(found);
            for line in rests.lines() {
                table.push_str(&line);
                table.push('\n');
            }
            output::deliver(table.as_bytes(), &out(Format::Table))
        }
        TimelineFormat::Rows(format) => rows::deliver(&forms::rows(found), rests, &[], &out(format)),
    }
}

/// For people: when, what, and from where.
fn told(found: &[Entry]) -> String {
    let cells = |e: &Entry| {
        let sign = if e.observed { "" } else { "~" };
        let at = e.at.to_string().chars().take(19).collect::<String>().replace('T', " ");
        vec![format!("{sign}{at}"), e.action.clone(), e.message.clone(), e.actor_ip.clone()]
    };
    output::table(&["UTC (~ inferred)", "what", "told", "address"], found.iter().map(cells).collect())
}

/// Rows of one statement, for commands that put several together.
impl Bench {
    /// Runs a statement of ours over the views.
    pub fn query(&mut self, sql: &str) -> Result<Rows, Failure> {
        Ok(self.sql(sql)?.run(sql)?)
    }

    /// A policy by its name or id; an ambiguous name lists its candidates.
    pub fn policy(&mut self, name: &str) -> Result<String, Failure> {
        let lower = name.trim().to_lowercase();
        let all = self.query("SELECT DISTINCT policy_id, policy_name, package_name FROM policies ORDER BY policy_id, policy_name, package_name")?;
        let text = |row: &[Cell], i: usize| row.get(i).map(Cell::shown).unwrap_or_default();
        if all.rows.iter().any(|r| text(r, 0) == lower) {
            return Ok(lower);
        }
        let named: Vec<&Vec<Cell>> = all.rows.iter().filter(|r| text(r, 1).to_lowercase() == lower).collect();
        let ids: std::collections::BTreeSet<String> = named.iter().map(|r| text(r, 0)).collect();
        let mut left = ids.iter();
        match (left.next(), left.next()) {
            (Some(id), None) => Ok(id.clone()),
            (None, _) => {
                let near = all.rows.iter().filter(|r| text(r, 1).to_lowercase().contains(&lower)).take(5);
                let near: Vec<String> = near.map(|r| format!("  {}  of {}  {}", text(r, 1), text(r, 2), text(r, 0))).collect();
                let hint = if near.is_empty() {
                    "no snapshot of policies has a similar name".to_string()
                } else {
                    format!("did you mean:\n{}", near.join("\n"))
                };
                Err(Failure::usage(format!("no policy is or was called '{name}'; {hint}")))
            }
            _ => {
                let list: Vec<String> = named.iter().map(|r| format!("  {}  of {}  {}", text(r, 1), text(r, 2), text(r, 0))).collect();
                Err(Failure::usage(format!(
                    "'{name}' names {} policies over time; give one of these ids:\n{}",
                    ids.len(),
                    list.join("\n")
                )))
            }
        }
    }
}

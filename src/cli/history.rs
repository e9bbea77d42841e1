//! `changes`, `diff`, `where-used`, `approved-by` and `where-from`: pivots over one commit.

use crate::cli::args::OutputArgs;
use crate::cli::bench::Bench;
use crate::cli::exit::{Exit, Failure};
use crate::cli::workbench_args::{ApprovedByArgs, AskArgs, ChangesArgs, DiffArgs, LimitArgs, WhereFromArgs, WhereUsedArgs};
use crate::cli::{output, rows, select, sql};
use crate::engine::sql::text_literal;
use crate::lake::table::Table;
use crate::ledger::absence::Asked;
use crate::ledger::effective;
use crate::model::rows::{Cell, Kind, Rows};
use crate::model::{EntitlementKey, Holding, Instant, Presence, PrincipalId, Window};
use crate::report::timeline as forms;
use crate::workbench::basis::Rests;
use crate::workbench::timeline::{About, entries};
use crate::workbench::weak;
use std::collections::BTreeMap;

/// What a question of ours costs at most.
const LIMITS: LimitArgs = LimitArgs { timeout: 0, memory: 0 };

fn window(from: Option<&str>, until: Option<&str>) -> Result<Option<Window>, Failure> {
    if from.is_none() && until.is_none() {
        return Ok(None);
    }
    let until = until.map(|t| select::last_of("--until", t)).transpose()?;
    let window = Window {
        from: from.map(|t| select::instant("--from", t)).transpose()?.unwrap_or(Instant(i64::MIN)),
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

fn finish(bench: &Bench, table: &Rows, window: Option<Window>, out: &OutputArgs) -> Result<Exit, Failure> {
    let rests = Rests::of(bench.access(), &bench.subject.commit, window);
    rows::deliver(table, &rests, &rests.lines(), out)?;
    output::say(&format!("{} rows", table.rows.len()));
    bench.say();
    Ok(match (table.rows.len(), rests.is_covered()) {
        (1.., _) => Exit::Done,
        (0, true) => Exit::Found,
        (0, false) => {
            output::say("nothing is found, and that proves nothing: see what is covered");
            Exit::CannotTell
        }
    })
}

/// All of time.
const ALWAYS: Window = Window {
    from: Instant(i64::MIN),
    until: Instant(i64::MAX),
};

/// What changed in policies, packages and catalogs; or the windows in which policies asked for less.
pub fn changes(args: &ChangesArgs) -> Result<Exit, Failure> {
    let mut bench = Bench::open(&args.lake, &args.question)?;
    let window = window(args.from.as_deref(), args.until.as_deref())?;
    let table = if args.weakened {
        let table = weakened(&mut bench, window)?;
        let untold = weak::untold(bench.access(), window.unwrap_or(ALWAYS));
        if untold > 0 {
            output::say(&format!(
                "{untold} updates of policies are told, and not what they changed: a policy may have been weaker between them"
            ));
            let end = finish(&bench, &table, window, &args.output)?;
            return Ok(if table.rows.is_empty() { Exit::CannotTell } else { end });
        }
        table
    } else {
        forms::rows(&entries(&mut |sql| bench.query(sql), &About::Changes, window)?)
    };
    finish(&bench, &table, window, &args.output)
}

fn weakened(bench: &mut Bench, window: Option<Window>) -> Result<Rows, Failure> {
    let access = bench.whole()?;
    let mut table = Rows::new(&[
        ("weak_from", Kind::Time),
        ("weak_until", Kind::Time),
        ("policy_name", Kind::Text),
        ("package_name", Kind::Text),
        ("weakness", Kind::Text),
        ("granted_to", Kind::Text),
        ("granted_at", Kind::Time),
        ("weakened_by", Kind::Text),
        ("restored_by", Kind::Text),
        ("from_earliest", Kind::Time),
        ("until_earliest", Kind::Time),
        ("policy_id", Kind::Text),
        ("granted_to_id", Kind::Text),
        ("request_id", Kind::Text),
        ("request_type", Kind::Text),
        ("justification", Kind::Text),
        ("evidence", Kind::Text),
    ]);
    for weak in weak::windows(access) {
        let during = Window {
            from: weak.from_earliest,
            until: weak.until_latest.unwrap_or(Instant(i64::MAX)),
        };
        if window.is_some_and(|w| !w.meets(&during)) {
            continue;
        }
        let row = |granted: [Cell; 6]| {
            let [to, at, to_id, request, kind, why] = granted;
            let records: Vec<&str> = weak.records.iter().map(|r| r.as_str()).collect();
            vec![
                Cell::Time(weak.from_latest),
                Cell::time(weak.until_latest),
                Cell::text(weak.facts.map_or("", |f| f.name.as_str())),
                Cell::text(&weak::package_name(access, &weak)),
                Cell::text(weak.weakness.as_str()),
                to,
                at,
                Cell::text(&weak.by),
                Cell::text(&weak.restored_by),
                Cell::Time(weak.from_earliest),
                Cell::time(weak.until_earliest),
                Cell::text(weak.policy.as_str()),
                to_id,
                request,
                kind,
                why,
                Cell::text(&records.join(";")),
            ]
        };
        if weak.granted.is_empty() {
            table.rows.push(row([const { Cell::Empty }; 6]));
        }
        for r in &weak.granted {
            let who = r.recipient.as_ref().or(r.likely_recipient.as_ref());
            table.rows.push(row([
                Cell::text(&who.map(|w| access.principal_name(w).to_string()).unwrap_or_default()),
                Cell::time(r.completed_at.or(r.created_at)),
                Cell::text(who.map_or("", PrincipalId::as_str)),
                Cell::text(r.id.as_str()),
                Cell::text(&r.kind),
                Cell::text(r.justification.as_deref().unwrap_or_default()),
            ]));
        }
    }
    Ok(table)
}

/// Who held what at one instant and not at another.
pub fn diff(args: &DiffArgs) -> Result<Exit, Failure> {
    let (first, second) = (
        select::instant("the first time", &args.first)?,
        select::instant("the second time", &args.second)?,
    );
    if first >= second {
        return Err(Failure::usage(format!("the first time, {first}, is not before the second, {second}")));
    }
    let mut bench = Bench::open(&args.lake, &args.question)?;
    let all = if args.effective {
        effective::effective(bench.paths()?)
    } else {
        bench.subject.hold(&Asked::Everything)?;
        bench.access().holdings.clone()
    };
    let table = differences(&bench, &all, first, second);
    let window = Window {
        from: first,
        until: second.plus(1),
    };
    finish(&bench, &table, Some(window), &args.output)
}

/// What somebody has of something at both instants: the surest of their holdings.
struct Both<'a> {
    holding: &'a Holding,
    first: Presence,
    second: Presence,
}

fn surer(a: Presence, b: Presence) -> Presence {
    a.max(b)
}

fn differences(bench: &Bench, all: &[Holding], first: Instant, second: Instant) -> Rows {
    let mut pairs: BTreeMap<(&PrincipalId, &EntitlementKey), Both> = BTreeMap::new();
    for h in all {
        let (a, b) = (h.presence(Window::at(first)), h.presence(Window::at(second)));
        if (a, b) == (Presence::Never, Presence::Never) {
            continue;
        }
        let both = pairs.entry((&h.principal, &h.entitlement)).or_insert(Both {
            holding: h,
            first: Presence::Never,
            second: Presence::Never,
        });
        // The row shown is the one that is there at the later instant, else the last one.
        if b >= both.second {
            both.holding = h;
        }
        both.first = surer(both.first, a);
        both.second = surer(both.second, b);
    }
    let mut table = Rows::new(&[
        ("change", Kind::Text),
        ("certainty", Kind::Text),
        ("principal_name", Kind::Text),
        ("entitlement_name", Kind::Text),
        ("assignment_state", Kind::Text),
        ("role", Kind::Text),
        ("held_from", Kind::Time),
        ("held_until", Kind::Time),
        ("entitlement_kind", Kind::Text),
        ("path", Kind::Text),
        ("from_certainty", Kind::Text),
        ("until_certainty", Kind::Text),
        ("grant_kind", Kind::Text),
        ("granted_by", Kind::Text),
        ("ended_by", Kind::Text),
        ("end_reason", Kind::Text),
        ("principal_id", Kind::Text),
        ("entitlement_id", Kind::Text),
        ("request_id", Kind::Text),
        ("evidence", Kind::Text),
    ]);
    for both in pairs.values() {
        let (change, certainty) = match (both.first, both.second) {
            (Presence::Never, there) => ("gained", there),
            (there, Presence::Never) => ("lost", there),
            // Whoever held it for certain and only may hold it now may have lost it.
            (Presence::Certain, Presence::Possible) => ("lost", Presence::Possible),
            (Presence::Possible, Presence::Certain) => ("gained", Presence::Possible),
            _ => continue,
        };
        let h = both.holding;
        let evidence: Vec<&str> = h.evidence.iter().map(|e| e.as_str()).collect();
        table.rows.push(vec![
            Cell::text(change),
            Cell::text(certainty.as_str()),
            Cell::text(&bench.access().principal_name_at(&h.principal, second)),
            Cell::text(&h.entitlement_name),
            Cell::text(h.assignment_state),
            Cell::text(h.role_name()),
            Cell::time(h.held_from),
            Cell::time(h.held_until),
            Cell::text(h.entitlement.kind.as_str()),
            Cell::text(&h.path),
            Cell::text(h.from_certainty.as_str()),
            Cell::text(h.until_certainty.as_str()),
            Cell::text(h.grant_kind.as_str()),
            Cell::text(&h.granted_by),
            Cell::text(&h.ended_by),
            Cell::text(&h.end_reason),
            Cell::text(h.principal.as_str()),
            Cell::text(&h.entitlement.id),
            Cell::text(h.request.as_ref().map_or("", |r| r.as_str())),
            Cell::text(&evidence.join(";")),
        ]);
    }
    table
}

/// In which parts somebody or something occurs.
pub fn where_used(args: &WhereUsedArgs) -> Result<Exit, Failure> {
    sql::ask(&AskArgs {
        name: Some("where-used".into()),
        values: vec![format!("what={}", args.name)],
        show: false,
        limits: LIMITS,
        lake: args.lake.clone(),
        question: args.question.clone(),
        output: args.output.clone(),
    })
}

/// What an approver decided, and what followed.
pub fn approved_by(args: &ApprovedByArgs) -> Result<Exit, Failure> {
    sql::ask(&AskArgs {
        name: Some("approved-by".into()),
        values: vec![format!("who={}", args.approver)],
        show: false,
        limits: LIMITS,
        lake: args.lake.clone(),
        question: args.question.clone(),
        output: args.output.clone(),
    })
}

/// File, hash, row and text of a record.
pub fn where_from(args: &WhereFromArgs) -> Result<Exit, Failure> {
    let (name, id) = args
        .record
        .split_once(':')
        .ok_or_else(|| Failure::usage(format!("'{}' is no record; write table:id, as evidence has it", args.record)))?;
    let table = Table::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Table::ALL.iter().map(|t| t.name()).collect();
        Failure::usage(format!("no table is called '{name}'{}", crate::config::did_you_mean(name, &names)))
    })?;
    let mut bench = Bench::open(&args.lake, &args.question)?;
    let id = text_literal(id.trim());
    let lower = text_literal(&id.trim_matches('\'').to_lowercase());
    let found = match table {
        Table::AuditEvents | Table::SignIns => {
            let text = if table == Table::AuditEvents { "activity" } else { "app_name" };
            format!(
                "SELECT s.file, r.source_row, r.source, r.at_text AS told_at, r.content_hash, r.{text} AS told, r.extra AS raw \
                 FROM lake_{name} AS r LEFT JOIN sources AS s ON s.source = r.source WHERE r.id = {id} OR r.id = {lower} ORDER BY s.file, r.source_row, r.source, r.content_hash"
            )
        }
        Table::Sightings | Table::Snapshots | Table::Coverage | Table::Rejects | Table::Sources | Table::Pulls => {
            return Err(Failure::usage(format!(
                "{name} are the lake's own books, and came from no record; ask: sql 'SELECT * FROM lake_{name}'"
            )));
        }
        _ => format!(
            "SELECT s.file, g.source_row, g.source, CAST(g.observed_at AS VARCHAR) AS told_at, g.content_hash, o.id AS told, o.content AS raw \
             FROM lake_sightings AS g INNER JOIN lake_{name} AS o ON o.id = g.object_id AND o.content_hash = g.content_hash \
             LEFT JOIN sources AS s ON s.source = g.source WHERE g.collection = '{name}' AND g.object_id = {lower} ORDER BY told_at, s.file, g.source_row, g.source"
        ),
    };
    let table = bench.query(&found)?;
    if table.rows.is_empty() {
        return Err(Failure::usage(format!(
            "no record {} is in the lake; evidence columns have records as table:id",
            args.record
        )));
    }
    finish(&bench, &table, None, &args.output)
}

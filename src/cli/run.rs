//! `run`: the main job in one go; `report`: its last step alone.

use crate::campaign::Store;
use crate::cli::args::{QuestionArgs, ReportArgs, RunArgs};
use crate::cli::ask::{exit_for, severity};
use crate::cli::evidence_args::PrivacyArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::{self, Question};
use crate::cli::render_args::{CoverArgs, RenderArgs};
use crate::cli::review::{self, Answers};
use crate::cli::{bundle, output, take, watch};
use crate::model::{Finding, Instant, Severity, Verdict};
use crate::report;
use crate::report::privacy::{Privacy, Pseudonyms};
use std::path::Path;

/// Ingest, condense, ledger, checks, report.
pub fn run(args: &RunArgs, now: Instant) -> Result<Exit, Failure> {
    let limit = args.fail_on.as_deref().map(severity).transpose()?;
    let lake = open::lake_dir(&args.lake);
    open::judging(&args.question, &lake)?;
    take::ingest(&args.take, &lake, now)?;
    let step = watch::step("building the ledger and the trend of findings");
    let mut question = open::review(&args.lake, &args.question)?;
    drop(step);
    let how = How {
        command: "vouchsafe run PATH --lake LAKE --out REPORT",
        lake: &lake,
        question: &args.question,
        render: &args.render,
        cover: &args.cover,
        privacy: &args.privacy,
    };
    let findings = write(&mut question, &args.out, &how)?;
    Ok(exit_for(&findings, limit))
}

/// The report of a lake.
pub fn report(args: &ReportArgs) -> Result<Exit, Failure> {
    let step = watch::step("building the ledger and the trend of findings");
    let mut question = open::review(&args.lake, &args.question)?;
    drop(step);
    let how = How {
        command: "vouchsafe report --lake LAKE --out REPORT",
        lake: &open::lake_dir(&args.lake),
        question: &args.question,
        render: &args.render,
        cover: &args.cover,
        privacy: &args.privacy,
    };
    write(&mut question, &args.out, &how)?;
    Ok(Exit::Done)
}

/// With what a report is made.
struct How<'a> {
    command: &'a str,
    lake: &'a Path,
    question: &'a QuestionArgs,
    render: &'a RenderArgs,
    cover: &'a CoverArgs,
    privacy: &'a PrivacyArgs,
}

/// Runs the checks and writes the report; the last line says which file to open.
fn write(question: &mut Question, out: &Path, how: &How) -> Result<Vec<Finding>, Failure> {
    let render = how.render;
    if render.csv_raw {
        output::say(output::RAW);
    }
    let mut told = bundle::Told {
        operator: String::new(),
        command: how.command.to_string(),
        generated_at: bundle::stamp(question)?.to_string(),
        seed: String::new(),
        size: None,
        passed: None,
        campaign: String::new(),
        assertion: String::new(),
        campaign_entries: None,
        reader: bundle::reader(how.privacy)?,
        free_text: render.audience().free_text,
        forms: render.forms(),
        salt: None,
    };
    let key = bundle::pseudonym_key(how.privacy.pseudonym_key.as_deref().filter(|_| how.privacy.pseudonymize))?;
    told.salt = key.as_ref().map(|_| bundle::salt(question, &told.generated_at));
    let configuration = open::configuration_text(how.question)?;
    let step = watch::step("running the checks");
    let mut answers = Answers::of(question)?;
    drop(step);
    let step = watch::step("writing the report");
    let pseudonyms = key.as_deref().zip(told.salt.as_deref());
    let privacy = Privacy {
        reader: told.reader,
        pseudonyms: pseudonyms.map(|(key, salt)| Pseudonyms::new(key, salt, &question.access)),
    };
    answers.campaigns = review::campaigns(&Store::new(how.lake), None, (&question.access, &question.config), &privacy)?;
    privacy.access(&mut question.access);
    answers.cover(&privacy);
    let mut review = answers.review(question, told.audience(&privacy), render.forms());
    review.cover = how.cover.cover(told.generated_at.chars().take(10).collect());
    let written = report::write(&review, out)?;
    bundle::sheet(question, &review, &written, &told, &configuration, out)?;
    drop(step);
    if let Some(pseudonyms) = &privacy.pseudonyms {
        let map = bundle::beside(out);
        bundle::replace_private(&map, &bundle::who_is_who(pseudonyms))?;
        output::say(&format!("{} maps pseudonyms to people; keep it apart from the report", map.display()));
    }
    tell(&answers.findings, question.access.holdings.len());
    output::say(&format!("open {}", written.index.display()));
    Ok(answers.findings)
}

fn tell(findings: &[Finding], holdings: usize) {
    let count = |s: Severity| findings.iter().filter(|f| f.result == Verdict::Finding && f.severity == s).count();
    let unanswered = findings.iter().filter(|f| f.result == Verdict::NotEvaluable).count();
    output::say(&format!(
        "{holdings} holdings; findings: {} high, {} medium, {} low; {unanswered} subjects could not be tested",
        count(Severity::High),
        count(Severity::Medium),
        count(Severity::Low)
    ));
}

//! `config`: a file that shows every setting, what is in force and where it comes from, and who is taken for what.

use crate::check::{self, Context, Index, Part};
use crate::cli::args::{ClassesArgs, ConfigCommand, ConfigShowArgs};
use crate::cli::exit::{Exit, Failure};
use crate::cli::{open, output};
use crate::evidence::table::Table;
use crate::model::{EntitlementKind, PackageId, PrincipalId};
use std::collections::BTreeSet;

/// `config …`.
pub fn run(command: &ConfigCommand) -> Result<Exit, Failure> {
    match command {
        ConfigCommand::Init => {
            output::print(&check::template());
            Ok(Exit::Done)
        }
        ConfigCommand::Show(args) => show(args),
        ConfigCommand::Classes(args) => classes(args),
    }
}

/// What is in force.
fn show(args: &ConfigShowArgs) -> Result<Exit, Failure> {
    let config = open::configuration(&args.question)?;
    let lines = check::settings_in_force(&config);
    let as_table = args.output.format.is_table();
    if args.origin || !as_table {
        let header = ["setting", "value", "unit", "set_by", "source"];
        let rows: Vec<Vec<String>> = lines.into_iter().map(|l| vec![l.name, l.value, l.unit, l.layer, l.source]).collect();
        if as_table {
            output::deliver(output::table(&header, rows).as_bytes(), &args.output)?;
        } else {
            output::plain(&Table::of(&header, rows), &args.output)?;
        }
    } else {
        let mut text = String::new();
        let mut section = String::new();
        for line in lines.iter().filter(|l| !l.value.is_empty()) {
            let (table, key) = line.name.rsplit_once('.').unwrap_or(("", &line.name));
            if table != section {
                text.push_str(&format!("\n[{table}]\n"));
                section = table.into();
            }
            text.push_str(&format!("{key} = {}\n", line.value));
        }
        output::deliver(text.as_bytes(), &args.output)?;
    }
    output::say(&check::profiles::sentence(&config.profile));
    Ok(Exit::Done)
}

/// Who fell into which class by which rule: principals, and packages that are sensitive.
fn classes(args: &ClassesArgs) -> Result<Exit, Failure> {
    let question = open::question(&args.lake, &args.question)?;
    let (access, index) = (&question.access, Index::new(&question.access));
    let any = check::all().first().copied().ok_or_else(|| Failure::usage("there is no check"))?;
    let cx = Context::new(access, &question.config, &index, any, Part::WHOLE);
    let mut ids: BTreeSet<PrincipalId> = access.people.keys().cloned().collect();
    ids.extend(access.held().map(|h| h.principal.clone()));
    let principal = |id: &PrincipalId| {
        let (class, because) = match cx.who(id) {
            Ok((population, because)) => (population.as_str().to_string(), because),
            Err(why) => ("unknown".to_string(), why),
        };
        vec!["principal".to_string(), id.to_string(), access.principal_name(id).to_string(), class, because]
    };
    let mut rows: Vec<Vec<String>> = ids.iter().map(principal).collect();
    let mut packages: BTreeSet<PackageId> = access.packages.keys().cloned().collect();
    let held = access.held().filter(|h| h.entitlement.kind == EntitlementKind::AccessPackage);
    packages.extend(held.map(|h| PackageId::new(h.entitlement.resource())));
    for id in &packages {
        let (class, because) = match cx.is_sensitive(id) {
            check::Known::Yes(why) => ("sensitive", why),
            check::Known::No => ("ordinary", "neither its contents nor the configuration say otherwise".to_string()),
            check::Known::Unknown(why) => ("unknown", why),
        };
        rows.push(vec!["package".into(), id.to_string(), cx.package(id).name, class.into(), because]);
    }
    let count = rows.len();
    let unknown = rows.iter().filter(|r| r[3] == "unknown").count();
    if let Some(class) = &args.class {
        rows.retain(|r| r[3].eq_ignore_ascii_case(class));
    }
    let header = ["kind", "id", "name", "class", "because"];
    if args.output.format.is_table() {
        let narrow = |r: &Vec<String>| [0, 2, 3, 4].map(|i: usize| r[i].clone()).to_vec();
        let text = output::table(&["kind", "name", "class", "because"], rows.iter().map(narrow).collect());
        output::deliver(text.as_bytes(), &args.output)?;
    } else {
        output::plain(&Table::of(&header, rows), &args.output)?;
    }
    output::say(&format!("{count} principals and packages, {unknown} of which no record tells what they are"));
    Ok(Exit::Done)
}

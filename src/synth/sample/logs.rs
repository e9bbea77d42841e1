//! The two logs of the sample: each quarter of the audit log in another of the formats in which people export it.

use serde_json::{Value, json};

use super::super::SynthError;
use super::super::clock::{self, Micros, SECOND};
use super::super::dice::{guid, number};
use super::super::scene::Scene;
use super::super::story::Life;
use super::super::wire;
use super::super::write::{Disk, Pages};

/// Which quarter begins when.
const QUARTERS: [&str; 3] = ["2025-10-01 00:00", "2026-01-01 00:00", "2026-04-01 00:00"];

/// Writes the audit log; says how many events.
pub(super) fn audit(disk: &mut Disk, scene: &Scene, lives: &[Life]) -> Result<u64, SynthError> {
    let mut events: Vec<_> = lives
        .iter()
        .flat_map(|life| &life.events)
        .filter(|e| (scene.start..=scene.end).contains(&e.at))
        .collect();
    events.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    let mut quarters = [const { Vec::new() }; 4];
    let starts = QUARTERS.map(clock::named);
    for event in &events {
        let quarter = starts.iter().filter(|start| **start <= event.at).count();
        quarters[quarter].push((event.at, wire::audit_record(scene, event)));
    }
    let [summer, autumn, winter, spring] = quarters;
    let graph = "auditLogs/directoryAudits";
    let mut pages = Pages::new("audit/graph-2025-q3-directoryAudits".to_owned(), graph, graph, 500).uncounted();
    summer.iter().try_for_each(|(_, record)| pages.push(disk, record))?;
    pages.finish(disk)?;
    let mut text = lines(autumn.iter().map(|(_, record)| record))?;
    // A record that another program wrote anew, and spoiled.
    text.extend_from_slice(
        b"{\"id\":\"Directory_5b1d\",\"activityDateTime\":\"2025-12-29T22:41:07Z\",\"activityDisplayName\":\"Update user\",\"targetResources\":\"1 item\"}\n",
    );
    disk.malformed += 1;
    disk.write("audit/2025-q4-directoryAudits.ndjson", &text)?;
    disk.write("audit/2026-q1-directoryAudits.ndjson", &lines(winter.iter().map(|(_, record)| record))?)?;
    let enveloped: Vec<Value> = spring
        .into_iter()
        .map(|(at, record)| {
            let late = delay(scene, &record);
            wire::diagnostic_record(scene, record, at + late)
        })
        .collect();
    disk.write("audit/2026-q2-insights-logs-auditlogs.ndjson", &lines(enveloped.iter())?)?;
    Ok(events.len() as u64)
}

/// Writes the sign-in log.
pub(super) fn sign_ins(disk: &mut Disk, scene: &Scene, lives: &[Life]) -> Result<(), SynthError> {
    let mut all: Vec<_> = lives.iter().flat_map(|life| life.sign_ins.iter().map(move |s| (s, &life.person))).collect();
    all.retain(|(s, _)| (scene.start..=scene.end).contains(&s.at));
    all.sort_by(|a, b| (a.0.at, &a.0.id).cmp(&(b.0.at, &b.0.id)));
    let (mut interactive, mut silent) = (Vec::new(), Vec::new());
    for (sign_in, person) in all {
        let record = wire::sign_in_record(scene, person, sign_in);
        if sign_in.interactive { interactive.push(record) } else { silent.push(record) }
    }
    disk.write("signins/interactiveSignIns.ndjson", &lines(interactive.iter())?)?;
    disk.write("signins/nonInteractiveSignIns.ndjson", &lines(silent.iter())?)
}

/// The answer to a question that the exporting account was not allowed to ask, kept where its pages should be.
pub(super) fn refusal(scene: &Scene) -> Vec<u8> {
    let body = json!({"error": {
        "code": "Forbidden",
        "message": "The caller lacks the permission Policy.Read.All for named locations.",
        "innerError": {
            "date": "2026-06-30T12:00:09",
            "request-id": guid(scene.seed, "refused", 0, 0),
            "client-request-id": guid(scene.seed, "refused", 0, 1),
        },
    }});
    format!("{body}\n").into_bytes()
}

/// How long a record was on its way into the envelope.
fn delay(scene: &Scene, record: &Value) -> Micros {
    let id = record["id"].as_str().unwrap_or_default();
    (number(scene.seed, id, 0, 0) % 300).cast_signed() * SECOND
}

fn lines<'a>(records: impl Iterator<Item = &'a Value>) -> Result<Vec<u8>, SynthError> {
    let mut text = Vec::new();
    for record in records {
        serde_json::to_writer(&mut text, record).map_err(SynthError::Encode)?;
        text.push(b'\n');
    }
    Ok(text)
}

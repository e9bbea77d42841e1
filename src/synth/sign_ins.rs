//! Sign-ins by the million, written straight into a lake: for measuring what reads them.
//!
//! The wire formats are left out on purpose, since reading those is measured elsewhere. People, applications and outcomes
//! are drawn like those of an office: a fifth of the people sign in most, a tenth of the attempts fail.

use crate::lake::column::Columns;
use crate::lake::records::SignIn;
use crate::lake::table::Table;
use crate::lake::{Lake, LakeError, Writer};
use crate::model::{Instant, TenantId};
use crate::synth::SynthConfig;
use crate::synth::dice::{Dice, Purpose};
use arrow::array::{ArrayRef, BooleanArray, Int64Array, ListArray, StringArray, TimestampMicrosecondArray, new_empty_array};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use rayon::prelude::*;
use std::path::Path;
use std::sync::Arc;

/// Rows of a batch.
const BATCH: u64 = 65_536;
const DAY_SECONDS: i64 = 86_400;
const APPLICATIONS: u64 = 60;
const TENANT: &str = "5ca1ab1e-0000-4000-8000-000000000000";

/// Writes so many sign-ins into a new lake, spread evenly over the days of the history.
///
/// # Errors
/// When the lake cannot be written.
pub fn generate(config: &SynthConfig, sign_ins: u64, out: &Path) -> Result<(), LakeError> {
    let lake = Lake::open_or_create(out)?;
    let mut writer = Writer::begin(&lake, &TenantId::new(TENANT))?;
    let schema = Arc::new(Schema::new(SignIn::fields()));
    let days = u64::from(config.months.max(1)) * 30;
    for day in 0..days {
        let (from, until) = (sign_ins * day / days, sign_ins * (day + 1) / days);
        let begins: Vec<u64> = (from..until).step_by(usize::try_from(BATCH).unwrap_or(usize::MAX)).collect();
        let midnight = config.start + i64::try_from(day).unwrap_or_default() * DAY_SECONDS;
        let partition = format!("day={}", Instant::from_unix(midnight).day());
        // A few batches at a time: they are large.
        for few in begins.chunks(4) {
            let batches: Vec<RecordBatch> = few
                .par_iter()
                .map(|begin| batch(config, &schema, midnight, *begin..(begin + BATCH).min(until)))
                .collect::<Result<_, _>>()?;
            for batch in batches {
                writer.unseen_rows(Table::SignIns, &partition, batch)?;
            }
        }
    }
    writer.commit(Instant::from_unix(config.start + i64::try_from(days).unwrap_or_default() * DAY_SECONDS))?;
    Ok(())
}

/// One sign-in, as it is drawn.
struct Drawn {
    at: Instant,
    person: u64,
    application: u64,
    error: i64,
    strong: bool,
    interactive: bool,
}

fn batch(config: &SynthConfig, schema: &Arc<Schema>, midnight: i64, numbers: std::ops::Range<u64>) -> Result<RecordBatch, LakeError> {
    let mut dice = Dice::new(config.seed, Purpose::SignIn, numbers.start);
    let people = u64::from(config.users.max(1));
    let drawn: Vec<Drawn> = numbers
        .clone()
        .map(|_| Drawn {
            at: Instant::from_unix(midnight + dice.between(0, DAY_SECONDS)),
            person: if dice.chance(80) {
                dice.below(people.div_ceil(5))
            } else {
                dice.below(people)
            },
            application: dice.below(APPLICATIONS),
            error: if dice.chance(10) { 50_126 } else { 0 },
            strong: dice.chance(70),
            interactive: dice.chance(30),
        })
        .collect();
    let columns = schema.fields().iter().map(|field| column(field, &drawn, numbers.start)).collect();
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(LakeError::format("invent", Path::new("sign_ins")))
}

fn column(field: &Field, drawn: &[Drawn], first: u64) -> ArrayRef {
    let texts = |of: &dyn Fn(&Drawn) -> String| Arc::new(drawn.iter().map(|d| Some(of(d))).collect::<StringArray>()) as ArrayRef;
    let guid = |kind: u64, n: u64| format!("{kind:08x}-0000-4000-8000-{n:012x}");
    let numbered = |start: &str| -> ArrayRef {
        let numbers = (first..).take(drawn.len());
        Arc::new(numbers.map(|n| Some(format!("{start}{n:032x}"))).collect::<StringArray>())
    };
    match field.name().as_str() {
        "tenant_id" => texts(&|_| TENANT.into()),
        "id" | "correlation_id" => numbered(""),
        "content_hash" => numbered("c"),
        "at" => Arc::new(drawn.iter().map(|d| Some(d.at.0)).collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
        "at_text" => texts(&|d| d.at.to_string()),
        "stream" => texts(&|d| if d.interactive { "interactiveUser" } else { "nonInteractiveUser" }.into()),
        "user_id" => texts(&|d| guid(1, d.person)),
        "upn" => texts(&|d| format!("person{}@scale.example", d.person)),
        "user_type" => texts(&|_| "member".into()),
        "app_id" => texts(&|d| guid(2, d.application / 4)),
        "resource_id" => texts(&|d| guid(2, d.application)),
        "resource_sp_id" => texts(&|d| guid(3, d.application)),
        "authentication_requirement" => texts(&|d| {
            if d.strong {
                "multiFactorAuthentication"
            } else {
                "singleFactorAuthentication"
            }
            .into()
        }),
        "ca_status" => texts(&|d| if d.strong { "success" } else { "notApplied" }.into()),
        "error_code" => Arc::new(drawn.iter().map(|d| Some(d.error)).collect::<Int64Array>()),
        "is_interactive" => Arc::new(drawn.iter().map(|d| Some(d.interactive)).collect::<BooleanArray>()),
        "ip" => texts(&|d| format!("192.0.2.{}", d.person % 250)),
        "source" => texts(&|_| "0".repeat(64)),
        "source_row" => Arc::new((first..).take(drawn.len()).map(|n| i64::try_from(n).ok()).collect::<Int64Array>()),
        _ => empty(field, drawn.len()),
    }
}

/// A column of nothing: nulls, empty texts, empty lists.
fn empty(field: &Field, rows: usize) -> ArrayRef {
    match field.data_type() {
        DataType::List(item) => {
            let values = new_empty_array(item.data_type());
            Arc::new(ListArray::new(Arc::clone(item), OffsetBuffer::new_zeroed(rows), values, None))
        }
        kind if field.is_nullable() => arrow::array::new_null_array(kind, rows),
        _ => Arc::new(StringArray::from_iter_values(std::iter::repeat_n("", rows))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lake::View;
    use std::collections::BTreeSet;

    #[test]
    fn so_many_different_sign_ins_are_written_as_were_asked_for() {
        let dir = tempfile::tempdir().expect("a folder");
        let config = SynthConfig {
            users: 10,
            months: 1,
            ..SynthConfig::default()
        };
        generate(&config, 1_000, dir.path()).expect("a lake");
        let view: View = Lake::open(dir.path()).expect("a lake").view().expect("a view");
        let rows: Vec<SignIn> = view.rows().expect("rows");
        assert_eq!(rows.len(), 1_000);
        assert_eq!(rows.iter().map(|r| &r.id).collect::<BTreeSet<_>>().len(), 1_000);
        let failed = rows.iter().filter(|r| r.error_code != Some(0)).count();
        assert!((50..200).contains(&failed), "about a tenth fail: {failed}");
    }
}

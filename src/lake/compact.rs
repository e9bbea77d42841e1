//! Small files are merged: many little ingests leave many little files, and every question opens each.
//!
//! A merge is a commit like any other. The files that it replaces are live no longer and stay on disk, since earlier
//! commits name them; retention drops them with the partition.

use crate::lake::commit::DataFile;
use crate::lake::table::Table;
use crate::lake::{Lake, LakeError, Writer, parquet_io};
use crate::model::Instant;
use arrow::datatypes::SchemaRef;
use std::collections::BTreeMap;

/// A file of fewer rows than this is small: a group of rows that is read at once has as many.
const SMALL: u64 = 131_072;

/// A partition with so many small files is merged without being asked.
pub const MANY: usize = 16;

/// What a merge did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Id of the commit.
    pub commit: String,
    /// Files that were merged.
    pub files: usize,
    /// Files that they were merged into.
    pub into: usize,
    /// Rows of those.
    pub rows: u64,
}

/// Merges the small files of each partition that has at least `many` of them; `None` where none has.
///
/// # Errors
/// When somebody else is writing, a file is damaged or the disk is full.
pub fn compact(lake: &Lake, many: usize, now: Instant) -> Result<Option<Compacted>, LakeError> {
    let view = lake.view()?;
    let Some(tenant) = view.tenant() else { return Ok(None) };
    let mut partitions: BTreeMap<(Table, &str), Vec<DataFile>> = BTreeMap::new();
    for file in view.live().filter(|f| f.rows < SMALL) {
        partitions.entry((file.table, &file.partition)).or_default().push(file.clone());
    }
    partitions.retain(|_, files| files.len() >= many.max(2));
    let mut done = Compacted::default();
    let mut writer: Option<Writer> = None;
    for (_, files) in partitions {
        let files = of_one_schema(lake, files)?;
        if files.len() < 2 {
            continue;
        }
        done.files += files.len();
        done.into += 1;
        done.rows += files.iter().map(|f| f.rows).sum::<u64>();
        match &mut writer {
            Some(writer) => writer.merge(files)?,
            none => none.insert(Writer::begin(lake, &tenant)?).merge(files)?,
        }
    }
    let Some(writer) = writer else { return Ok(None) };
    done.commit = writer.commit(now)?.unwrap_or_default();
    Ok(Some(done))
}

/// The files that have the columns of the last one: an earlier version of this program may have written others.
fn of_one_schema(lake: &Lake, files: Vec<DataFile>) -> Result<Vec<DataFile>, LakeError> {
    let with = |file: DataFile| Ok((parquet_io::schema_of(&lake.root().join(&file.path))?, file));
    let with: Vec<(SchemaRef, DataFile)> = files.into_iter().map(with).collect::<Result<_, LakeError>>()?;
    let Some(newest) = with.last().map(|(schema, _)| SchemaRef::clone(schema)) else {
        return Ok(Vec::new());
    };
    Ok(with.into_iter().filter(|(schema, _)| *schema == newest).map(|(_, file)| file).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lake::records::AuditEvent;
    use crate::lake::{RowKey, View};
    use crate::model::TenantId;
    use std::collections::BTreeSet;

    fn add(lake: &Lake, day: u128) {
        let mut writer = Writer::begin(lake, &TenantId::new("t")).expect("a writer");
        let event = AuditEvent {
            id: format!("e{day}"),
            at: Instant::parse(&format!("2026-03-{day:02}T00:00:00Z")),
            ..AuditEvent::default()
        };
        let key = RowKey {
            id: day,
            content: day,
            partition: 202_603,
            retold: false,
        };
        let batch = parquet_io::to_batch(&[event]).expect("a batch");
        writer.log_rows(Table::AuditEvents, &batch, &[key]).expect("rows");
        writer.commit(Instant(0)).expect("a commit");
    }

    fn ids(view: &View) -> Vec<String> {
        let mut ids: Vec<String> = view.rows::<AuditEvent>().expect("rows").into_iter().map(|e| e.id).collect();
        ids.sort();
        ids
    }

    #[test]
    fn rows_stay_the_same_and_earlier_commits_can_still_be_read() {
        let dir = tempfile::tempdir().expect("a folder");
        let lake = Lake::open_or_create(dir.path()).expect("a lake");
        (1..=4).for_each(|day| add(&lake, day));
        let before = lake.view().expect("a view");
        let old = before.commit_id().expect("a commit").to_string();
        assert_eq!(compact(&lake, 5, Instant(1)).expect("done"), None, "four are not many");
        let done = compact(&lake, 4, Instant(1)).expect("done").expect("four are many");
        assert_eq!((done.files, done.into, done.rows), (4, 1, 4));
        let after = lake.view().expect("a view");
        assert_eq!(after.data_files(Table::AuditEvents).len(), 1);
        assert_eq!(ids(&after), ids(&before));
        assert_eq!(after.data_commit_id(), before.data_commit_id(), "no row is new");
        // What was known of the small files is known of the large one.
        let known: BTreeSet<String> = before.data_files(Table::AuditEvents).iter().map(|f| f.path.clone()).collect();
        assert!(after.files_beyond(Table::AuditEvents, &known).is_empty());
        let few: BTreeSet<String> = known.iter().skip(1).cloned().collect();
        assert_eq!(after.files_beyond(Table::AuditEvents, &few).len(), 1);
        assert_eq!(after.files_beyond(Table::AuditEvents, &BTreeSet::new()), after.data_files(Table::AuditEvents));
        // The next writer sweeps nothing that an earlier commit names.
        add(&lake, 5);
        let earlier = lake.view_at(&old).expect("an earlier view");
        assert_eq!(ids(&earlier), ids(&before));
        assert!(lake.view().expect("a view").damaged().is_empty());
        // A merged file can be merged again.
        compact(&lake, 2, Instant(2)).expect("done").expect("two are merged");
        let twice = lake.view().expect("a view");
        assert_eq!(ids(&twice).len(), 5);
        let file = twice.data_files(Table::AuditEvents)[0].path.clone();
        assert_eq!(twice.origins(&file).len(), 5);
    }
}

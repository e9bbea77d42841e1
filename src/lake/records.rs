//! Rows of the log tables and of the lake's own bookkeeping.

use crate::lake::column::columns;
use crate::lake::table::{Row, Table};
use crate::model::{Instant, Interned};

/// A reason without the value of one record: `no readable time: 'soon'` is that there is none.
#[must_use]
pub fn without_value(reason: &str) -> &str {
    reason.find(": '").map_or(reason, |at| &reason[..at])
}

/// Basis of a row of `coverage` that takes back a gap with the same subject and reason: what it lacked was read later.
pub const HEALED: &str = "healed";

columns! {
    /// A changed property of an audit target.
    struct ModifiedProperty {
        /// Property name.
        name: Option<String>,
        /// Value before, as the record spells it (often JSON in a string).
        old: Option<String>,
        /// Value after.
        new: Option<String>,
    }

    /// Something an audit event happened to.
    struct AuditTarget {
        /// Object id.
        id: Option<String>,
        /// Name at that time.
        name: Option<String>,
        /// `User`, `Group`, `AccessPackage` …
        kind: Option<String>,
        /// User principal name.
        upn: Option<String>,
        /// Kind of group.
        group_type: Option<String>,
        /// What changed.
        modified: Vec<ModifiedProperty>,
    }

    /// A key and value of `additionalDetails`.
    struct Detail {
        /// Key.
        key: Option<String>,
        /// Value.
        value: Option<String>,
    }

    /// A directory audit event, whole.
    struct AuditEvent {
        /// Tenant.
        tenant_id: String,
        /// Opaque id of the event.
        id: String,
        /// When it happened; null when the text is no time.
        at: Option<Instant>,
        /// The time as the record spells it.
        at_text: String,
        /// Activity name as recorded.
        activity: String,
        /// Activity name lowered, trimmed, without trailing full stops: what the vocabulary is joined on.
        activity_key: String,
        /// Category.
        category: Option<String>,
        /// The service that logged it.
        service: Option<String>,
        /// Operation type.
        operation_type: Option<String>,
        /// `success`, `failure` …
        result: Option<String>,
        /// Reason of the result.
        result_reason: Option<String>,
        /// Correlation id.
        correlation_id: Option<String>,
        /// `user`, `app`, or null.
        actor_kind: Option<String>,
        /// Object id of the user, or of the application's service principal.
        actor_id: Option<String>,
        /// Name of the actor.
        actor_name: Option<String>,
        /// User principal name of the actor.
        actor_upn: Option<String>,
        /// Address of the actor.
        actor_ip: Option<String>,
        /// Application id of the actor.
        actor_app_id: Option<String>,
        /// User agent.
        user_agent: Option<String>,
        /// What it happened to.
        targets: Vec<AuditTarget>,
        /// Additional details.
        details: Vec<Detail>,
        /// Members of the record that no column takes, as JSON.
        extra: Option<String>,
        /// Hash of the record's content without its envelope.
        content_hash: String,
        /// SHA-256 of the file it came from.
        source: String,
        /// Ordinal of the record in that file, from 1; a heading is none.
        source_row: i64,
    }

    /// A conditional-access policy as applied to a sign-in.
    struct AppliedPolicy {
        /// Policy id.
        id: Option<String>,
        /// Policy name.
        name: Option<String>,
        /// `success`, `failure`, `notApplied`, `reportOnlySuccess` …
        result: Option<String>,
    }

    /// A sign-in.
    struct SignIn {
        /// Tenant.
        tenant_id: String,
        /// Id of the sign-in.
        id: String,
        /// When; null when the text is no time.
        at: Option<Instant>,
        /// The time as the record spells it.
        at_text: String,
        /// `interactiveUser`, `nonInteractiveUser`, `servicePrincipal`, `managedIdentity`.
        stream: String,
        /// User's object id, lower case.
        user_id: Option<String>,
        /// User's name.
        user_name: Option<String>,
        /// User principal name.
        upn: Option<String>,
        /// `member` or `guest`.
        user_type: Option<String>,
        /// Client application id.
        app_id: Option<String>,
        /// Client application name.
        app_name: Option<String>,
        /// Resource application id.
        resource_id: Option<String>,
        /// Resource name.
        resource_name: Option<String>,
        /// Object id of the resource's service principal.
        resource_sp_id: Option<String>,
        /// Object id of the service principal that signed in.
        sp_id: Option<String>,
        /// Error code; 0 is success.
        error_code: Option<i64>,
        /// `singleFactorAuthentication`, `multiFactorAuthentication`; null in v1.0 records.
        authentication_requirement: Option<String>,
        /// `success`, `failure`, `notApplied`.
        ca_status: Option<String>,
        /// Policies as applied.
        applied_policies: Vec<AppliedPolicy>,
        /// Whether a person was at it.
        is_interactive: Option<bool>,
        /// Address.
        ip: Option<String>,
        /// Country or region.
        country: Option<String>,
        /// City.
        city: Option<String>,
        /// Device id.
        device_id: Option<String>,
        /// Operating system.
        device_os: Option<String>,
        /// Whether the device is compliant.
        device_compliant: Option<bool>,
        /// Whether the device is managed.
        device_managed: Option<bool>,
        /// Client kind.
        client_app: Option<String>,
        /// Home tenant of a guest.
        home_tenant_id: Option<String>,
        /// Correlation id.
        correlation_id: Option<String>,
        /// Which kind of agent signed in, for itself or for the person whom the record names: agenticApp, agenticAppInstance,
        /// agentIDuser and so on; null when it was no agent, or nothing says so.
        agent_type: Option<String>,
        /// Members of the record that no column takes, as JSON.
        extra: Option<String>,
        /// Hash of the record's content without its envelope.
        content_hash: String,
        /// SHA-256 of the file it came from.
        source: String,
        /// Ordinal of the record in that file, from 1; a heading is none.
        source_row: i64,
    }

    /// One look at one object: this content was there at that time.
    struct Sighting {
        /// Tenant.
        tenant_id: Interned,
        /// Object table.
        collection: Interned,
        /// Object id.
        object_id: Interned,
        /// Content that was seen.
        content_hash: Interned,
        /// When it was seen.
        observed_at: Instant,
        /// The look, when it was a collection of its own; null for an object nested by `$expand`.
        snapshot_id: Option<Interned>,
        /// True when only the file's modification time dates it: proves presence by then, never absence.
        presence_only: bool,
        /// SHA-256 of the file it came from.
        source: Interned,
        /// Ordinal of the record in that file, from 1; a heading is none.
        source_row: i64,
    }

    /// One look at one collection.
    struct Snapshot {
        /// Tenant.
        tenant_id: String,
        /// Id made of collection, scope, folder and instant.
        id: String,
        /// Object table.
        collection: String,
        /// `tenant`, or the group, application or review instance whose part this is.
        scope: String,
        /// When the look was over: the latest instant of its pages.
        observed_at: Instant,
        /// When it began.
        observed_from: Instant,
        /// Rows seen.
        rows: i64,
        /// `proven`, `claimed` or `no`.
        complete: String,
        /// Where the instant comes from: `flag`, `path`, `modified` or `pull`.
        dated_by: String,
        /// Why it is not complete.
        reason: Option<String>,
    }

    /// A source and the time that it covers, or a gap in it.
    struct Coverage {
        /// Tenant.
        tenant_id: String,
        /// `audit`, `sign_ins:interactiveUser` …, or an object collection.
        subject: String,
        /// `proven`, `asserted`, `inferred`, `gap`, or `healed` for a gap that was read later.
        basis: String,
        /// Beginning; null for a gap without a time.
        from: Option<Instant>,
        /// End, exclusive.
        until: Option<Instant>,
        /// Why there is a gap, or who asserts it.
        reason: Option<String>,
        /// SHA-256 of the file it came from.
        source: Option<String>,
    }

    /// A record that was not taken.
    struct Reject {
        /// Path as given.
        path: String,
        /// SHA-256 of the file.
        source: String,
        /// Ordinal of the record in the file, from 1; null where the file was not divided into records.
        source_row: Option<i64>,
        /// Byte offset of the record in the (decompressed) file.
        offset: i64,
        /// Length of the record in bytes.
        length: i64,
        /// `rejected` (a bad record) or `unmapped` (no table takes it).
        verdict: String,
        /// Why.
        reason: String,
        /// SHA-256 of the raw bytes.
        sha256: String,
        /// The raw bytes as text, cut to 4,096 bytes.
        raw: String,
    }

    /// A file that was read, with its arithmetic.
    struct Source {
        /// SHA-256 of the file as it lay on disk.
        sha256: String,
        /// Path as given.
        path: String,
        /// Size in bytes.
        bytes: i64,
        /// What its content was found to be.
        format: String,
        /// Records read; `read = kept + duplicate + rejected + unmapped`.
        read: i64,
        /// Records kept.
        kept: i64,
        /// Records that the lake had already.
        duplicate: i64,
        /// Bad records.
        rejected: i64,
        /// Records that no table takes.
        unmapped: i64,
        /// Kept records whose id was known with other content.
        conflicting: i64,
        /// The instant of its snapshots.
        observed_at: Option<Instant>,
        /// Where that instant comes from.
        dated_by: Option<String>,
        /// Remarks, such as assignments without a holder.
        note: Option<String>,
    }

    /// What a pull asked of one collection, with which rights, what came, and what became of it.
    struct Pull {
        /// Tenant.
        tenant_id: String,
        /// Id of the pull.
        id: String,
        /// Collection, as `pull --only` calls it.
        collection: String,
        /// What it covers: `audit`, `sign_ins:interactiveUser` …, or a table.
        subject: String,
        /// Address without options; `{}` stands for ids of objects.
        endpoint: String,
        /// Options: `$select`, `$expand`, `$top` …, and of a log the `$filter` of all its slices together.
        options: String,
        /// Edition of the API.
        version: String,
        /// First instant asked for of a log.
        from: Option<Instant>,
        /// Last instant asked for of a log.
        until: Option<Instant>,
        /// When the first request was sent.
        started: Instant,
        /// When the last answer had come.
        ended: Instant,
        /// Permissions that the token carried, as far as it says.
        scopes: Vec<String>,
        /// The service's ids of the requests, sorted.
        request_ids: Vec<String>,
        /// Parts asked for: slices of a log, listings, parts of objects.
        units: i64,
        /// Parts that were read to their last page.
        units_complete: i64,
        /// Pages received, those of walks that were begun again too.
        pages: i64,
        /// Records that the service said there are (`@odata.count`), when it said so of every part.
        counted: Option<i64>,
        /// Records received.
        received: i64,
        /// Records that the lake did not have: `received = stored + duplicate + rejected`.
        stored: i64,
        /// Records that came twice, or that the lake had.
        duplicate: i64,
        /// Records that were not taken, bad ones and those that no table takes.
        rejected: i64,
        /// Whether the whole retention was read.
        deep: bool,
        /// Whether nothing is missing.
        complete: bool,
        /// What is missing.
        reason: Option<String>,
    }
}

macro_rules! rows {
    ($($ty:ident => $table:ident),+ $(,)?) => {$(
        impl Row for $ty {
            const TABLE: Table = Table::$table;
        }
    )+};
}

rows! {
    AuditEvent => AuditEvents, SignIn => SignIns, Sighting => Sightings, Snapshot => Snapshots,
    Coverage => Coverage, Reject => Rejects, Source => Sources, Pull => Pulls,
}

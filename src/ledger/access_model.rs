//! The access model: everything that a check may look at, typed, named and indexed.

use crate::ledger::accounts::Accounts;
use crate::ledger::evidence::UsageDay;
use crate::ledger::governance::Governance;
use crate::ledger::names::Names;
use crate::ledger::policy_history::PolicyHistory;
use crate::ledger::span::Span;
use crate::ledger::unattributed::UnattributedAct;
use crate::model::{
    AccessEvent, AssignmentId, Decision, EntitlementKey, EntitlementKind, Holding, Instant, Interned, IsoDuration, PackageId, PolicyId, PrincipalId, RequestId,
    TenantId, Window,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// A request with all that is known of it, from its record and from events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestHistory {
    /// Request id.
    pub id: RequestId,
    /// `userAdd`, `onBehalfAdd`, `adminAdd`, `systemAdd`, `userUpdate`, `userRemove` … in the spelling of v1.0.
    pub kind: Interned,
    /// `delivered`, `denied`, `canceled` … in the spelling of v1.0; empty when only events tell.
    pub state: Interned,
    /// Created.
    pub created_at: Option<Instant>,
    /// Completed.
    pub completed_at: Option<Instant>,
    /// Who asked: never the assignee of a direct assignment.
    pub requestor: Option<PrincipalId>,
    /// Who is to receive.
    pub recipient: Option<PrincipalId>,
    /// Who is named as requestor of a removal or a change by another, where no record names the recipient: Graph gives the
    /// assignee there, and some exports give who asked.
    pub likely_recipient: Option<PrincipalId>,
    /// The administrator who assigned directly.
    pub administrator: Option<PrincipalId>,
    /// Who asked for the removal, by name; empty when no witness says.
    pub removed_by: Interned,
    /// The same by object id, where an event tells.
    pub removal_asked_by: Option<PrincipalId>,
    /// Package.
    pub package: Option<PackageId>,
    /// Policy.
    pub policy: Option<PolicyId>,
    /// Assignment.
    pub assignment: Option<AssignmentId>,
    /// The reason given; `None` when absent, kept as it is otherwise.
    pub justification: Option<Interned>,
    /// Whether a record that could hold a reason was seen (the request itself, or its "asks" event).
    pub justification_visible: bool,
    /// Decisions of approvers, by stage and time.
    pub decisions: Vec<Decision>,
    /// Whether a record of its approval has the reasons of the approvers, be they empty.
    pub reasons_told: bool,
    /// Requested end.
    pub end_at: Option<Instant>,
    /// `noExpiration`, `afterDateTime` …; empty when unknown.
    pub expiration_type: Interned,
    /// Records, `table:id`, sorted.
    pub evidence: Vec<Interned>,
}

/// A user as last seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// Name.
    pub name: Interned,
    /// User principal name.
    pub upn: Interned,
    /// `userType`, as recorded; empty when no record tells it. A name with `#EXT#` tells nothing: it stays when a guest becomes a member.
    pub user_type: Interned,
    /// `userType` is Guest.
    pub guest: bool,
    /// Employee number, by which two accounts of one person are known; empty when none is recorded.
    pub employee_id: Interned,
    /// Employee type, as recorded.
    pub employee_type: Interned,
    /// Whether the account can sign in; `None` when no record says.
    pub enabled: Option<bool>,
    /// Whether it is the account of an agent and not of a person.
    pub agent: bool,
    /// When the person leaves or left, as last told.
    pub leave_at: Option<Instant>,
    /// Whether a record tells when, be it never: exports have the member where they are asked for it only.
    pub leave_told: bool,
    /// When the account was deleted.
    pub deleted_at: Option<Instant>,
    /// Last success by `signInActivity`.
    pub last_successful_at: Option<Instant>,
    /// Whether any look had `signInActivity` values for this person.
    pub created_at: Option<Instant>,
    /// Department.
    pub department: Interned,
    /// Mail address; empty when none is on record.
    pub mail: Interned,
    /// The manager, where the record was expanded with it.
    pub manager: Option<PrincipalId>,
    /// Whether the record was expanded with the manager, be it none.
    pub manager_told: bool,
    /// Sponsors, sorted; `None` where the record was not expanded with them.
    pub sponsors: Option<Vec<PrincipalId>>,
    /// Job title; empty when none is on record.
    pub job_title: Interned,
    /// Company; empty when none is on record.
    pub company: Interned,
    /// `externalUserState`: `PendingAcceptance`, `Accepted`; empty when none is on record.
    pub external_state: Interned,
    /// Records, `table:id`.
    pub evidence: Vec<Interned>,
}

/// A package as last seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackageFacts {
    /// Name.
    pub name: String,
    /// Description.
    pub description: String,
    /// Whether its record has a description, be it empty: what other records carry of a package may be its name alone.
    pub description_told: bool,
    /// Catalog id.
    pub catalog: String,
    /// What it contains.
    pub roles: Vec<PackageRole>,
    /// Whether its record was exported with its contents, be they none.
    pub contents_told: bool,
    /// Its policies.
    pub policies: Vec<PolicyId>,
    /// Why it is sensitive; empty when it is not.
    pub sensitive_because: String,
    /// Whether the newest complete look no longer lists it.
    pub removed: bool,
}

/// A resource role in a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackageRole {
    /// `group`, `application`, `site`, `directory_role` or `other`.
    pub kind: String,
    /// Group id, service principal id, site or role.
    pub resource: String,
    /// Name of the resource.
    pub resource_name: String,
    /// Where the resource is from, as the record says; told where `kind` is `other`.
    pub origin: String,
    /// `Member`, `Owner`, or the app role's name.
    pub role: String,
    /// App role id, lower case; empty for groups.
    pub app_role_id: String,
    /// When it entered the package.
    pub since: Option<Instant>,
}

/// A resource role in a package, and when the package contained it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageContent {
    /// The package.
    pub package: PackageId,
    /// What it gives; `None` for a kind that no mapping knows.
    pub entitlement: Option<EntitlementKey>,
    /// How people call the resource.
    pub resource_name: Interned,
    /// When, as a holding of the package: ends with their certainty.
    pub span: Span,
    /// The records that show it, `table:id`, sorted.
    pub evidence: Vec<Interned>,
}

/// A policy as last seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyFacts {
    /// Name.
    pub name: String,
    /// Package.
    pub package: Option<PackageId>,
    /// `allowedTargetScope`; empty when unknown.
    pub target_scope: String,
    /// Whether a rule assigns.
    pub automatic: bool,
    /// Whether its record tells so: one that another record names only does not.
    pub automatic_told: bool,
    /// `noExpiration`, `afterDuration` …
    pub expiration_type: String,
    /// Whether new requests need approval; `None` when unknown.
    pub approval_required: Option<bool>,
    /// Whether a reason is asked; `None` when unknown (v1.0).
    pub justification_asked: Option<bool>,
    /// Whether reviews are on; `None` when the record does not tell (no such member).
    pub review_enabled: Option<bool>,
    /// Period of reviews.
    pub review_every: Option<IsoDuration>,
    /// Period as written.
    pub review_every_text: String,
    /// Begin of the review series.
    pub review_from: Option<Instant>,
    /// When the review series ends or ended, by its range; none where it has no end.
    pub review_until: Option<Instant>,
    /// How long reviewers have in each review; none where the record does not tell.
    pub review_lasts: Option<IsoDuration>,
    /// Whether the review happens once only.
    pub review_once: bool,
    /// Whether no record tells when the review series ends: its range is missing, or of a kind that is not known.
    pub review_range_unclear: bool,
    /// Whether the holders review themselves.
    pub self_review: bool,
    /// Whether an extension needs approval; `None` when unknown.
    pub approval_for_extension: Option<bool>,
    /// Approvers of all stages, `kind:id`, in order.
    pub approvers: Vec<String>,
    /// Stages of approval, in order.
    pub stages: Vec<StageFacts>,
    /// Description.
    pub description: String,
    /// How long assignments last, where they last for a time.
    pub expires_after: Option<IsoDuration>,
    /// The same as written.
    pub expires_after_text: String,
    /// When all assignments end, where they end on one day.
    pub expires_at: Option<Instant>,
    /// Whether requestors may ask for a period of their own; `None` when unknown.
    pub custom_schedule: Option<bool>,
    /// Whether holders may extend what they hold; `None` when unknown.
    pub extendable: Option<bool>,
    /// Whether anybody may ask at all, for themselves or for others; `None` when unknown.
    pub requests_accepted: Option<bool>,
    /// Primary reviewers, `kind:id`.
    pub reviewers: Vec<String>,
    /// Questions to requestors and whether an answer is due, sorted; `None` where the record does not list them.
    pub questions: Option<Vec<(String, bool)>>,
    /// Created.
    pub created_at: Option<Instant>,
    /// Last changed.
    pub modified_at: Option<Instant>,
    /// Whether the newest complete look no longer lists it.
    pub removed: bool,
}

/// A stage of approval.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StageFacts {
    /// Primary approvers, `kind:id`.
    pub approvers: Vec<String>,
    /// Who decides when no primary approver can, `kind:id`.
    pub fallbacks: Vec<String>,
    /// Whom the stage asks when nobody has decided in time, `kind:id`.
    pub alternates: Vec<String>,
    /// Whether approvers must give a reason; `None` when unknown.
    pub justification: Option<bool>,
    /// How long approvers have.
    pub duration: Option<IsoDuration>,
    /// The same as written.
    pub duration_text: String,
}

/// A group as last seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupFacts {
    /// Name.
    pub name: String,
    /// Membership by rule, as last told; `None` when no record tells.
    pub dynamic: Option<bool>,
    /// Synchronised from on premises, as last told; `None` when no record tells.
    pub synced: Option<bool>,
    /// May carry directory roles; Graph has null for groups that may not.
    pub role_assignable: bool,
    /// Whether its record tells: `isAssignableToRole` is null for most groups, and absent where it was not exported.
    pub role_assignable_told: bool,
    /// When it was deleted, where its record says.
    pub deleted_at: Option<Instant>,
}

/// An application's service principal as last seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppFacts {
    /// Name.
    pub name: String,
    /// Application id, lower case.
    pub app_id: String,
    /// `servicePrincipalType`: Application, ManagedIdentity, ServiceIdentity (an agent) …; empty when unknown.
    pub kind: String,
    /// App role names by id.
    pub roles: BTreeMap<String, String>,
    /// Whether only those who are assigned may use it; `None` when no record says.
    pub assignment_required: Option<bool>,
}

/// An active schedule instance of privileged identity management, as last seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RoleScheduleFacts {
    /// `assignmentType`: Assigned (standing) or Activated (for a while); empty when unknown.
    pub assignment_type: Interned,
    /// Its end; none is permanent.
    pub end_at: Option<Instant>,
}

/// A decision of an access review.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewDecision {
    /// Decision id.
    pub id: Interned,
    /// `Approve`, `Deny` …
    pub decision: Interned,
    /// `AppliedSuccessfully` …
    pub apply_result: Interned,
    /// Who was reviewed.
    pub principal: PrincipalId,
    /// Package, policy, group or application under review.
    pub resource: Interned,
    /// When it was decided.
    pub reviewed_at: Option<Instant>,
    /// When it was applied.
    pub applied_at: Option<Instant>,
    /// Who decided; `None` when nobody did, or when the record does not tell.
    pub reviewer: Option<PrincipalId>,
    /// Whether the record tells who decided, be it nobody.
    pub reviewer_told: bool,
    /// Its series, by id; empty when unknown.
    pub series: Interned,
    /// Its instance, by id; empty when unknown.
    pub instance: Interned,
    /// The reviewer's reason; empty when none was given.
    pub justification: Interned,
}

/// Which time a subject's log covers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// Proven, asserted or inferred, merged and sorted.
    pub any: Vec<Window>,
    /// Proven or asserted only.
    pub attested: Vec<Window>,
    /// Proven only: a pull read it to its last page.
    #[serde(default)]
    pub proven: Vec<Window>,
    /// Gaps with their reasons.
    pub gaps: Gaps,
}

/// Gaps with their reasons; a gap without a window may be anywhere.
pub type Gaps = Vec<(Option<Window>, String)>;

impl Covered {
    /// Whether one stretch of coverage spans the whole window, by any basis.
    #[must_use]
    pub fn spans(&self, window: Window) -> bool {
        self.any.iter().any(|w| w.contains(&window))
    }

    /// The same by proof or assertion only.
    #[must_use]
    pub fn attested_spans(&self, window: Window) -> bool {
        self.attested.iter().any(|w| w.contains(&window))
    }
}

/// One look at one collection or a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Look {
    /// When it began: where it took long, or only its day is known, it lists what was there at some instant from then on.
    pub since: Instant,
    /// When it was over.
    pub at: Instant,
    /// Proven or claimed complete: absence counts.
    pub complete: bool,
}

/// The collection whose complete look lists every holder of a kind of entitlement; `None` for what no source lists.
#[must_use]
pub fn listed_in(kind: EntitlementKind) -> Option<&'static str> {
    match kind {
        EntitlementKind::AccessPackage => Some("assignments"),
        EntitlementKind::Group => Some("memberships"),
        EntitlementKind::AppRole => Some("app_role_assignments"),
        EntitlementKind::DirectoryRole => Some("directory_roles"),
        EntitlementKind::SiteRole => None,
    }
}

/// Looks by (collection table name, scope).
pub type Looks = BTreeMap<(Interned, Interned), Vec<Look>>;
/// Instants by (collection table name, object id).
pub type SeenAt = HashMap<(Interned, Interned), Vec<Instant>>;

/// The ids that the newest complete look at a collection lists, and when it was over.
pub type Listed = HashMap<&'static str, (Instant, HashSet<Interned>)>;

/// Everything that a check may look at.
#[derive(Debug, Clone, Default)]
pub struct AccessModel {
    /// Tenant.
    pub tenant: TenantId,
    /// The instant of the questions.
    pub as_of: Instant,
    /// The newest observation of the evidence store.
    pub newest: Instant,
    /// The ledger: direct holdings, sorted.
    pub holdings: Vec<Holding>,
    /// Facts, sorted by time.
    pub events: Arc<Vec<AccessEvent>>,
    /// Requests by id.
    pub requests: BTreeMap<RequestId, RequestHistory>,
    /// Users by object id.
    pub people: BTreeMap<PrincipalId, Person>,
    /// Packages by id.
    pub packages: BTreeMap<PackageId, PackageFacts>,
    /// Policies by id.
    pub policies: BTreeMap<PolicyId, PolicyFacts>,
    /// What policies were before, and their changes, by id.
    pub policy_history: BTreeMap<PolicyId, PolicyHistory>,
    /// Groups by object id.
    pub groups: BTreeMap<String, GroupFacts>,
    /// Service principals by object id.
    pub apps: BTreeMap<String, AppFacts>,
    /// Active schedule instances of privileged identity management, by record id.
    pub role_schedules: BTreeMap<Interned, RoleScheduleFacts>,
    /// What collections call a principal that no export of users, groups or service principals lists: `user`, `serviceprincipal` …
    pub subject_types: BTreeMap<PrincipalId, Interned>,
    /// Directory role names by role id.
    pub roles: BTreeMap<String, String>,
    /// Directory roles that anybody ever held, by role id, sorted.
    pub held_roles: Vec<Interned>,
    /// Catalog names by id.
    pub catalogs: BTreeMap<String, String>,
    /// Owners of groups, applications and service principals, by their id, sorted.
    pub owners: BTreeMap<String, Vec<PrincipalId>>,
    /// Owners of catalogs, by the catalog's id, sorted.
    pub owners_of_catalogs: BTreeMap<String, Vec<PrincipalId>>,
    /// What packages contained, from when to when, sorted.
    pub contents: Vec<PackageContent>,
    /// How objects were called, when.
    pub names: Arc<Names>,
    /// Whether accounts could be used, when.
    pub accounts: Arc<Accounts>,
    /// Delivered assignments of which no record names the holder, by package (`None` where the package is not named either).
    pub holderless: BTreeMap<Option<Interned>, usize>,
    /// Role assignments of which no record names the holder, by the directory role or application.
    pub unnamed: BTreeMap<Interned, usize>,
    /// Decisions of access reviews, by id.
    pub review_decisions: Vec<ReviewDecision>,
    /// What surrounds access and is no holding.
    pub governance: Governance,
    /// Sign-ins by principal, application and day, sorted.
    pub usage: Arc<Vec<UsageDay>>,
    /// Coverage by log: `audit`, `sign_ins:interactiveUser`, `sign_ins:nonInteractiveUser` …
    pub coverage: BTreeMap<String, Covered>,
    /// What is missing of collections, by table name (`unknown` when a file that cannot be read does not tell).
    pub collection_gaps: BTreeMap<String, Gaps>,
    /// Looks by (collection table name, scope), sorted by time.
    pub looks: Arc<Looks>,
    /// Users, groups and service principals that the newest complete look at the whole tenant lists, and when that was over; by
    /// collection table name.
    pub listed: Listed,
    /// When each object was seen: (collection table name, object id) to sorted instants.
    pub seen: Arc<SeenAt>,
    /// Activities that no mapping knows, with counts.
    pub unknown_activities: Vec<(String, i64)>,
    /// A record of each activity that no mapping knows, by the activity's key.
    pub unknown_examples: BTreeMap<String, Interned>,
    /// Activities that no mapping knows, by the objects that their records name.
    pub unknown_about: BTreeMap<Interned, Vec<String>>,
    /// Grants and ends of which the record does not name the entitlement.
    pub unattributed: Vec<UnattributedAct>,
    /// Audit records of which no time can be read.
    pub untimed_records: usize,
    /// Requests by recipient.
    pub requests_by_recipient: BTreeMap<PrincipalId, Vec<RequestId>>,
}

impl AccessModel {
    /// The name of a principal as of the instant of the questions; the id itself where no witness names it.
    #[must_use]
    pub fn principal_name(&self, id: &PrincipalId) -> Interned {
        self.principal_name_at(id, self.as_of)
    }

    /// The name of a principal at an instant: the principal name, else the display name, else the id itself.
    #[must_use]
    pub fn principal_name_at(&self, id: &PrincipalId, at: Instant) -> Interned {
        let named = self.names.of(id.as_str()).map(|n| n.shown_at(at));
        named.filter(|n| !n.is_empty()).unwrap_or_else(|| id.interned())
    }

    /// Whether the log of `subject` is in the lake at all.
    #[must_use]
    pub fn has_log(&self, subject: &str) -> bool {
        self.coverage.get(subject).is_some_and(|c| !c.any.is_empty())
    }

    /// Requests for a principal, by id.
    pub fn requests_of(&self, principal: &PrincipalId) -> impl Iterator<Item = &RequestHistory> {
        self.requests_by_recipient
            .get(principal)
            .into_iter()
            .flatten()
            .filter_map(|id| self.requests.get(id))
    }

    /// Fills the indexes; called once, when events and requests are complete.
    pub(crate) fn index(&mut self) {
        self.requests_by_recipient.clear();
        for story in self.requests.values() {
            if let Some(recipient) = &story.recipient {
                self.requests_by_recipient.entry(recipient.clone()).or_default().push(story.id.clone());
            }
        }
    }

    /// Holdings held at the instant of the questions.
    pub fn held(&self) -> impl Iterator<Item = &Holding> {
        self.holdings.iter().filter(|h| h.held_at(self.as_of))
    }
}

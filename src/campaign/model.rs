//! What a campaign is: the frozen head, its items, and who reviews them.

use crate::model::access::words;
use crate::model::{EntitlementKind, Holding, Instant, TenantId, Window};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

macro_rules! name {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is.
            #[must_use]
            pub fn new(text: &str) -> Self {
                Self(text.to_string())
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    )+};
}

name! {
    /// A campaign: letters, digits and hyphens, made of its name and the hash of what it was opened from.
    CampaignId,
    /// A review item: `i` and 19 hex digits, made of campaign, holder, entitlement and assignment.
    ItemId,
    /// A reviewer's folder name: `a-z`, `0-9`, `.`, `_` and `-` only, never empty; see [`ReviewerKey::UNASSIGNED`].
    ReviewerKey,
}

impl ReviewerKey {
    /// Who has the items for which no rule gives a reviewer: a folder and sheets like the others.
    pub const UNASSIGNED: &'static str = "unassigned";

    /// Whether nobody is meant.
    #[must_use]
    pub fn is_unassigned(&self) -> bool {
        self.0 == Self::UNASSIGNED
    }
}

words! {
    /// How much an item weighs on a sheet; the heaviest come first.
    Risk {
        /// Nothing speaks against it.
        Low => "low",
        /// A finding of medium weight, a guest, or no use.
        Medium => "medium",
        /// A sensitive entitlement or a finding of high weight.
        High => "high",
    }
}

words! {
    /// What the evidence speaks for; the reviewer decides.
    Recommendation {
        /// Nothing speaks against it, and something for it.
        Keep => "keep",
        /// A finding speaks against it.
        Revoke => "revoke",
        /// The evidence does not tell.
        None => "none",
    }
}

/// The head of a campaign: frozen when it is opened, and never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// Version of this record, 1.
    pub format: u32,
    /// Its id.
    pub id: CampaignId,
    /// Its name, as people know it; campaigns of one name are a series.
    pub name: String,
    /// The campaign of the same name before it.
    pub previous: Option<CampaignId>,
    /// Tenant.
    pub tenant: TenantId,
    /// The commit of the lake from which the population was taken, all 64 digits.
    pub commit: String,
    /// Its sequence number.
    pub commit_sequence: u64,
    /// The instant at which the population is held.
    #[serde(with = "crate::campaign::moment")]
    pub as_of: Instant,
    /// When it was opened.
    #[serde(with = "crate::campaign::moment")]
    pub opened_at: Instant,
    /// Who opened it.
    pub opened_by: String,
    /// Decisions are due before this: the end of a day in [`Campaign::zone`], except where Entra set it.
    #[serde(with = "crate::campaign::moment")]
    pub due_at: Instant,
    /// The time zone in which its days end, such as `Europe/Berlin`; empty for UTC.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub zone: String,
    /// The time under review.
    #[serde(with = "crate::campaign::moment::window")]
    pub period: Window,
    /// Number of items.
    pub population: usize,
    /// SHA-256 over the identity of all items; see [`population_hash`].
    pub population_sha256: String,
    /// Reviewers with a sheet, sorted by key; `unassigned` is among them when it has items.
    pub reviewers: Vec<Reviewer>,
    /// What was wrong with the sources when it was opened.
    pub warnings: Vec<String>,
    /// The reason given with `--force`, when warnings would have refused the opening.
    pub forced: Option<String>,
    /// The configuration, as text.
    pub configuration: String,
    /// The instance of an access review of Entra whose list of decisions is the population.
    pub entra_instance: Option<String>,
    /// When Entra began and ended that instance, where its records say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entra_period: Option<EntraPeriod>,
}

/// The time of an access review of Entra, as Entra recorded it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntraPeriod {
    /// Its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::campaign::moment::option")]
    pub started_at: Option<Instant>,
    /// Its end: when decisions were due.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::campaign::moment::option")]
    pub ended_at: Option<Instant>,
}

/// A reviewer of a campaign.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewer {
    /// Folder name.
    pub key: ReviewerKey,
    /// Object id; empty for `unassigned`.
    pub principal_id: String,
    /// Display name.
    pub name: String,
    /// Address for mails: mail or principal name; empty when none is known.
    pub mail: String,
    /// Object id of the manager, for escalations; empty when none is known.
    pub manager_id: String,
}

/// One holding to be judged. What is here is identity or is needed for the remedy; what helps to judge is [`Context`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// Who holds: object id.
    pub principal_id: String,
    /// The holder's name at opening.
    pub principal_name: String,
    /// `user`, `guest`, `service_principal`, `group` or `unknown`.
    pub principal_type: String,
    /// What kind of thing is held.
    pub entitlement_kind: EntitlementKind,
    /// The directory's key of it, as in [`crate::model::EntitlementKey`].
    pub entitlement_id: String,
    /// Its name at opening.
    pub entitlement_name: String,
    /// The package assignment behind it; empty for other kinds.
    pub assignment_id: String,
    /// `active` or `eligible`.
    pub assignment_state: String,
    /// First instant at which it is proved, of the holding that was frozen.
    #[serde(with = "crate::campaign::moment::option")]
    pub held_from: Option<Instant>,
    /// The end that was set when it was frozen.
    #[serde(with = "crate::campaign::moment::option")]
    pub scheduled_until: Option<Instant>,
    /// The policy of the assignment; empty when unknown.
    pub policy_id: String,
    /// Whether it is sensitive, so that rules for sensitive items apply.
    pub sensitive: bool,
    /// Its weight.
    pub risk: Risk,
    /// What the evidence speaks for.
    pub recommendation: Recommendation,
    /// Who decides first, by the rules at opening.
    pub reviewer: ReviewerKey,
    /// Who decides in the second stage; `None` when one stage is enough.
    pub second: Option<ReviewerKey>,
    /// Open findings about it, by check id; for the quality of decisions to keep.
    pub findings: Vec<String>,
    /// What speaks against the independence of the first reviewer, and does not refuse them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disclosed: Vec<Disclosure>,
    /// The same of the second.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub second_disclosed: Vec<Disclosure>,
    /// Assignments of packages that give what is held, as they were when it was frozen; empty for packages themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delivered_by: Vec<Delivery>,
    /// What a package gave its holder when it was frozen: `kind:id` of each membership and role.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delivers: Vec<String>,
}

/// A package by which somebody has a membership or a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The package.
    pub package_id: String,
    /// Its name at opening.
    pub package_name: String,
    /// The assignment.
    pub assignment_id: String,
}

words! {
    /// What speaks against the independence of a reviewer without refusing them; it is disclosed and counted.
    Disclosure {
        /// They approved the request for what they review.
        ApprovedRequest => "approved-request",
        /// They asked for it, for the holder.
        AskedForHolder => "asked-for-holder",
        /// The holder is their manager.
        ReportsToHolder => "reports-to-holder",
        /// The holder is a manager above their manager.
        ReportsToHolderIndirectly => "reports-to-holder-indirectly",
        /// The first reviewer of the item is their manager.
        ReportsToFirstReviewer => "reports-to-first-reviewer",
        /// Holder and reviewer review each other.
        MutualReview => "mutual-review",
    }
}

impl Disclosure {
    /// In words, as said of the reviewer.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::ApprovedRequest => "you also approved the request",
            Self::AskedForHolder => "you asked for this access, for the holder",
            Self::ReportsToHolder => "the holder is your manager",
            Self::ReportsToHolderIndirectly => "the holder is above your manager",
            Self::ReportsToFirstReviewer => "the first reviewer is your manager",
            Self::MutualReview => "the holder reviews your access, too",
        }
    }

    /// In words, as said of the first reviewer to the second.
    #[must_use]
    pub fn of_first(self) -> &'static str {
        match self {
            Self::ApprovedRequest => "the first reviewer approved the request",
            Self::AskedForHolder => "the first reviewer asked for this access, for the holder",
            Self::ReportsToHolder => "the holder is the first reviewer's manager",
            Self::ReportsToHolderIndirectly => "the holder is above the first reviewer's manager",
            Self::ReportsToFirstReviewer => "the first reviewer is the manager of the second",
            Self::MutualReview => "the holder and the first reviewer review each other",
        }
    }

    /// In words, for counts.
    #[must_use]
    pub fn counted(self) -> &'static str {
        match self {
            Self::ApprovedRequest => "reviewed by who approved the request",
            Self::AskedForHolder => "reviewed by who asked for the access on the holder's behalf",
            Self::ReportsToHolder => "reviewed by somebody whose manager is the holder",
            Self::ReportsToHolderIndirectly => "reviewed by somebody whose manager reports to the holder, directly or through others",
            Self::ReportsToFirstReviewer => "reviewed in the second stage by somebody whose manager decides in the first",
            Self::MutualReview => "reviewed by somebody whose own access the holder reviews",
        }
    }
}

/// The name of what is held, as it stands on a sheet: a group's members, owners and eligible members are told apart.
#[must_use]
pub fn shown_name(h: &Holding) -> String {
    match (h.entitlement.is_group_owner(), h.entitlement.is_eligible()) {
        (false, false) => h.entitlement_name.to_string(),
        (true, false) => format!("{} (owner)", h.entitlement_name),
        (false, true) => format!("{} (eligible)", h.entitlement_name),
        (true, true) => format!("{} (owner, eligible)", h.entitlement_name),
    }
}

/// What a person needs to judge an item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Context {
    /// The item.
    pub item: ItemId,
    /// Names from the holder to the entitlement.
    pub path: String,
    /// Since when, with its certainty in words: `since 2026-01-05`, `before 2025-12-31`.
    pub since: String,
    /// The end that is set, in words: `2026-12-31`, `no end`.
    #[serde(alias = "until")]
    pub current_end: String,
    /// How it came about: `user_request`, `admin_direct` …
    pub grant_kind: String,
    /// Who granted or approved it, in words.
    pub granted_by: String,
    /// The reason that was given for it; empty when none is known.
    #[serde(alias = "why")]
    pub justification_given: String,
    /// The last use, in words; says so when nobody can tell.
    pub last_use: String,
    /// How many people like the holder have it, in one sentence.
    pub peers: String,
    /// Open findings about it.
    pub findings: Vec<ItemFinding>,
    /// What removal would take away, in one sentence.
    pub removal: String,
    /// Why the recommendation is what it is.
    pub recommendation_reason: String,
    /// Why it is sensitive; empty when it is not.
    pub sensitive_because: String,
    /// The holder's department; empty when unknown.
    pub department: String,
    /// The holder's display name; empty when it is not known or the same as the principal name.
    pub holder_name: String,
    /// The holder's job title; empty when unknown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub holder_title: String,
    /// The display name of the holder's manager; empty when unknown.
    pub holder_manager: String,
    /// What the package is for, in the words of its owner; empty when unknown.
    pub description: String,
    /// What was decided last time in the series; empty the first time.
    #[serde(alias = "last_time")]
    pub previous_decision: String,
    /// Why this reviewer: `manager of Ana Ruiz`, `approved the request on 2026-01-05 (disclosed)`.
    pub reviewer_because: String,
    /// The same of the second stage; empty when one stage is enough.
    pub second_because: String,
}

/// An open finding, as told on a sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemFinding {
    /// Check id.
    pub check: String,
    /// The title of the check.
    #[serde(default)]
    pub title: String,
    /// `info`, `low`, `medium` or `high`.
    pub severity: String,
    /// One sentence.
    pub message: String,
}

impl Item {
    /// The columns that identify an item, in the order in which they are hashed and stand on sheets.
    pub const IDENTITY: [&'static str; 8] = [
        "item_id",
        "principal_id",
        "principal_name",
        "principal_type",
        "entitlement_kind",
        "entitlement_id",
        "entitlement_name",
        "assignment_id",
    ];

    /// The values of [`Self::IDENTITY`].
    #[must_use]
    pub fn identity(&self) -> [&str; 8] {
        [
            self.id.as_str(),
            &self.principal_id,
            &self.principal_name,
            &self.principal_type,
            self.entitlement_kind.as_str(),
            &self.entitlement_id,
            &self.entitlement_name,
            &self.assignment_id,
        ]
    }

    /// The id of an item: `i` and the first 19 hex digits of SHA-256 over the parts, each followed by a zero byte.
    #[must_use]
    pub fn make_id(campaign: &CampaignId, principal: &str, kind: &str, entitlement: &str, assignment: &str) -> ItemId {
        let mut hash = Sha256::new();
        for part in [campaign.as_str(), principal, kind, entitlement, assignment] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let digits = hex::encode(hash.finalize());
        ItemId::new(&format!("i{}", digits.get(..19).unwrap_or_default()))
    }
}

/// SHA-256 over the identity of items sorted by id: the values, each followed by a unit separator (U+001F), a line feed after each item.
///
/// The order in which items are given does not matter; a duplicate does.
#[must_use]
pub fn population_hash<'a>(items: impl IntoIterator<Item = &'a Item>) -> String {
    let mut sorted: Vec<&Item> = items.into_iter().collect();
    sorted.sort_by(|a, b| a.id.cmp(&b.id));
    let mut hash = Sha256::new();
    for item in sorted {
        hash_identity(&mut hash, &item.identity());
    }
    hex::encode(hash.finalize())
}

/// One item's identity into a running hash.
pub(super) fn hash_identity(hash: &mut Sha256, values: &[&str]) {
    for value in values {
        hash.update(value.as_bytes());
        hash.update("\u{1f}".as_bytes());
    }
    hash.update(b"\n");
}

//! What the checks say of access that outlived its end, so that an outcome and the report never contradict one another.

use crate::campaign::follow_up::CurrentAccess;
use crate::campaign::model::Item;
use crate::check::{self, Context, Delivery, Giver, Part, by_id, delivery_lag};
use crate::config::Config;
use crate::model::{EntitlementKind, Finding, Holding, Verdict};
use std::collections::HashMap;

/// The check whose rows are followed.
pub const CHECK: &str = "EXP-05";

/// Whether the removed package had given a membership or a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// It had, by the newest grant.
    ByIt,
    /// No record tells whether it had or somebody gave it by hand.
    Perhaps,
    /// Somebody or something else gave it.
    No,
}

/// Rows of [`CHECK`], and its judgement of who gave what.
pub struct LeftBehind<'a> {
    checking: Option<Context<'a>>,
    lag: i64,
    rows: HashMap<(String, String), Vec<Finding>>,
}

impl<'a> LeftBehind<'a> {
    /// Asks the check once about an access.
    #[must_use]
    pub fn new(current: &'a CurrentAccess<'a>, config: &'a Config) -> Self {
        let check = by_id(CHECK).ok();
        let ids: Vec<_> = check.iter().map(|c| c.id).collect();
        let mut rows: HashMap<(String, String), Vec<Finding>> = HashMap::new();
        for f in check::run(current.access, config, Some(&ids)).into_iter().flat_map(|r| r.findings) {
            rows.entry((f.subject_id.clone(), f.object_id.clone())).or_default().push(f);
        }
        Self {
            checking: check.map(|c| Context::new(current.access, config, &current.index, c, Part::WHOLE)),
            lag: delivery_lag(config),
            rows,
        }
    }

    /// The row that says that an item's access, or one of these holdings, outlived its end.
    #[must_use]
    pub fn outlived(&self, item: &Item, held: &[&Holding]) -> Option<&Finding> {
        let of = |h: &&Holding| {
            let object = match h.entitlement.kind {
                EntitlementKind::AppRole => h.entitlement.resource(),
                _ => h.entitlement.id.as_str(),
            };
            let rows = self.rows.get(&(h.principal.to_string(), object.to_string()));
            rows.into_iter().flatten().find(|f| self.is_about(f, item, h))
        };
        held.iter().find_map(of)
    }

    /// Of a package the assignment tells, of an application the role.
    fn is_about(&self, f: &Finding, item: &Item, h: &Holding) -> bool {
        let counts = matches!(f.result, Verdict::Finding | Verdict::Exception);
        let own = h
            .assignment
            .as_ref()
            .is_none_or(|a| f.assignment_id.is_empty() || f.assignment_id == a.as_str());
        let same_role = h.entitlement.kind != EntitlementKind::AppRole || f.object_name == h.entitlement_name.as_str();
        let of_item = h.entitlement.kind != EntitlementKind::AccessPackage || item.assignment_id.is_empty() || f.assignment_id == item.assignment_id;
        counts && own && same_role && of_item
    }

    /// Who gave a membership or a role, as the check judges it; what the package gave when it was frozen counts,
    /// though the package may no longer contain it.
    #[must_use]
    pub fn given(&self, current: &CurrentAccess, item: &Item, role: &Holding) -> Given {
        let Some(checking) = &self.checking else { return Given::Perhaps };
        let frozen = item.delivers.contains(&role.entitlement.to_string());
        let behind = current.index.assignments_behind(role);
        let mine = |h: &&Holding| h.entitlement.id == item.entitlement_id;
        let contained = behind.iter().any(mine);
        match checking.delivery(role, self.lag) {
            Delivery::By(_) if contained || frozen => Given::ByIt,
            Delivery::Unclear(_) if contained || frozen => Given::Perhaps,
            Delivery::NotBy if frozen && behind.is_empty() => match checking.giver_of(role) {
                Some(Giver::EntitlementManagement) => Given::ByIt,
                Some(Giver::Unproven) | None => Given::Perhaps,
                Some(Giver::Somebody | Giver::Pim) => Given::No,
            },
            _ => Given::No,
        }
    }
}

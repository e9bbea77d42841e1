//! The portal's download of who has an access package: names without ids, of one package and one filter.

use super::{Format, Rows};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "the portal's download of access-package assignments",
    fits: |columns| {
        columns.any(&["Policy", "Policy name", "Assignment policy"])
            && columns.any(&["Status", "State", "Assignment status"])
            && columns.any(&["Name", "User", "Display name", "Target", "Assigned to", "User principal name", "Email"])
            && !columns.any(&["TimeGenerated", "Date (UTC)", "Request ID", "activityDateTime"])
    },
    subject: None,
    times: &[],
    rows: Rows::Refused(
        "it names no ids and only what the portal's filter showed; export identityGovernance/entitlementManagement/assignments with \
         $expand=target,accessPackage,assignmentPolicy as JSON",
    ),
};

//! Tables that are near misses: refused by name, with what to export instead.

use super::{Format, Rows};

/// Records of the Microsoft 365 unified audit log.
pub(super) const UNIFIED_AUDIT_LOG: Format = Format {
    name: "the Microsoft 365 unified audit log",
    fits: |columns| columns.all(&["AuditData"]) || columns.all(&["OfficeWorkload", "OfficeId"]) || columns.all(&["RecordType", "Operation", "Workload"]),
    subject: None,
    times: &[],
    rows: Rows::Refused("export the directory audit log instead (auditLogs/directoryAudits, or the diagnostic category AuditLogs)"),
};

/// Records of Office in Log Analytics.
pub(super) const OFFICE_ACTIVITY: Format = Format {
    name: "OfficeActivity",
    fits: |columns| columns.all(&["OfficeWorkload", "Operation"]) || columns.all(&["RecordType", "OfficeObjectId"]),
    subject: None,
    times: &[],
    rows: Rows::Refused("it tells of files and mail; export AuditLogs and SigninLogs instead"),
};

/// Tables of advanced hunting.
pub(super) const HUNTING: Format = Format {
    name: "a table of advanced hunting",
    fits: |columns| {
        columns.all(&["Timestamp"]) && columns.any(&["ReportId", "AccountObjectId", "AccountUpn"])
            || columns.all(&["ActionType", "RawEventData"])
            || columns.all(&["AccountUpn", "AccountObjectId", "IdentityEnvironment"])
    },
    subject: None,
    times: &[],
    rows: Rows::Refused("its columns are others than those of the logs; export AuditLogs and SigninLogs of Log Analytics, or the logs of the portal, instead"),
};

/// What Sentinel knows of people.
pub(super) const IDENTITY_INFO: Format = Format {
    name: "IdentityInfo",
    fits: |columns| columns.all(&["AccountUPN", "AccountObjectId"]) && columns.any(&["GroupMembership", "AssignedRoles", "AccountTenantId"]),
    subject: None,
    times: &[],
    rows: Rows::Refused("it is no list of the directory; export users, groups and members from Graph instead"),
};

/// Requests to Graph.
pub(super) const GRAPH_ACTIVITY: Format = Format {
    name: "MicrosoftGraphActivityLogs",
    fits: |columns| columns.all(&["RequestUri", "RequestMethod"]),
    subject: None,
    times: &[],
    rows: Rows::Refused("requests to Graph say nothing of access; export AuditLogs and SigninLogs instead"),
};

/// Detections of risk.
pub(super) const RISK: Format = Format {
    name: "risk events of Entra ID Protection",
    fits: |columns| columns.any(&["RiskEventType"]) || columns.all(&["RiskState", "RiskLastUpdatedDateTime"]),
    subject: None,
    times: &[],
    rows: Rows::Refused("risks are no sign-ins; export SigninLogs instead"),
};

/// The log of provisioning.
pub(super) const PROVISIONING: Format = Format {
    name: "the provisioning log",
    fits: |columns| columns.any(&["ProvisioningSteps", "ProvisioningAction"]) || columns.all(&["JobId", "SourceIdentity"]),
    subject: None,
    times: &[],
    rows: Rows::Refused("it tells what was written into applications; export AuditLogs instead"),
};

//! Thresholds that several checks share.

use crate::check::Threshold;
use crate::check::profiles::in_force;
use crate::config::Config;

pub(super) static LOOK_BACK: Threshold = Threshold {
    name: "look_back_days",
    default: 365,
    unit: "days",
    origin: "SOC 2: the examination window is usually 12 months",
    help: "How far back from the as-of date requests and grants are judged.",
};

pub(super) static SIGN_IN_LAG: Threshold = Threshold {
    name: "sign_in_lag_hours",
    default: 24,
    unit: "hours",
    origin: "ours: sign-in records arrive late, so the last day before as-of need not be covered",
    help: "How much of the time right before as-of sign-in logs may leave uncovered.",
};

pub(super) static SLA_SENSITIVE: Threshold = Threshold {
    name: "removal_sla_sensitive_business_days",
    default: 3,
    unit: "business days",
    origin: "common practice of access-review vendors for privileged access",
    help: "How soon access to a sensitive package must be gone after its end, removal or denial.",
};

pub(super) static SLA_OTHER: Threshold = Threshold {
    name: "removal_sla_other_business_days",
    default: 7,
    unit: "business days",
    origin: "common practice of access-review vendors for ordinary access",
    help: "The same for packages that are not sensitive.",
};

pub(super) static REVIEW_SENSITIVE: Threshold = Threshold {
    name: "review_months_sensitive",
    default: 3,
    unit: "months",
    origin: "ours: twice as often as PCI DSS 4.0.1 7.2.4 asks of all access",
    help: "The longest period between two reviews of a sensitive package.",
};

pub(super) static REVIEW_OTHER: Threshold = Threshold {
    name: "review_months_other",
    default: 6,
    unit: "months",
    origin: "PCI DSS 4.0.1 7.2.4: at least every six months",
    help: "The same for packages that are not sensitive.",
};

pub(super) static REVIEW_SLACK: Threshold = Threshold {
    name: "review_slack_days",
    default: 7,
    unit: "days",
    origin: "ours: a series may start a few days late without being a rarer series",
    help: "How many days a review period may be longer than its class asks.",
};

pub(super) static DELIVERY_LAG: Threshold = Threshold {
    name: "delivery_lag_hours",
    default: 24,
    unit: "hours",
    origin: "vendor: entitlement management can take up to a day to deliver or to remove",
    help: "How far an assignment and what it delivers may be apart.",
};

/// Business days until a removal must be proved: of what is not sensitive, and of what is.
#[must_use]
pub fn removal_days(config: &Config) -> (u32, u32) {
    let days = |threshold| u32::try_from(in_force(threshold, config).value).unwrap_or_default();
    (days(&SLA_OTHER), days(&SLA_SENSITIVE))
}

/// How far an assignment and what it delivers may be apart, in microseconds.
#[must_use]
pub fn delivery_lag(config: &Config) -> i64 {
    in_force(&DELIVERY_LAG, config).value.saturating_mul(crate::model::time::HOUR)
}

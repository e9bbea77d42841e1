//! Access reviews of Entra: series, instances, decisions.

use crate::graph::RateLimitGroup;
use crate::graph::collections::{Collection, PLAIN, Shape};

pub(super) static REVIEWS: &[Collection] = &[
    Collection {
        name: "review_definitions",
        table: "review_definitions",
        path: "identityGovernance/accessReviews/definitions",
        query: "$top=100",
        limit_group: RateLimitGroup::Reviews,
        permission: "AccessReview.Read.All",
        lost: "which reviews there are",
        ..PLAIN
    },
    Collection {
        name: "review_instances",
        table: "review_instances",
        path: "identityGovernance/accessReviews/definitions/{}/instances",
        query: "$top=100",
        limit_group: RateLimitGroup::Reviews,
        shape: Shape::Under("review_definitions"),
        permission: "AccessReview.Read.All",
        lost: "when reviews took place",
        ..PLAIN
    },
    Collection {
        name: "review_decisions",
        table: "review_decisions",
        path: "identityGovernance/accessReviews/definitions/{}/instances/{}/decisions",
        query: "$top=100",
        limit_group: RateLimitGroup::Reviews,
        shape: Shape::Under("review_instances"),
        permission: "AccessReview.Read.All",
        lost: "what reviewers decided, and whether it was applied",
        ..PLAIN
    },
    // Reviews over many resources, such as those of catalogs, have a route of their own (v1.0 since June 2026).
    Collection {
        name: "unified_review_definitions",
        table: "review_definitions",
        path: "identityGovernance/accessReviews/unified/definitions",
        query: "$top=100",
        limit_group: RateLimitGroup::Reviews,
        permission: "AccessReview.Read.All",
        lost: "which reviews of catalogs there are",
        since: "June 2026",
        ..PLAIN
    },
    Collection {
        name: "unified_review_instances",
        table: "review_instances",
        path: "identityGovernance/accessReviews/unified/definitions/{}/instances",
        query: "$top=100",
        limit_group: RateLimitGroup::Reviews,
        shape: Shape::Under("unified_review_definitions"),
        permission: "AccessReview.Read.All",
        lost: "when reviews of catalogs took place",
        ..PLAIN
    },
    Collection {
        name: "unified_review_decisions",
        table: "review_decisions",
        path: "identityGovernance/accessReviews/unified/definitions/{}/instances/{}/decisions",
        query: "$top=100",
        limit_group: RateLimitGroup::Reviews,
        shape: Shape::Under("unified_review_instances"),
        permission: "AccessReview.Read.All",
        lost: "what reviewers of catalogs decided, and whether it was applied",
        ..PLAIN
    },
];

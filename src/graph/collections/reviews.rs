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
];

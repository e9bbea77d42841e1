//! Stories that no page needs, in the same tables: what is missing, half there, or just inside a limit.

use super::check;
use super::table::stories;
use crate::check::by_id;

const EDGES: &[(&str, &str)] = &[
    (
        "STA-01",
        "
Sign-ins name applications, and no record tells which application is the package's: Ana signed in somewhere, Bo nowhere at all:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-05 | package |  |  | payroll | app ledger |   |
| 2026-01-05 | log |  |  | sign-ins | until 2026-03-31 |   |
| 2026-01-10 | deliver |  | ana | payroll |  | ? |
| 2026-01-10 | deliver |  | bo | payroll |  | ◀ |
| 2026-02-02 09:00 | sign-in | ana |  | ledger | by application id |   |
| 2026-03-31 | look |  |  |  | without service_principals |   |

What the package contains is not on record, and the account signed in since; Cy's did not:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-05 | user |  | ana |  | last sign-in 2026-02-20 |   |
| 2026-01-05 | user |  | cy |  | last sign-in 2026-01-02 |   |
| 2026-01-10 | deliver |  | ana | payroll |  | ? |
| 2026-01-10 | deliver |  | cy | payroll |  | ◀ |
| 2026-03-31 | look |  |  |  | without resource_roles |   |

One stream of sign-ins only proves nothing, for two holders in one row:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-05 | package |  |  | payroll | app ledger |   |
| 2026-01-05 | log |  |  | interactive sign-ins | until 2026-03-31 |   |
| 2026-01-10 | deliver |  | ana | payroll |  | ? |
| 2026-01-10 | deliver |  | bo | payroll |  |   |
| 2026-03-31 | look |  |  |  |  |   |

But a use that it shows is a use:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-05 | package |  |  | payroll | app ledger |   |
| 2026-01-05 | log |  |  | interactive sign-ins | until 2026-03-31 |   |
| 2026-01-10 | deliver |  | ana | payroll |  |   |
| 2026-02-10 | sign-in | ana |  | ledger |  |   |
| 2026-03-31 | look |  |  |  |  |   |

No account has a last success on record, which is one row:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-10 | deliver |  | ana | payroll |  | ? |
| 2026-01-10 | deliver |  | bo | payroll |  |   |
| 2026-03-31 | look |  |  |  |  |   |

Leavers and disabled accounts are another check's:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-05 | user |  | ana |  | last sign-in 2026-01-02 |   |
| 2026-01-05 | user |  | bo |  | last sign-in 2026-01-02 |   |
| 2026-01-10 | deliver |  | ana | payroll |  |   |
| 2026-01-10 | deliver |  | bo | payroll |  |   |
| 2026-03-01 | leave |  | ana |  |  |   |
| 2026-03-01 | disable | admin | bo |  |  |   |
| 2026-03-31 | look |  |  |  |  |   |

An app role outside packages counts, and one that a package delivered is the package's:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-05 | package |  |  | payroll | app ledger |   |
| 2026-01-05 | log |  |  | sign-ins | until 2026-03-31 |   |
| 2026-01-10 | deliver |  | ana | payroll |  | ◀ payroll |
| 2026-01-10 | grant-app-role | admin | bo | weather |  | ◀ weather |
| 2026-03-31 | look |  |  |  |  |   |

The last look at users is too old to tell:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-05 | user |  | ana |  | last sign-in 2026-01-02 |   |
| 2026-01-10 | deliver |  | ana | payroll |  | ? |
| 2026-01-20 | look |  |  |  |  |   |
| 2026-03-31 | look |  |  |  | without users |   |
",
    ),
    (
        "STA-02",
        "
The log ends long before the question:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-01 | package |  |  | payroll | app ledger |   |
| 2026-01-01 | log |  |  | sign-ins | until 2026-05-31 |   |
| 2026-01-05 | deliver |  | ana | payroll |  | ? |
| 2026-01-20 09:00 | sign-in | ana |  | ledger |  |   |
| 2026-06-30 | look |  |  |  |  |   |

Coverage that nobody vouches for is enough, and the message says so:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-01 | package |  |  | payroll | app ledger |   |
| 2026-01-01 | log |  |  | sign-ins | until 2026-06-30, inferred |   |
| 2026-01-05 | deliver |  | ana | payroll |  | ◀ |
| 2026-01-20 09:00 | sign-in | ana |  | ledger |  |   |
| 2026-06-30 | look |  |  |  |  |   |
",
    ),
    (
        "EXP-01",
        "
Only events tell of the holding, and events tell no end:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-10 | deliver |  | ana | payroll | no end | ? |
| 2026-03-31 | look |  |  |  | without assignments, without requests |   |
",
    ),
    (
        "EXP-05",
        "
A sensitive package has three business days, not seven:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-01 | package |  |  | keys | privileged group vault |   |
| 2026-01-05 | deliver |  | ana | keys |  | ◀ keys |
| 2026-01-05 | deliver |  | ana | library |  |   |
| 2026-02-06 | end |  | ana | keys |  |   |
| 2026-02-06 | end |  | ana | library |  |   |
| 2026-02-12 | look |  |  |  |  |   |

Nobody looked again after the time allowed:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-05 | deliver |  | ana | library |  | ? |
| 2026-02-06 | end |  | ana | library |  |   |
| 2026-02-08 | look |  |  |  |  |   |
| 2026-03-31 | look |  |  |  | without assignments |   |

An app role that an ended assignment left behind:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-01 | package |  |  | payroll | app ledger |   |
| 2026-01-05 | deliver |  | ana | payroll |  |   |
| 2026-02-02 | expire |  | ana | payroll | membership stays | ◀ ledger |
| 2026-02-20 | look |  |  |  |  |   |
",
    ),
    (
        "ORP-02",
        "
No look at users tells who left:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-05 | deliver |  | ana | payroll |  | ? |
| 2026-01-05 | deliver |  | bo | payroll |  |   |
| 2026-03-31 | look |  |  |  | without users |   |
",
    ),
    (
        "APR-01",
        "
A policy with approval delivered, and nobody knows who approved:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-01 | policy |  |  | payroll | approval | ? |
| 2026-01-05 | deliver |  | ana | payroll |  |   |
| 2026-01-06 | deliver |  | bo | payroll |  |   |
| 2026-03-31 | look |  |  |  |  |   |

A denial by the requester is no approval:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-05 | request | ana | ana | payroll |  |   |
| 2026-01-06 | deny | ana | ana | payroll |  |   |
",
    ),
    (
        "APR-03",
        "
Events alone tell of it:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 09:00 | assign | cy | ana | payroll |  | ◀ high |
| 23:00 | look |  |  |  | without assignments, without requests | ? |

What was assigned more than a year ago is past:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2025-01-05 | assign | cy | ana | payroll |  |   |
| 2026-03-31 | look |  |  |  |  |   |
",
    ),
    (
        "EXC-01",
        "
A role-assignable group weighs high, an app role counts, and what an assignment left behind is another check's:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-01 | package |  |  | keys | privileged group vault, app ledger |   |
| 2026-01-05 | deliver |  | cy | keys |  |   |
| 2026-02-02 | expire |  | cy | keys | membership stays |   |
| 2026-02-02 | add-to-group | admin | ana | vault |  | ◀ high |
| 2026-02-02 | grant-app-role | admin | bo | ledger |  | ◀ medium |
| 2026-03-31 | look |  |  |  |  |   |

Whoever owns a group is no member of it:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-01 | package |  |  | payroll | group payers |   |
| 2026-01-01 | group |  |  | payers | owner cy |   |
| 2026-02-01 | look |  |  |  |  |   |
| 2026-03-31 | look |  |  |  |  |   |

Added by hand while an assignment was there, and seen once since it ended; then removed:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-01 | package |  |  | payroll | group payers |   |
| 2026-01-02 | add-to-group | admin | ana | payers |  |   |
| 2026-02-02 | remove-from-group | admin | ana | payers |  |   |
| 2026-03-31 | look |  |  |  |  |   |
",
    ),
    (
        "JUS-01",
        "
No record of the policy tells whether a reason was due:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 08:00 | policy |  |  | payroll | reason untold | ? |
| 09:00 | request | ana | ana | payroll |  |   |
| 09:10 | request | bo | bo | payroll | \"Month-end close for Q3, ticket FIN-4821\" |   |
",
    ),
    (
        "EXP-05",
        "
No look at review decisions tells whether a denial came between:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2026-01-05 | deliver |  | ana | payroll |  | ? |
| 2026-02-20 | look |  |  |  | without review_decisions |   |
",
    ),
    (
        "CAP-03",
        "
No record tells the application's id, and sign-ins with one factor name ids only:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2025-12-01 | package |  |  | payroll | app ledger | ? |
| 2025-12-01 | log |  |  | sign-ins | until 2026-03-31 |   |
| 2026-02-02 09:00 | sign-in | ana |  | ledger | one factor, by application id |   |
| 2026-03-31 | look |  |  |  | without service_principals |   |

Records without factors count where no policy applied:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2025-12-01 | package |  |  | payroll | app ledger |   |
| 2025-12-01 | log |  |  | sign-ins | until 2026-03-31 |   |
| 2026-02-02 09:00 | sign-in | ana |  | ledger | no policy | ◀ |
| 2026-03-31 | look |  |  |  |  |   |

No record tells of factors or policies:

| time | activity | actor | subject | package | detail |   |
|---|---|---|---|---|---|---|
| 2025-12-01 | package |  |  | payroll | app ledger | ? |
| 2025-12-01 | log |  |  | sign-ins | until 2026-03-31 |   |
| 2026-02-02 09:00 | sign-in | ana |  | ledger |  |   |
| 2026-03-31 | look |  |  |  |  |   |
",
    ),
];

#[test]
fn stories_at_the_edge() {
    let mut wrong = Vec::new();
    for (id, text) in EDGES {
        let one = by_id(id).expect("a check");
        let stories = stories(text);
        assert!(!stories.is_empty(), "{id}");
        wrong.extend(stories.iter().filter_map(|s| check(one, s).err()));
    }
    assert!(wrong.is_empty(), "{} stories are wrong:\n{}", wrong.len(), wrong.join("\n\n"));
}

//! Questions that come again and again: SQL with a header that says what it answers, for whom, and which parameters it takes.

/// A question.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// Its name.
    pub name: &'static str,
    /// Its statement, with the header.
    pub sql: &'static str,
}

/// A parameter of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// `text`, `integer`, `time`, `principal`, `entitlement` or `object`.
    pub kind: &'static str,
    /// What it is.
    pub what: &'static str,
}

macro_rules! questions {
    ($($name:literal),+ $(,)?) => {
        /// All questions, by name.
        pub static QUESTIONS: &[Question] = &[$(Question {
            name: $name,
            sql: include_str!(concat!("../../queries/investigate/", $name, ".sql")),
        }),+];
    };
}

questions! {
    "about",
    "activations",
    "acts-of",
    "approved-by",
    "approvers",
    "cannot-sign-in",
    "configured-during",
    "consents",
    "contents-added",
    "denied-requests",
    "denied-then-granted",
    "direct-assignments",
    "eligible",
    "ending-before",
    "findings-by-check",
    "from-address",
    "granted-during",
    "guests",
    "held-by",
    "held-during",
    "holder-counts",
    "left-and-holds",
    "not-confirmed",
    "not-covered",
    "not-taken",
    "one-factor",
    "outside-packages",
    "owners-away",
    "policy-changes",
    "removed-during",
    "requested-by",
    "review-denials",
    "role-changes",
    "roles-by-nesting",
    "self-approved",
    "sign-ins-of",
    "weakened-policies",
    "where-used",
    "without-approval",
    "without-end",
}

/// The question of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Question> {
    QUESTIONS.iter().find(|q| q.name == name)
}

impl Question {
    fn head(&self) -> impl Iterator<Item = &'static str> {
        self.sql.lines().map_while(|l| l.strip_prefix("-- "))
    }

    /// What it answers.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.head().next().unwrap_or_default()
    }

    /// For whom.
    #[must_use]
    pub fn reader(&self) -> &'static str {
        self.head().find_map(|l| l.strip_prefix("for: ")).unwrap_or_default()
    }

    /// Its parameters, in order.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        let parameter = |line: &'static str| {
            let (head, what) = line.strip_prefix("param ")?.split_once(": ")?;
            let (name, kind) = head.split_once(' ')?;
            Some(Parameter { name, kind, what })
        };
        self.head().filter_map(parameter).collect()
    }
}

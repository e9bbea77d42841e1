//! The stage: what exists in the invented tenant before anybody asks for anything.
//!
//! Everything here is small and grows slowly with the number of users; people are not kept but worked out by number.

mod catalogue;
mod making;
mod people;
mod things;

pub use people::{Card, Kind, Person};
pub use things::{App, Audience, Directory, Group, GroupKind, Package, Policy, Reach, Resource, Review, ReviewCycle, Target};

use super::clock::{self, DAY, HOUR, Micros};
use super::dice::guid;
use super::{SynthConfig, SynthError};

/// How many people one block of planted cases needs.
pub const CAST: u64 = 14;

/// The mail domain of the company.
pub const DOMAIN: &str = "meridell-care.example";

/// The stage.
pub struct Scene {
    /// What all chance hangs on.
    pub seed: u64,
    /// The tenant.
    pub tenant: String,
    /// When history begins.
    pub start: Micros,
    /// The last look, which is also the end of history.
    pub end: Micros,
    /// How many people live ordinary lives; they come first.
    pub ordinary: u64,
    /// How many blocks of planted cases follow them.
    pub blocks: u64,
    /// When the tenant was looked at.
    pub looks: Vec<Micros>,
    /// Whether the clocks of the two services differ.
    pub skewed: bool,
    /// When a group was added to a package that people already held.
    pub late_at: Micros,
    /// Applications; the first one is in no package and everybody uses it.
    pub apps: Vec<App>,
    /// Groups.
    pub groups: Vec<Group>,
    /// Packages.
    pub packages: Vec<Package>,
    /// Directory roles: name and template id.
    pub roles: Vec<Directory>,
    /// Catalogues: id and name.
    pub catalogs: Vec<(String, &'static str)>,
    /// Reviews of packages that took place.
    pub reviews: Vec<ReviewCycle>,
    /// Everybody by name, where the cast is written by hand; otherwise nobody stands here.
    pub roster: Vec<Person>,
    /// How many days at least and at most lie between two sign-ins to the same application.
    pub rhythm: (i64, i64),
    /// The roles that packages play in stories.
    pub cues: Cues,
}

/// Which packages and groups stories refer to, by place in the lists.
#[derive(Default)]
pub struct Cues {
    /// What employees ask for in ordinary life.
    pub employee: Vec<usize>,
    /// What guests ask for.
    pub partner: Vec<usize>,
    /// What contractors ask for.
    pub contractor: Vec<usize>,
    /// What comes by itself.
    pub automatic: Vec<usize>,
    /// Two packages that contain the same group.
    pub shared: [usize; 2],
    /// A package whose policy asks for no justification.
    pub unasked: usize,
    /// A package that administrators assign directly.
    pub direct_only: usize,
    /// Packages whose applications are reached without a second factor.
    pub weak: Vec<usize>,
    /// Packages with too little review.
    pub unreviewed: Vec<usize>,
    /// Groups in no package.
    pub loose_groups: Vec<usize>,
    /// Applications in no package whose roles are given directly.
    pub loose_apps: Vec<usize>,
    /// A dynamic and a synchronised group that a package contains.
    pub fed_groups: [usize; 2],
    /// The group that came to its package later.
    pub late_group: usize,
    /// The review that one planted denial belongs to.
    pub planted_review: usize,
}

impl Scene {
    /// Sets the stage.
    pub fn new(config: &SynthConfig) -> Result<Self, SynthError> {
        if config.users < 10 {
            return Err(SynthError::TooFewUsers { users: config.users });
        }
        if config.months < 6 {
            return Err(SynthError::TooShort { months: config.months });
        }
        let seed = config.seed;
        let users = u64::from(config.users);
        // Some planted cases need two hundred days behind them.
        let blocks = match (config.switches.planted && config.months >= 8, users) {
            (false, _) | (_, ..30) => 0,
            (_, 30..60) => 1,
            _ => 2 + users / 500,
        };
        let start = config.start * clock::SECOND;
        let end = clock::months_later(start, config.months);
        let looks = if config.switches.short_retention {
            (1..=config.months).map(|m| clock::months_later(start, m)).collect()
        } else {
            vec![start + (end - start) / 2 / clock::SECOND * clock::SECOND, end - 2 * DAY, end]
        };
        let mut scene = Self {
            seed,
            tenant: guid(seed, "tenant", 0, 0),
            start,
            end,
            ordinary: users - blocks * CAST,
            blocks,
            looks,
            skewed: config.switches.clock_skew,
            late_at: start + (end - start) * 2 / 5 / HOUR * HOUR,
            apps: Vec::new(),
            groups: Vec::new(),
            packages: Vec::new(),
            roles: Vec::new(),
            catalogs: Vec::new(),
            reviews: Vec::new(),
            roster: Vec::new(),
            rhythm: (11, 19),
            cues: Cues::default(),
        };
        catalogue::furnish(&mut scene, users);
        Ok(scene)
    }

    /// How many people there are.
    pub fn people(&self) -> u64 {
        self.ordinary + self.blocks * CAST
    }

    /// The number of the person who plays a part in a block.
    pub fn cast(&self, block: u64, part: u64) -> u64 {
        self.ordinary + block * CAST + part
    }

    /// Which block and part a person plays, if any.
    pub fn part(&self, index: u64) -> Option<(u64, u64)> {
        index.checked_sub(self.ordinary).map(|place| (place / CAST, place % CAST))
    }

    /// The number of somebody who never leaves and may approve; never `not`.
    pub fn approver(&self, draw: u64, not: &[u64]) -> u64 {
        if !self.roster.is_empty() {
            return self.listed(draw, |p| p.job.starts_with("Head") && !not.contains(&p.index));
        }
        let rows = self.ordinary.div_ceil(25);
        (0..)
            .map(|turn| {
                let draw = draw.wrapping_add(turn);
                let index = draw / 6 % rows * 25 + draw % 6;
                if index < self.ordinary { index } else { draw % 6 }
            })
            .find(|index| !not.contains(index))
            .expect("six people at least may approve, and fewer are excluded")
    }

    /// The number of an administrator's account.
    pub fn administrator(&self, draw: u64) -> u64 {
        if !self.roster.is_empty() {
            return self.listed(draw, |p| p.kind == Kind::Admin);
        }
        7 + 25 * (draw % ((self.ordinary - 8) / 25 + 1))
    }

    /// One of those on the roster who fit.
    fn listed(&self, draw: u64, fits: impl Fn(&Person) -> bool) -> u64 {
        let fitting: Vec<u64> = self.roster.iter().filter(|p| fits(p)).map(|p| p.index).collect();
        let turn = usize::try_from(draw % fitting.len() as u64).expect("it is below the length of a list");
        fitting[turn]
    }
}

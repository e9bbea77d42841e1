//! What people of the sample asked for in the ordinary way, and what became of it.

use super::stage::*;

/// A request that was granted, and what followed.
pub(super) struct Grant {
    /// Number of the person who receives it.
    pub who: u64,
    /// Place of the package.
    pub package: usize,
    /// When it was asked for.
    pub asked: &'static str,
    /// Until which day.
    pub until: &'static str,
    /// Numbers of those who approve, one a stage.
    pub approvers: &'static [u64],
    /// Why.
    pub why: &'static str,
    /// What followed.
    pub then: Then,
}

/// What follows a grant.
pub(super) enum Then {
    /// It is still there.
    Stays,
    /// It ended in time.
    Ends,
    /// It was extended: when, until which day, why.
    Extends(&'static str, &'static str, &'static str),
    /// An administrator removed it: when, and the administrator's number.
    Goes(&'static str, u64),
    /// Somebody else had asked for it, by number.
    AskedBy(u64),
}

use Then::{AskedBy, Ends, Extends, Goes, Stays};

const fn grant(who: u64, package: usize, asked: &'static str, until: &'static str, approvers: &'static [u64], why: &'static str, then: Then) -> Grant {
    Grant {
        who,
        package,
        asked,
        until,
        approvers,
        why,
        then,
    }
}

/// Everybody's ordinary requests.
#[rustfmt::skip]
pub(super) static GRANTS: [Grant; 39] = [
    grant(7, WARD, "2025-07-14 08:12", "2026-07-10", &[0], "Draw up the night rota of ward C3 with the shift leads, RITM0010231, until 10 July 2026", Stays),
    grant(11, WARD, "2025-08-04 09:40", "2026-07-31", &[0], "Plan bed capacity of ward C3 for the winter plan, RITM0010377, until 31 July 2026", Stays),
    grant(8, WARD, "2025-09-01 07:55", "2026-02-27", &[0], "Cover the rota of the infection ward, CHG0041120, ends on 27 February 2026", Ends),
    grant(12, WARD, "2025-10-06 18:20", "2026-04-03", &[0], "Hand over night shifts between C3 and C4, RITM0011902, until 3 April 2026",
        Extends("2026-03-26 19:05", "2026-09-30", "Night handover goes on until the ward move, RITM0014420, until 30 September 2026")),
    grant(10, WARD, "2026-02-16 08:30", "2026-12-18", &[0], "Зведення графіка чергувань відділення C4, RITM0013998, до 18.12.2026", Stays),
    grant(59, WARD, "2026-06-15 10:00", "2026-12-15", &[0], "Induction on ward C3, shifts with Signe Aune, RITM0016033, until 15 December 2026", AskedBy(7)),
    grant(17, LAB, "2025-07-21 08:02", "2026-07-17", &[2], "Validate haematology interfaces against the analysers, CHG0040812, until 17 July 2026", Stays),
    grant(21, LAB, "2025-11-10 11:25", "2026-10-30", &[2], "Sign off microbiology results at weekends, RITM0012440, until 30 October 2026", Stays),
    grant(8, LAB, "2026-01-12 06:50", "2026-12-31", &[2], "Fetch blood gas results for the infection ward, RITM0013310, until 31 December 2026", Stays),
    grant(32, PAYROLL, "2025-08-11 08:30", "2026-08-07", &[5, 3], "Enter starters and leavers of each month, RITM0010544, until 7 August 2026", Stays),
    grant(33, PAYROLL, "2025-10-13 10:10", "2026-03-31", &[5, 3], "Check overtime of facilities staff for the works council, RITM0011733, until 31 March 2026", Goes("2026-02-19 14:00", 54)),
    grant(9, EHR, "2025-07-28 07:40", "2026-07-24", &[0], "Record admissions of ward C3 at the desk, RITM0010401, until 24 July 2026", Stays),
    grant(11, EHR, "2025-12-08 13:10", "2026-06-05", &[0], "Compile discharge figures for Project Heron, RITM0013001, until 5 June 2026",
        Extends("2026-05-28 09:30", "2026-12-04", "Discharge figures are wanted for the second half-year too, RITM0015620, until 4 December 2026")),
    grant(7, EHR, "2025-09-15 15:45", "2026-09-11", &[0], "Correct medication charts with the pharmacist, CHG0041388, until 11 September 2026", Stays),
    grant(35, EHR, "2025-11-17 09:00", "2026-05-15", &[6], "Screen patients for the Ember trial, study ES-17, until 15 May 2026", Ends),
    grant(13, RADIOLOGY, "2025-08-25 07:20", "2026-08-21", &[1], "أرشفة صور الأشعة لمشروع الانتقال RITM0010811 2026-08-21", Stays),
    grant(15, RADIOLOGY, "2025-10-20 11:00", "2026-10-16", &[1], "Prepare image folders for the morning conference, RITM0012055, until 16 October 2026", Stays),
    grant(44, RESEARCH, "2025-08-12 12:00", "2026-08-07", &[6], "Monitor the Ember trial for Halden Imaging, visit plan ES-17, until 7 August 2026", Stays),
    grant(46, RESEARCH, "2025-12-02 10:30", "2026-11-27", &[6], "Deliver assay batches of the Foxglove registry, CRV-4410, until 27 November 2026", Stays),
    grant(47, RESEARCH, "2025-09-09 09:50", "2026-04-10", &[6], "Compare assay calibration with the clinic's analysers, CRV-4127, until 10 April 2026", Ends),
    grant(50, RESEARCH, "2026-04-21 08:45", "2026-10-16", &[6], "Schedule sample couriers for the Foxglove registry, BRM-0912, until 16 October 2026", AskedBy(34)),
    grant(39, VENDOR, "2025-09-03 07:30", "2026-02-20", &[4], "Yearly inspection of infusion pumps, contract MV-118, CHG0041201, until 20 February 2026", Ends),
    grant(40, VENDOR, "2026-02-23 07:45", "2026-08-20", &[4], "Replace monitors on ward C4, contract MV-131, CHG0044310, until 20 August 2026", Stays),
    grant(41, VENDOR, "2025-10-27 08:20", "2026-03-27", &[4], "Refit the bed lifts, contract MV-122, CHG0042290, until 27 March 2026",
        Extends("2026-03-19 10:00", "2026-09-18", "The second bed lift is late, CHG0044902, until 18 September 2026")),
    grant(42, VENDOR, "2025-07-24 09:10", "2025-12-12", &[4], "Swap access switches in the east wing, CHG0040930, until 12 December 2025", Ends),
    grant(29, BREAK_GLASS, "2026-05-18 16:00", "2026-07-17", &[4, 3], "Stand-in for emergency sign-in during the identity migration, CHG0046120, until 17 July 2026", Stays),
    grant(28, BREAK_GLASS, "2025-08-20 08:00", "2025-10-17", &[4, 3], "Recover directory settings after the summer failover test, CHG0041003, until 17 October 2025", Goes("2025-10-02 09:00", 53)),
    grant(22, FINANCE, "2025-07-30 08:40", "2026-07-27", &[3], "Close the monthly ledger and explain variances, FIN-2195, until 27 July 2026", Stays),
    grant(23, FINANCE, "2025-11-03 09:05", "2026-10-30", &[3], "Match wage postings to cost centres, FIN-2301, until 30 October 2026", Stays),
    grant(25, FINANCE, "2026-03-09 10:15", "2026-09-04", &[3], "Answer the auditors' sample of wage items, FIN-2466, until 4 September 2026", Stays),
    grant(26, FINANCE, "2025-08-06 11:30", "2026-07-31", &[3], "Prepare supplier reconciliation for the finance committee, FIN-2204, until 31 July 2026", Goes("2026-03-24 15:30", 54)),
    grant(20, LIBRARY, "2025-10-15 12:30", "2026-10-09", &[5], "Study for the transfusion certificate, course LB-44, until 9 October 2026", Stays),
    grant(37, LIBRARY, "2026-01-08 13:00", "2026-12-18", &[5], "Borrow first-aid manuals for the front desk, LB-61, until 18 December 2026", AskedBy(32)),
    grant(31, LIBRARY, "2025-09-29 14:20", "2026-03-20", &[5], "Prepare the phishing course for new staff, LB-39, until 20 March 2026", Ends),
    grant(34, LIBRARY, "2025-11-24 09:35", "2026-11-20", &[5], "Catalogue consent forms of closed studies, LB-52, until 20 November 2026", Stays),
    grant(0, EHR, "2025-07-07 08:00", "2026-07-06", &[1], "Countersign treatment plans of ward C3, QM-0305, until 6 July 2026", Stays),
    grant(14, EHR, "2026-02-03 07:10", "2026-07-31", &[1], "Check allergies before contrast scans, RITM0013702, until 31 July 2026", Stays),
    grant(30, LIBRARY, "2025-08-28 15:00", "2026-08-26", &[5], "Read up on backup planning for the millrace migration, LB-33, until 26 August 2026", Goes("2026-06-11 09:20", 54)),
    grant(32, LIBRARY, "2026-03-17 11:10", "2026-09-11", &[5], "Look up labour law for the new shift agreement, LB-70, until 11 September 2026", Stays),
];

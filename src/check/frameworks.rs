//! Which controls a check serves beside those in its file: what frameworks ask of a whole family of checks.
//!
//! Sources: 45 CFR 164.308 and 164.312 (HIPAA Security Rule), PCI DSS 4.0.1, and for SOX the control objectives that auditors
//! test as IT general controls over access to programs and data (PCAOB AS 2201); the Act itself numbers none.

use crate::check::Check;
use crate::model::controls::{Control, HIPAA_312_D};

const fn hipaa(id: &'static str) -> Control {
    Control {
        framework: "HIPAA Security Rule",
        id,
    }
}

const fn sox(id: &'static str) -> Control {
    Control { framework: "SOX 404 ITGC", id }
}

/// Authorization and supervision of who works with protected information.
const AUTHORIZATION: Control = hipaa("164.308(a)(3)(ii)(A)");
/// Establishing, documenting, reviewing and modifying a right of access.
const MODIFICATION: Control = hipaa("164.308(a)(4)(ii)(C)");
const INACTIVE: Control = Control {
    framework: "PCI DSS 4.0.1",
    id: "8.2.6",
};
const PROVISIONING: Control = sox("access provisioning");
const REMOVAL: Control = sox("access removal");
const REVIEW: Control = sox("access review");
const DUTIES: Control = sox("segregation of duties");
const PRIVILEGED: Control = sox("privileged access");
const CHANGE: Control = sox("change of access rules");

/// Controls by the beginning of a check's id.
static CROSSWALK: &[(&str, &[Control])] = &[
    ("APR-", &[AUTHORIZATION, PROVISIONING]),
    ("JUS-", &[PROVISIONING]),
    ("SEG-", &[AUTHORIZATION, PROVISIONING]),
    ("AGT-", &[AUTHORIZATION, PROVISIONING]),
    ("STA-", &[MODIFICATION, REVIEW]),
    ("STA-03", &[INACTIVE]),
    ("EXP-", &[MODIFICATION, REMOVAL]),
    ("ORP-", &[REMOVAL]),
    ("REV-", &[MODIFICATION, REVIEW]),
    ("REG-", &[REVIEW]),
    ("EXC-01", &[AUTHORIZATION, PROVISIONING]),
    ("EXC-05", &[DUTIES]),
    ("APR-01", &[DUTIES]),
    ("APR-05", &[DUTIES]),
    ("EXC-06", &[PRIVILEGED]),
    ("EXC-10", &[PRIVILEGED]),
    ("CAP-", &[HIPAA_312_D]),
    ("DRF-", &[CHANGE]),
];

impl Check {
    /// All controls that it serves: those of its file, then those that its family serves, each once.
    #[must_use]
    pub fn served(&self) -> Vec<Control> {
        let mut all = self.controls.to_vec();
        let of_family = CROSSWALK.iter().filter(|(begin, _)| self.id.as_str().starts_with(begin));
        for control in of_family.flat_map(|(_, controls)| *controls) {
            if !all.contains(control) {
                all.push(*control);
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use crate::check::all;
    use std::collections::BTreeSet;

    #[test]
    fn what_frameworks_ask_is_mapped_and_every_check_serves_an_auditor() {
        let served: BTreeSet<String> = all().iter().flat_map(|c| c.served()).map(|c| format!("{} {}", c.framework, c.id)).collect();
        for control in [
            "HIPAA Security Rule 164.308(a)(3)(ii)(A)",
            "HIPAA Security Rule 164.312(d)",
            "SOX 404 ITGC access review",
            "SOX 404 ITGC access removal",
            "SOX 404 ITGC access provisioning",
        ] {
            assert!(served.contains(control), "{control}");
        }
        // The control asks for inactive accounts: it is served as soon as the check of accounts is there.
        let accounts = all().iter().any(|c| c.id.as_str() == "STA-03");
        assert_eq!(served.contains("PCI DSS 4.0.1 8.2.6"), accounts);
        for check in all() {
            let controls = check.served();
            let once: BTreeSet<_> = controls.iter().collect();
            assert_eq!(once.len(), controls.len(), "{}", check.id);
        }
    }
}

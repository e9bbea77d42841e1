//! Control ids of the frameworks that findings refer to, spelled as the frameworks spell them.

/// One control of a framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Control {
    /// The framework, for example `NIST SP 800-53 r5`.
    pub framework: &'static str,
    /// The control's id in it.
    pub id: &'static str,
}

macro_rules! controls {
    ($framework:literal: $($(#[$doc:meta])* $name:ident = $id:literal),+ $(,)?) => {
        $(#[doc = concat!($framework, " ", $id, ".")] $(#[$doc])* pub const $name: Control = Control { framework: $framework, id: $id };)+
    };
}

controls!("NIST SP 800-53 r5":
    AC_2 = "AC-2", AC_2_B = "AC-2b", AC_2_D = "AC-2d", AC_2_E = "AC-2e", AC_2_F = "AC-2f", AC_2_G = "AC-2g", AC_2_H = "AC-2h", AC_2_I = "AC-2i", AC_2_J = "AC-2j",
    AC_2_2 = "AC-2(2)", AC_2_3 = "AC-2(3)", AC_2_4 = "AC-2(4)", AC_3 = "AC-3", AC_3_8 = "AC-3(8)", AC_19 = "AC-19", AC_5 = "AC-5", AC_6 = "AC-6", AC_6_2 = "AC-6(2)", AC_6_5 = "AC-6(5)", AC_6_7 = "AC-6(7)",
    AU_2 = "AU-2", AU_3 = "AU-3", AU_6 = "AU-6", AU_9 = "AU-9", AU_10 = "AU-10", AU_11 = "AU-11", AU_12 = "AU-12", CM_3 = "CM-3", CM_8 = "CM-8", IA_2_1 = "IA-2(1)", PS_4 = "PS-4", PS_5 = "PS-5");
controls!("ISO/IEC 27001:2022": ISO_A_5_3 = "A.5.3", ISO_A_5_18 = "A.5.18", ISO_A_5_19 = "A.5.19", ISO_A_8_2 = "A.8.2");
controls!("SOC 2": CC6_1 = "CC6.1", CC6_2 = "CC6.2", CC6_3 = "CC6.3");
controls!("PCI DSS 4.0.1": PCI_7_2_4 = "7.2.4", PCI_7_2_5 = "7.2.5", PCI_8_2_5 = "8.2.5", PCI_8_2_6 = "8.2.6", PCI_10_5_1 = "10.5.1");
controls!("CIS Controls v8": CIS_5_3 = "5.3");
controls!("HIPAA Security Rule":
    HIPAA_308_A_3_II_C = "164.308(a)(3)(ii)(C)", HIPAA_308_A_4_II_C = "164.308(a)(4)(ii)(C)", HIPAA_312_D = "164.312(d)", HIPAA_316_B_1_II = "164.316(b)(1)(ii)", HIPAA_316_B_2_I = "164.316(b)(2)(i)");

//! Facts become holdings: who held what, from when to when, how sure.

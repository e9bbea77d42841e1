//! Facts become holdings: who held what, from when to when, how sure.

pub mod estate;
pub mod evidence;

pub use estate::Estate;
pub use evidence::Evidence;

//! What the user asked for: a file becomes a checked configuration; profiles name the origin of each threshold.

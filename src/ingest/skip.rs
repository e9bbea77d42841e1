//! Finds where a JSON value ends without understanding it: brackets and strings only.
//!
//! The search can stop anywhere and go on with more bytes, and it holds nothing but counters,
//! so that a line of 200 MB or a million brackets cost time and no memory.

/// A search for the end of one value that begins with `{`, `[` or `"`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Skip {
    depth: usize,
    /// The deepest nesting so far.
    pub deepest: usize,
    in_string: bool,
    escaped: bool,
    /// Whether a string held a raw line break, which JSON forbids: a sign that the line was cut.
    pub broken_line: bool,
}

impl Skip {
    /// Goes over more bytes; the index after the value's last byte when it ends in them.
    pub fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if self.in_string {
                if self.escaped {
                    self.escaped = false;
                    at += 1;
                    continue;
                }
                let rest = &bytes[at..];
                let found = memchr::memchr2(b'"', b'\\', rest);
                let inside = &rest[..found.unwrap_or(rest.len())];
                // Strings of a record are short; looking twice is cheaper than a third needle.
                self.broken_line |= inside.len() > 1 && memchr::memchr(b'\n', inside).is_some() || inside == b"\n";
                let found = found?;
                at += found + 1;
                if rest[found] == b'\\' {
                    self.escaped = true;
                } else {
                    self.in_string = false;
                    if self.depth == 0 {
                        return Some(at);
                    }
                }
                continue;
            }
            match bytes[at] {
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    self.depth += 1;
                    self.deepest = self.deepest.max(self.depth);
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        None
    }
}

/// The index after a whole value at the start of `bytes`, if it ends there.
pub(super) fn whole(bytes: &[u8]) -> Option<(usize, Skip)> {
    let mut skip = Skip::default();
    skip.feed(bytes).map(|end| (end, skip))
}

/// Whether nothing in `bytes` is nested deeper than `depth`.
///
/// The parser of log records skips unknown members by recursion without a bound, so that this must
/// be asked before it sees a record: a line of a million braces would overflow the stack.
pub(super) fn is_shallow(bytes: &[u8], depth: usize) -> bool {
    // Few brackets cannot nest deep, and counting them costs far less than following them.
    let few = memchr::memchr2_iter(b'{', b'[', bytes).take(depth + 1).count() <= depth;
    few || {
        let mut skip = Skip::default();
        let mut rest = bytes;
        while let Some(end) = skip.feed(rest) {
            rest = &rest[end..];
        }
        skip.deepest <= depth
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_found_whole_or_in_pieces() {
        for (text, expected) in [
            ("{}", Some(2)),
            (r#"{"a":"}"} tail"#, Some(9)),
            (r#"{"a":"\"}"}"#, Some(11)),
            (r#"["\\"]"#, Some(6)),
            (r#""a\"b" x"#, Some(6)),
            (r#"{"a":[1,{"b":2}"#, None),
        ] {
            assert_eq!(whole(text.as_bytes()).map(|w| w.0), expected, "{text}");
            let mut skip = Skip::default();
            let piecewise = (0..text.len()).find_map(|i| skip.feed(&text.as_bytes()[i..=i]).map(|_| i + 1));
            assert_eq!(piecewise, expected, "{text} byte by byte");
        }
    }

    #[test]
    fn shallow_is_told_from_deep() {
        let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(is_shallow(nested(64).as_bytes(), 64));
        assert!(!is_shallow(nested(65).as_bytes(), 64));
        assert!(is_shallow("[]".repeat(1000).as_bytes(), 64));
        assert!(!is_shallow(format!("{{}} {}", nested(65)).as_bytes(), 64));
        assert!(is_shallow(format!("\"{}\"", "[".repeat(100)).as_bytes(), 64));
    }

    #[test]
    fn depth_is_counted_without_recursion() {
        let deep = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
        let (end, skip) = whole(deep.as_bytes()).expect("closed");
        assert_eq!((end, skip.deepest), (2_000_000, 1_000_000));
    }
}

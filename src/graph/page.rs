//! One page of an answer, taken apart without understanding its rows.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Its records, each as JSON on one line, byte for byte as received but for line breaks.
    pub rows: Vec<String>,
    /// Where the next page is.
    pub next: Option<String>,
    /// `@odata.count`.
    pub count: Option<i64>,
    /// Why the page does not tell whether more follow, or how many there are.
    pub doubt: Option<String>,
    /// The service's id of the request.
    pub request_id: String,
    /// Whether it came at the first try: only then is its link a good place to come back to.
    pub first_try: bool,
}

/// What is read of a record.
#[derive(Debug, Default, Deserialize)]
pub struct Mark<'a> {
    /// Its id.
    #[serde(borrow, default)]
    pub id: Option<Cow<'a, str>>,
    /// When an audit event happened.
    #[serde(borrow, default, rename = "activityDateTime")]
    pub activity: Option<Cow<'a, str>>,
    /// When something was created: the instant of a sign-in.
    #[serde(borrow, default, rename = "createdDateTime")]
    pub created: Option<Cow<'a, str>>,
    /// Kinds of a group, such as DynamicMembership.
    #[serde(default, rename = "groupTypes")]
    pub group_types: Option<Vec<String>>,
    /// Whether an object comes from on premises.
    #[serde(default, rename = "onPremisesSyncEnabled")]
    pub synced: Option<bool>,
    /// What a request asks for.
    #[serde(borrow, default, rename = "requestType")]
    pub request_type: Option<Cow<'a, str>>,
}

impl<'a> Mark<'a> {
    /// Reads a record; what cannot be read stays empty.
    #[must_use]
    pub fn of(row: &'a str) -> Self {
        serde_json::from_str(row).unwrap_or_default()
    }
}

impl Page {
    /// Takes an answer apart; `member` is where its records are: `value`, or a member of an object that was asked for,
    /// or empty when that object is itself the record.
    ///
    /// # Errors
    /// When it is no whole JSON object, or has no such member.
    pub fn parse(body: &[u8], member: &str) -> Result<Self, String> {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let whole: BTreeMap<String, &RawValue> = serde_json::from_slice(body).map_err(|e| {
            if e.is_data() {
                "the answer is no JSON object".to_string()
            } else {
                format!("no whole JSON: {e}")
            }
        })?;
        if member.is_empty() {
            if !whole.contains_key("id") {
                return Err("the answer has no 'id'".to_string());
            }
            let object: &RawValue = serde_json::from_slice(body).map_err(|e| format!("no whole JSON: {e}"))?;
            return Ok(Self {
                rows: vec![on_one_line(object.get())],
                ..Self::default()
            });
        }
        let rows: Vec<&RawValue> = match whole.get(member) {
            Some(value) => serde_json::from_str(value.get()).map_err(|_| format!("'{member}' is no list"))?,
            // An object that was asked for may leave an empty expansion out.
            None if member != "value" && whole.contains_key("id") => Vec::new(),
            None => return Err(format!("the answer has no '{member}'")),
        };
        let prefix = if member == "value" { "" } else { member };
        let annotation = |name: &str| whole.get(&format!("{prefix}@odata.{name}")).map(|raw| raw.get()).filter(|raw| *raw != "null");
        let next = annotation("nextLink").map(|raw| serde_json::from_str::<String>(raw).ok().filter(|link| !link.trim().is_empty()));
        let count = annotation("count").map(count_of);
        let doubt = match (&next, &count) {
            (Some(None), _) => Some("@odata.nextLink is no text that leads anywhere, so that nobody can tell whether more follow"),
            (_, Some(None)) => Some("@odata.count is no number, so that nobody can tell how many there are"),
            _ => None,
        };
        Ok(Self {
            rows: rows.iter().map(|row| on_one_line(row.get())).collect(),
            next: next.flatten(),
            count: count.flatten(),
            doubt: doubt.map(str::to_string),
            ..Self::default()
        })
    }
}

/// A count, as a number or as the text that OData writes for numbers of 64 bits.
fn count_of(raw: &str) -> Option<i64> {
    let text: Option<String> = serde_json::from_str(raw).ok();
    text.as_deref().unwrap_or(raw).trim().parse().ok()
}

/// Line breaks between the tokens of JSON are blanks; inside of its texts they cannot be.
fn on_one_line(json: &str) -> String {
    if json.contains(['\n', '\r']) {
        json.replace(['\n', '\r'], " ")
    } else {
        json.to_string()
    }
}

/// Graph's account of an error: code and message.
#[must_use]
pub fn error_of(body: &[u8]) -> (String, String) {
    #[derive(Deserialize, Default)]
    struct Inner {
        #[serde(default)]
        code: Option<String>,
        #[serde(default)]
        message: Option<String>,
    }
    #[derive(Deserialize, Default)]
    struct Outer {
        #[serde(default)]
        error: Option<Inner>,
    }
    let outer: Outer = serde_json::from_slice(body).unwrap_or_default();
    let inner = outer.error.unwrap_or_default();
    let short = |text: Option<String>| -> String {
        let text = text.unwrap_or_default();
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
        text.trim().to_string()
    };
    (short(inner.code), short(inner.message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_whole_or_nothing() {
        let body = br#"{"@odata.context":"x","@odata.count":2,"@odata.nextLink":"https://h/n","value":[{"id":"a",
 "n":"b\nc"},{"id":"b"}]}"#;
        let page = Page::parse(body, "value").expect("a page");
        assert_eq!(page.rows, [r#"{"id":"a",  "n":"b\nc"}"#, r#"{"id":"b"}"#]);
        assert_eq!((page.count, page.next.as_deref()), (Some(2), Some("https://h/n")));
        for cut in 1..body.len() {
            assert!(Page::parse(&body[..cut], "value").is_err(), "cut at {cut}");
        }
        assert!(Page::parse(b"[]", "value").is_err());
        assert!(Page::parse(br#"{"error":{"code":"x"}}"#, "value").is_err());
    }

    #[test]
    fn a_link_or_count_that_nobody_can_read_is_no_end() {
        for (annotation, next, count, is_in_doubt) in [
            (r#""@odata.nextLink":5"#, None, None, true),
            (r#""@odata.nextLink":"""#, None, None, true),
            (r#""@odata.nextLink":{"x":1}"#, None, None, true),
            (r#""@odata.nextLink":null"#, None, None, false),
            (r#""@odata.count":"2""#, None, Some(2), false),
            (r#""@odata.count":"two""#, None, None, true),
        ] {
            let body = format!(r#"{{{annotation},"value":[{{"id":"a"}}]}}"#);
            let page = Page::parse(body.as_bytes(), "value").expect("a page");
            assert_eq!((page.rows.len(), page.next.as_deref(), page.count), (1, next, count), "{annotation}");
            assert_eq!(page.doubt.is_some(), is_in_doubt, "{annotation}");
        }
    }

    #[test]
    fn an_expanded_member_is_a_page_of_its_own() {
        let body = br#"{"id":"p","resourceRoleScopes@odata.nextLink":"https://h/m","resourceRoleScopes":[{"id":"r"}]}"#;
        let page = Page::parse(body, "resourceRoleScopes").expect("a page");
        assert_eq!((page.rows.len(), page.next.as_deref()), (1, Some("https://h/m")));
        assert_eq!(Page::parse(br#"{"id":"p"}"#, "resourceRoleScopes").expect("empty").rows.len(), 0);
    }

    #[test]
    fn an_object_can_be_the_record() {
        let page = Page::parse(b"{\"id\":\"a\",\n\"stages\":[]}", "").expect("a page");
        assert_eq!(page.rows, [r#"{"id":"a", "stages":[]}"#]);
        assert!(Page::parse(b"{\"value\":[]}", "").is_err());
        assert!(Page::parse(b"{\"id\":\"a\"", "").is_err());
    }

    #[test]
    fn errors_tell_code_and_message_on_one_line() {
        assert_eq!(
            error_of(b"{\"error\":{\"code\":\"c\",\"message\":\"a\\nb\"}}"),
            ("c".to_string(), "a b".to_string())
        );
        assert_eq!(error_of(b"<html>"), (String::new(), String::new()));
    }
}

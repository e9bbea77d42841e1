//! A closer look at a record whose kind neither its page nor its neighbours tell.

use super::{Taken, Worker, rejected, told};
use crate::ingest::context::{Context, Step, bare_type};
use crate::ingest::envelope::Envelope;
use crate::ingest::kind::{self, Kind, Relation};
use crate::ingest::objects::{self, Refused, Taker};
use crate::ingest::split::{Head, Span};
use crate::ingest::{rows, times, value};
use crate::model::Interned;
use serde_json::{Map, Value};

impl Worker<'_> {
    pub(super) fn look_closer(&mut self, text: &str, span: &Span, outermost: bool) -> Taken {
        let trimmed = text.trim_start();
        if !trimmed.starts_with('{') {
            return Err(rejected("no JSON object"));
        }
        let (mut parsed, twice) = value::parse(text, self.around.limits.depth).map_err(rejected)?;
        let Some(map) = parsed.as_object_mut() else {
            return Err(rejected("no JSON object"));
        };
        if let Some(error) = map.get("error").and_then(Value::as_object) {
            let text = error_response(error);
            let errors = &mut self.done.errors;
            // A file of error bodies is told by the first kinds of them.
            if errors.len() < 20 || errors.contains_key(&text) {
                *errors.entry(text).or_default() += 1;
            }
            return Err(Refused::Unmapped("error response".into()));
        }
        let wrapped = |map: &Map<String, Value>| map.get("_raw").and_then(Value::as_str).map(str::to_string);
        let within = || ["result", "_source", "event"].iter().find_map(|name| wrapped(map.get(*name)?.as_object()?));
        if outermost
            && let Some(inner) = wrapped(map).or_else(within)
            && inner.trim_start().starts_with('{')
        {
            self.look_closer(&inner, span, false)?;
            self.done.remarks.shipped += 1;
            return Ok(());
        }
        if let Some(format) = rows::of_members(map) {
            return self.row_of(format, map, span);
        }
        let has = |name: &str| map.keys().any(|k| k.eq_ignore_ascii_case(name));
        if has("time") && has("category") && !map.contains_key("activityDisplayName") {
            let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|e| rejected(told(&e)))?;
            if envelope.plausible() {
                return self.envelope(&envelope, span);
            }
        }
        if map.contains_key("Id") && !map.contains_key("id") && !map.contains_key("Workload") {
            let mut whole = Value::Object(std::mem::take(map));
            value::camel(&mut whole);
            if let Value::Object(lowered) = whole {
                *map = lowered;
            }
        }
        let own = map.get("@odata.context").and_then(Value::as_str);
        let own = own.and_then(Context::parse);
        let page = span.page.as_deref();
        self.kind_of_page(page);
        let of_page = page.and_then(|_| self.page.as_ref()?.1.clone());
        let context = of_page.as_deref().or(own.as_ref());
        let kind = self.kind(map, context, page);
        match kind {
            Kind::Audit => self.audit_text(text, span),
            Kind::SignIn => self.sign_in_text(text, span),
            Kind::Other(what) => Err(self.expanded_role(map, context).unwrap_or(Refused::Unmapped(what))),
            Kind::Object(_) | Kind::Related(_) => {
                self.done.remarks.untimed += times::straighten(map, self.around.dates);
                self.object(kind, map, context, span)?;
                self.done.remarks.twice += twice;
                Ok(())
            }
        }
    }

    /// A directory role with its members: they hold it, and no table takes them.
    fn expanded_role(&mut self, map: &Map<String, Value>, context: Option<&Context>) -> Option<Refused> {
        let typed = map.get("@odata.type").and_then(Value::as_str).map(bare_type);
        let named = typed.is_some_and(objects::is_role) || context.is_some_and(|c| objects::is_role(c.last()));
        let members = map
            .get("members")
            .and_then(Value::as_array)
            .filter(|_| named || map.contains_key("roleTemplateId"))?;
        let ids = members.iter().filter_map(|m| m.get("id").and_then(Value::as_str));
        let mut told = None;
        for id in ids {
            told = Some(objects::holds_role(&mut self.done.unknown, Interned::from(id)));
        }
        told
    }

    /// The context's word, else the type's, else what the members say.
    fn kind(&self, map: &Map<String, Value>, context: Option<&Context>, page: Option<&Head>) -> Kind {
        if let Some(kind) = context.and_then(kind::by_context) {
            return kind;
        }
        let typed = map.get("@odata.type").and_then(Value::as_str);
        match typed.and_then(kind::by_type) {
            // Types stand in mixed listings only, where they name the member and not the listing.
            Some(Kind::Related(_)) if page.is_none() && !self.around.named.tells_parent() => kind::by_members(map),
            Some(kind) => kind,
            None => kind::by_members(map),
        }
    }

    pub(super) fn object(&mut self, kind: Kind, map: &mut Map<String, Value>, context: Option<&Context>, span: &Span) -> Taken {
        let mut around = surroundings(self.around.tenant, context);
        let mut related = None;
        let mut by_name = u64::from(context.is_some_and(|c| c.by_name));
        if let Kind::Related(relation) = kind {
            let mut relation = relation;
            let named = &self.around.named;
            if around.parent.is_none()
                && let (Some(id), Some(told)) = (&named.id, named.relation)
            {
                if relation == Relation::Unknown {
                    relation = told;
                }
                around.parent = Some(Interned::from(id));
                around.parent_kind = named.parent.map(Interned::from);
                by_name = 1;
            } else if relation == Relation::Unknown && named.relation == Some(Relation::Deleted) {
                relation = Relation::Deleted;
            }
            related = Some(relation);
        }
        let mut taker = Taker {
            around: &around,
            mark: span.row,
            nested: &mut self.done.nested,
            top: &mut self.done.top,
            holders: &mut self.done.holders,
            words: &mut self.done.unknown,
        };
        objects::misread();
        let place = match (kind, related) {
            (_, Some(relation)) => taker.take_related(relation, map)?,
            (Kind::Object(kind), None) => taker.take(kind, map)?,
            (_, None) => return Err(Refused::Unmapped("no object".into())),
        };
        let place = place.narrowed(context);
        self.done.remarks.parent_by_name += by_name;
        let own = map
            .get("id")
            .and_then(Value::as_str)
            .map_or_else(|| format!("record {}", span.row), |id| id.trim().to_lowercase());
        let own = Interned::from(&own);
        let misread = objects::misread();
        if !misread.is_empty() {
            for what in misread {
                self.done.unknown.add(place.table, what, own);
            }
        }
        let places = &mut self.done.places;
        let index = *self.place_index.entry(place).or_insert_with_key(|place| {
            places.push(place.clone());
            places.len() - 1
        });
        self.done.placed.push((span.row, index));
        let page = span.page.as_ref().map(|p| p.index);
        self.done.on_pages.entry((page, index)).or_default().push(own);
        Ok(())
    }
}

/// What a context says of the parent.
fn surroundings<'a>(tenant: &'a str, context: Option<&Context>) -> objects::Around<'a> {
    let Some(context) = context else {
        return objects::Around {
            tenant,
            ..objects::Around::default()
        };
    };
    let mut parents = context.steps.iter().rev().skip(1);
    let parent: Option<&Step> = parents.next();
    let grandparent = parents.next();
    objects::Around {
        tenant,
        parent: parent.and_then(|p| p.key.as_deref()).map(Interned::from),
        parent_kind: parent.map(|p| Interned::from(&p.name)),
        grandparent: grandparent.and_then(|p| p.key.as_deref()).map(Interned::from),
        collection: context.last().to_string(),
    }
}

/// An error response in one line.
fn error_response(error: &Map<String, Value>) -> String {
    let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or("");
    let code = match text("code") {
        "" => "no code",
        code => code,
    };
    let message: String = text("message").split_whitespace().collect::<Vec<_>>().join(" ");
    let message: String = message.chars().take(400).collect();
    format!("error response: {code}: {message}")
}

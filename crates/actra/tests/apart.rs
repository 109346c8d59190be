//! Calls that look alike are told apart by an approval, or cannot be approved.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests fail by it")]

use std::ops::Deref;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use actra::approval::ApprovalAnswer;
use actra::{Refused, Runtime};
use serde::{Serialize, Serializer};

const SCHEMA: &str = "version: 1
actions: { run: { fields: { limit: 'any?' } } }
snapshot: { fields: { open: 'boolean?' } }
";

const RULES: &str = "version: 1
default: block
rules:
  - { id: all, scope: { action: run }, when: 'snapshot.?open.orValue(true)', effect: require_approval }
";

fn runtime() -> Runtime {
    actra::builder(actra::parse(SCHEMA, RULES).unwrap()).build().unwrap()
}

/// Grants what a refused call asks for.
#[track_caller]
fn grant<T>(runtime: &Runtime, called: Result<T, Refused>) {
    let Err(Refused { approval: Some(asked), .. }) = called else { panic!("no request") };
    let granted = ApprovalAnswer::Granted { by: "ana".into() };
    runtime.approvals().answer(&asked.id, &granted, SystemTime::now()).unwrap();
}

/// A grant for the first call serves that call and not the second.
#[track_caller]
fn apart<T: std::fmt::Debug>(
    runtime: &Runtime,
    first: impl Fn() -> Result<T, Refused>,
    second: impl Fn() -> Result<T, Refused>,
) {
    grant(runtime, first());
    assert!(second().is_err());
    assert!(first().is_ok());
}

#[track_caller]
fn unapprovable<T: std::fmt::Debug>(called: Result<T, Refused>, part: &str, name: &str) {
    let refused = called.unwrap_err();
    assert_eq!(refused.approval, None, "{refused}");
    let said = refused.to_string();
    assert!(said.contains(&format!("argument `{part}` cannot be captured in full")), "{said}");
    assert!(said.contains(&format!("`unbound`: `{name}`")), "{said}");
}

trait Tool: Send + Sync {
    fn name(&self) -> &'static str;
}

#[derive(Serialize)]
struct ListTable;

#[derive(Serialize)]
struct DropTable;

impl Tool for ListTable {
    fn name(&self) -> &'static str {
        "list"
    }
}

impl Tool for DropTable {
    fn name(&self) -> &'static str {
        "drop"
    }
}

/// Says nothing of the class behind it.
impl Serialize for dyn Tool + '_ {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("orders")
    }
}

impl dyn Tool {
    #[actra::admit(skip(runtime), runtime = runtime)]
    fn run(&self, runtime: &Runtime) -> Result<&'static str, Refused> {
        Ok(self.name())
    }

    #[actra::admit(action = "run", skip(runtime), unbound(self), runtime = runtime)]
    fn run_any(&self, runtime: &Runtime) -> Result<&'static str, Refused> {
        Ok(self.name())
    }
}

#[actra::admit(action = "run", skip(runtime), runtime = runtime)]
fn by_argument(runtime: &Runtime, tool: &dyn Tool) -> Result<&'static str, Refused> {
    Ok(tool.name())
}

#[actra::admit(action = "run", skip(runtime), rename(tool = "limit"), runtime = runtime)]
fn by_declared_argument(runtime: &Runtime, tool: &[Box<dyn Tool>]) -> Result<usize, Refused> {
    Ok(tool.len())
}

#[actra::admit(action = "run", skip(runtime), unbound(tool), runtime = runtime)]
fn by_any_argument(runtime: &Runtime, tool: &dyn Tool) -> Result<&'static str, Refused> {
    Ok(tool.name())
}

#[actra::admit(action = "run", skip(runtime, tool), runtime = runtime)]
fn by_type<T: Tool + ?Sized>(runtime: &Runtime, tool: &T) -> Result<&'static str, Refused> {
    Ok(tool.name())
}

#[actra::admit(action = "run", skip(runtime, tool), unbound(T), runtime = runtime)]
fn by_any_type<T: Tool + ?Sized>(runtime: &Runtime, tool: &T) -> Result<&'static str, Refused> {
    Ok(tool.name())
}

#[actra::admit(action = "run", skip(runtime), runtime = runtime)]
fn by_some_type(runtime: &Runtime, tool: impl Serialize) -> Result<(), Refused> {
    Ok(())
}

#[test]
fn a_trait_object_cannot_be_had_in_full() {
    let runtime = runtime();
    let (list, drop): (&dyn Tool, &dyn Tool) = (&ListTable, &DropTable);
    unapprovable(list.run(&runtime), "self", "self");
    unapprovable(by_argument(&runtime, list), "tool.type", "tool");
    unapprovable(by_declared_argument(&runtime, &[Box::new(ListTable)]), "limit.type", "limit");
    unapprovable(by_type(&runtime, list), "T.type", "T");
    unapprovable(by_some_type(&runtime, list), "tool.type", "tool");
    unapprovable(by_some_type(&runtime, Some(list)), "tool.type", "tool");
    apart(&runtime, || by_type(&runtime, &ListTable), || by_type(&runtime, &DropTable));
    // Unless that is said not to count.
    for called in [
        &|tool: &'static dyn Tool| tool.run_any(&runtime),
        &|tool| by_any_argument(&runtime, tool),
        &|tool| by_any_type(&runtime, tool),
    ] as [&dyn Fn(&'static dyn Tool) -> Result<&'static str, Refused>; 3]
    {
        grant(&runtime, called(&ListTable));
        assert_eq!(called(&DropTable).unwrap(), drop.name());
    }
}

/// Leads to something that is the same for many.
#[derive(Serialize)]
struct Handle {
    table: &'static str,
    #[serde(skip)]
    runtime: Runtime,
}

impl Deref for Handle {
    type Target = str;

    fn deref(&self) -> &str {
        "postgres"
    }
}

macro_rules! method {
    ($name:ident, $ty:ty) => {
        impl Handle {
            #[actra::admit(action = "run", runtime = self.runtime)]
            fn $name(self: $ty) -> Result<&'static str, Refused> {
                Ok(self.table)
            }
        }
    };
}

method!(by_macro, Self);
method!(by_macro_box, Box<Self>);

impl Handle {
    #[actra::admit(action = "run", runtime = self.runtime)]
    fn by_name(self: Handle) -> Result<&'static str, Refused> {
        Ok(self.table)
    }

    #[expect(unused_parens, reason = "another way to write it")]
    #[actra::admit(action = "run", runtime = self.runtime)]
    fn in_parentheses(self: (Self)) -> Result<&'static str, Refused> {
        Ok(self.table)
    }

    #[actra::admit(action = "run", runtime = self.runtime)]
    fn by_reference(self: &Handle) -> Result<&'static str, Refused> {
        Ok(self.table)
    }

    #[actra::admit(action = "run", runtime = self.runtime)]
    fn shared(self: Arc<Self>) -> Result<&'static str, Refused> {
        Ok(self.table)
    }

    #[actra::admit(action = "run", runtime = self.runtime)]
    fn pinned(self: Pin<&mut Self>) -> Result<&'static str, Refused> {
        Ok(self.table)
    }
}

#[test]
fn a_receiver_is_bound_and_not_what_it_leads_to() {
    let runtime = runtime();
    let handle = |table| Handle { table, runtime: runtime.clone() };
    let calls: [&dyn Fn(Handle) -> Result<&'static str, Refused>; 7] = [
        &|handle| handle.by_name(),
        &|handle| handle.in_parentheses(),
        &|handle| handle.by_macro(),
        &|handle| Box::new(handle).by_macro_box(),
        &|handle| handle.by_reference(),
        &|handle| Arc::new(handle).shared(),
        &|mut handle| Pin::new(&mut handle).pinned(),
    ];
    for called in calls {
        apart(&runtime, || called(handle("logs")), || called(handle("users")));
    }
}

#[actra::admit(action = "run", skip(runtime), runtime = runtime)]
fn limited<T: Serialize + std::fmt::Debug>(runtime: &Runtime, limit: T) -> Result<String, Refused> {
    Ok(format!("{limit:?}"))
}

#[actra::admit(action = "run", skip(runtime), runtime = runtime)]
fn undeclared(runtime: &Runtime, most: Option<Option<u8>>) -> Result<Option<Option<u8>>, Refused> {
    Ok(most)
}

#[actra::admit(action = "run", skip(runtime), unbound(most), runtime = runtime)]
fn of_no_matter(runtime: &Runtime, most: Option<Option<u8>>) -> Result<Option<Option<u8>>, Refused> {
    Ok(most)
}

#[derive(Serialize)]
struct Quota<'r> {
    most: Option<Option<u8>>,
    #[serde(skip)]
    runtime: &'r Runtime,
}

impl Quota<'_> {
    #[actra::admit(action = "run", runtime = self.runtime)]
    fn run(&self) -> Result<Option<Option<u8>>, Refused> {
        Ok(self.most)
    }
}

#[test]
fn nothing_is_not_something_that_is_nothing() {
    type Twice = Option<Option<u8>>;
    let runtime = runtime();
    let (none, some): (Twice, Twice) = (None, Some(None));
    apart(&runtime, || limited(&runtime, none), || limited(&runtime, some));
    apart(&runtime, || limited(&runtime, some), || limited(&runtime, none));
    apart(&runtime, || limited(&runtime, Some(none)), || limited(&runtime, Some(some)));
    apart(&runtime, || limited(&runtime, vec![none, some]), || limited(&runtime, vec![some, none]));
    apart(&runtime, || limited(&runtime, Some(())), || limited(&runtime, None::<()>));
    apart(&runtime, || undeclared(&runtime, some), || undeclared(&runtime, none));
    let quota = |most| Quota { most, runtime: &runtime };
    apart(&runtime, || quota(some).run(), || quota(none).run());
    // What looks like a tag is none.
    let looks = serde_json::json!({ "$some": null });
    apart(&runtime, || limited(&runtime, Some(Some(looks.clone()))), || limited(&runtime, Some(None::<u8>)));
    grant(&runtime, of_no_matter(&runtime, some));
    assert!(of_no_matter(&runtime, none).is_ok());
}

fn json(text: &str) -> Box<serde_json::value::RawValue> {
    serde_json::value::RawValue::from_string(text.to_owned()).unwrap()
}

#[actra::admit(action = "run", skip(runtime), runtime = runtime)]
fn scaled(runtime: &Runtime, scale: f64) -> Result<f64, Refused> {
    Ok(1.0 / scale)
}

#[actra::admit(action = "run", skip(runtime), unbound(scale), runtime = runtime)]
fn scaled_anyhow(runtime: &Runtime, scale: f64) -> Result<f64, Refused> {
    Ok(1.0 / scale)
}

/// `1.0 / scale` is another one.
#[test]
fn zero_is_not_a_zero_below_zero() {
    let runtime = runtime();
    apart(&runtime, || limited(&runtime, 0.0), || limited(&runtime, -0.0));
    apart(&runtime, || limited(&runtime, -0.0_f32), || limited(&runtime, 0.0_f32));
    apart(&runtime, || limited(&runtime, [1.0, -0.0]), || limited(&runtime, [1.0, 0.0]));
    apart(&runtime, || scaled(&runtime, -0.0), || scaled(&runtime, 0.0));
    let object = |limit: f64| serde_json::json!({ "limit": limit });
    apart(&runtime, || limited(&runtime, object(0.0)), || limited(&runtime, object(-0.0)));
    for (zero, below) in [("0", "-0"), ("[1, 0.0]", "[1, -0.0]"), (r#"{"\"-1": 0e0}"#, r#"{"\"-1": -0e0}"#)] {
        apart(&runtime, || limited(&runtime, json(zero)), || limited(&runtime, json(below)));
        apart(&runtime, || limited(&runtime, json(below)), || limited(&runtime, json(zero)));
    }
    // The rest counts by its value, as before.
    for (one, same) in [(r#"["-0", -1e-0]"#, r#"[ "-0", -1.0 ]"#), (r#"["\\", 1e-0]"#, r#"["\\",1]"#)] {
        grant(&runtime, limited(&runtime, json(one)));
        assert!(limited(&runtime, json(same)).is_ok());
    }
    grant(&runtime, scaled_anyhow(&runtime, 0.0));
    assert!(scaled_anyhow(&runtime, -0.0).is_ok());
}

/// What is bound besides a value is described as what it is, and goes by the name that `unbound` takes.
#[test]
fn what_is_bound_besides_a_value_goes_by_its_argument() {
    let runtime = runtime();
    let refused = limited(&runtime, -0.0).unwrap_err();
    let shown = &refused.approval.as_ref().unwrap().arguments;
    assert_eq!(shown.get("limit.exact").map(String::as_str), Some("number"), "{shown:?}");
    // `limit` is declared, so nothing else is left out by naming it.
    assert!(!refused.to_string().contains("exact"), "{refused}");
    let refused = scaled_anyhow(&runtime, -0.0).unwrap_err();
    assert!(!refused.to_string().contains("exact"), "{refused}");
    let nothing = limited(&runtime, Some(None::<u8>)).unwrap_err().approval.unwrap();
    assert_eq!(nothing.arguments["limit.exact"], "`Some` of null");
}

/// What an approval shows beside a value does not tell of a sensitive one.
#[test]
fn whether_something_is_nothing_is_shown_unless_it_is_sensitive() {
    for (sensitive, shown) in [("false", vec!["limit.exact"]), ("true", vec![])] {
        let field = format!("limit: {{ type: any, optional: true, sensitive: {sensitive} }}");
        let schema = SCHEMA.replace("limit: 'any?'", &field);
        let runtime = actra::builder(actra::parse(&schema, RULES).unwrap()).build().unwrap();
        let asked = limited(&runtime, Some(None::<u8>)).unwrap_err().approval.unwrap();
        let beside = asked.arguments.keys().filter(|name| name.starts_with("limit"));
        assert_eq!(beside.collect::<Vec<_>>(), shown);
        apart(&runtime, || limited(&runtime, Some(None::<u8>)), || limited(&runtime, None::<Option<u8>>));
    }
}

#[actra::admit(action = "run", rename(cell = "limit"), skip(runtime), runtime = runtime)]
fn read_again(runtime: &Runtime, cell: &Mutex<Option<Option<u8>>>) -> Result<(), Refused> {
    Ok(())
}

#[test]
fn it_is_told_apart_when_it_needs_recheck() {
    let cell = Arc::new(Mutex::new(None));
    let changes = Arc::clone(&cell);
    let rules = RULES.replace("require_approval", "allow");
    let runtime = actra::builder(actra::parse(SCHEMA, &rules).unwrap())
        .snapshot_field("open", move |_| {
            *changes.lock().unwrap() = Some(None);
            Ok(true.into())
        })
        .build()
        .unwrap();
    let refused = read_again(&runtime, &cell).unwrap_err();
    assert!(refused.to_string().contains("changed while it was being decided"), "{refused}");
    assert!(read_again(&runtime, &cell).is_ok());
}

#[test]
fn rules_see_nothing_in_both() {
    let rules = "version: 1
default: block
rules: [{ id: none, scope: { action: run }, when: '!has(action.limit) || action.limit == null', effect: allow }]";
    let runtime = actra::builder(actra::parse(SCHEMA, rules).unwrap()).build().unwrap();
    let said = |limit| limited::<Option<Option<u8>>>(&runtime, limit).is_ok();
    assert!(said(None) && said(Some(None)) && !said(Some(Some(1))));
}

//! Shapes: what is told of the parameters of a call is what reads them, for every row of the table.

mod support;

use accession_core::operations::{Call, ROWS, Row};
use accession_core::reading::{Path, Step};
use accession_core::shape::{Field, Shape};
use accession_core::structure::Plain;
use accession_core::time::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use support::{BEGIN, cases, text, value};

/// So deep are structures filled; one of them holds itself.
const DEPTH: u32 = 6;

/// A value of this shape with every field.
fn full(shape: &Shape, depth: u32) -> Value {
    match shape {
        Shape::Text | Shape::Id(_) => json!("a"),
        Shape::Integer => json!(7),
        Shape::Number => json!(1.5),
        Shape::Boolean => json!(true),
        Shape::Time => json!(BEGIN.to_string()),
        Shape::Enumeration(names) => json!(names[0]),
        Shape::List(element) => json!([full(&element(), depth)]),
        Shape::Map(element) => json!({"key": full(&element(), depth)}),
        Shape::Optional(inside) => full(&inside(), depth),
        Shape::Structure(fields) => Value::Object(filled(fields, depth)),
        Shape::Any => json!({"kept": ["as", "it", "came"]}),
    }
}

fn filled(fields: &[Field], depth: u32) -> Map<String, Value> {
    let wanted = fields.iter().filter(|field| depth > 0 || field.is_required());
    wanted
        .map(|field| (field.name.to_owned(), full(&field.shape(), depth.saturating_sub(1))))
        .collect()
}

/// Any value of this shape.
fn any_of(shape: &Shape, depth: u32) -> BoxedStrategy<Value> {
    match shape {
        Shape::Text | Shape::Id(_) => text().prop_map(Value::from).boxed(),
        Shape::Integer => any::<i64>().prop_map(Value::from).boxed(),
        Shape::Number => (-1e9..1e9_f64).prop_map(Value::from).boxed(),
        Shape::Boolean => any::<bool>().prop_map(Value::from).boxed(),
        Shape::Time => (0..4_000_000_000_000_i64)
            .prop_map(|millis| json!(Timestamp::from_millis(millis).to_string()))
            .boxed(),
        Shape::Enumeration(names) => proptest::sample::select(*names).prop_map(Value::from).boxed(),
        Shape::List(element) => {
            proptest::collection::vec(any_of(&element(), depth), 0..3).prop_map(Value::from).boxed()
        }
        Shape::Map(element) => {
            proptest::collection::btree_map(text(), any_of(&element(), depth), 0..3)
                .prop_map(|entries| Value::Object(entries.into_iter().collect()))
                .boxed()
        }
        Shape::Optional(inside) => any_of(&inside(), depth),
        Shape::Structure(fields) => any_fields(fields, depth).prop_map(Value::Object).boxed(),
        Shape::Any => value(),
    }
}

fn any_fields(fields: &'static [Field], depth: u32) -> BoxedStrategy<Map<String, Value>> {
    let start = Just(Map::new()).boxed();
    let wanted = fields.iter().filter(|field| depth > 0 || field.is_required());
    wanted.fold(start, |rest, field| {
        let some = any_of(&field.shape(), depth.saturating_sub(1));
        let some = match field.is_required() {
            true => some.prop_map(Some).boxed(),
            false => proptest::option::weighted(0.4, some).boxed(),
        };
        (rest, some)
            .prop_map(|(mut rest, some)| {
                if let Some(value) = some {
                    rest.insert(field.name.to_owned(), value);
                }
                rest
            })
            .boxed()
    })
}

/// Whether all of a value is in another one, which may have more fields.
fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(name, part)| whole.get(name).is_some_and(|whole| holds(whole, part)))
        }
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len()
                && whole.iter().zip(part).all(|(whole, part)| holds(whole, part))
        }
        _ => whole == part,
    }
}

/// Each field in a value, with the way to it.
fn each_field(
    fields: &'static [Field],
    value: &Value,
    path: &Path,
    seen: &mut Vec<(Path, &'static Field)>,
) {
    for field in fields {
        let Some(value) = value.get(field.name) else { continue };
        let mut path = path.clone();
        path.0.push(Step::Field(field.name.to_owned()));
        seen.push((path.clone(), field));
        match field.shape() {
            Shape::Structure(fields) => each_field(fields, value, &path, seen),
            Shape::List(element) => {
                let Shape::Structure(fields) = element() else { continue };
                path.0.push(Step::Element(0));
                each_field(fields, &value[0], &path, seen);
            }
            _ => {}
        }
    }
}

fn with(
    parameters: &Map<String, Value>,
    path: &Path,
    change: Option<&Value>,
) -> Map<String, Value> {
    let mut whole = Value::Object(parameters.clone());
    let (last, parents) = path.0.split_last().expect("a field has a name");
    let parent = parents.iter().fold(&mut whole, |value, step| match step {
        Step::Field(name) => &mut value[name],
        Step::Element(index) => &mut value[*index],
    });
    let (Step::Field(name), Value::Object(fields)) = (last, parent) else {
        panic!("{path} is a field")
    };
    match change {
        Some(value) => fields[name] = value.clone(),
        None => {
            fields.remove(name);
        }
    }
    let Value::Object(parameters) = whole else { panic!("it was an object") };
    parameters
}

#[test]
fn every_row_names_its_parameters_and_says_what_they_are() {
    for row in ROWS {
        let names: Vec<_> = row.fields().iter().map(|field| field.name).collect();
        assert_eq!(names, row.parameters, "{row:?}");
        let mut seen = Vec::new();
        let parameters = Value::Object(filled(row.fields(), DEPTH));
        each_field(row.fields(), &parameters, &Path::default(), &mut seen);
        for (path, field) in seen {
            assert!(!field.doc.is_empty(), "{row:?}: {path}");
            // What nobody knows the shape of.
            let is_any = matches!(field.shape(), Shape::Any);
            assert_eq!(is_any, field.name == "subscription_info", "{row:?}: {path}");
        }
    }
}

#[test]
fn a_call_with_every_field_is_read_whole() {
    for row in ROWS {
        let parameters = filled(row.fields(), DEPTH);
        let call =
            Call::decode(row, &parameters).unwrap_or_else(|error| panic!("{row:?}: {error}"));
        assert_eq!(call.row(), *row);
        assert!(holds(&Value::Object(call.parameters(&Plain)), &Value::Object(parameters)));
    }
}

#[test]
fn a_field_is_required_exactly_if_nothing_can_be_read_without_it() {
    for row in ROWS {
        let parameters = filled(row.fields(), DEPTH);
        let mut seen = Vec::new();
        let whole = Value::Object(parameters.clone());
        each_field(row.fields(), &whole, &Path::default(), &mut seen);
        for (path, field) in seen {
            let without = with(&parameters, &path, None);
            let misfit = Call::misfit(row, &without);
            assert_eq!(misfit, field.is_required().then_some(path), "{row:?}");
            assert_eq!(Call::decode(row, &without).is_err(), field.is_required());
        }
    }
}

#[test]
fn what_is_not_of_its_shape_is_refused_at_its_place() {
    let odd = json!([[]]);
    for row in ROWS {
        let parameters = filled(row.fields(), DEPTH);
        let mut seen = Vec::new();
        let whole = Value::Object(parameters.clone());
        each_field(row.fields(), &whole, &Path::default(), &mut seen);
        for (path, field) in seen {
            let changed = with(&parameters, &path, Some(&odd));
            let misfit = Call::misfit(row, &changed).map(|misfit| misfit.to_string());
            let at = match field.shape() {
                Shape::Any => None,
                Shape::List(_) => Some(format!("{path}[0]")),
                _ => Some(path.to_string()),
            };
            assert_eq!(misfit, at, "{row:?}");
        }
    }
}

#[test]
fn an_unknown_field_is_refused_at_its_place() {
    for row in ROWS {
        let mut parameters = filled(row.fields(), 1);
        parameters.insert("extra".to_owned(), json!(1));
        let misfit = Call::misfit(row, &parameters).map(|path| path.to_string());
        assert_eq!(misfit.as_deref(), Some("extra"), "{row:?}");
    }
}

#[test]
fn what_a_create_has_to_set_is_known() {
    let mut found = Vec::new();
    for row in ROWS.iter().filter(|row| row.name == "create") {
        for field in row.fields() {
            let Shape::Structure(fields) = field.shape() else { continue };
            let asked = fields.iter().filter(|field| field.is_for_create());
            found.extend(asked.map(|field| format!("{row:?} {}", field.name)));
        }
    }
    assert_eq!(
        found,
        [
            "local_library.create name",
            "local_library.create storage_backings",
            "library.item.create library_id",
            "library.item.create name",
            "library.item.update_session.create library_item_id",
        ]
    );
}

#[test]
fn every_value_of_a_shape_is_read() {
    let each = |row: &'static Row| {
        TestRunner::new(cases(24)).run(&any_fields(row.fields(), 4), |parameters| {
            let call = Call::decode(row, &parameters);
            let call = call.map_err(|error| TestCaseError::fail(error.to_string()))?;
            let written = Value::Object(call.parameters(&Plain));
            prop_assert!(holds(&written, &Value::Object(parameters)));
            Ok(())
        })
    };
    for row in ROWS {
        each(row).unwrap_or_else(|error| panic!("{row:?}: {error}"));
    }
}

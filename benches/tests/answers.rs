//! Actra gives the answers that the scenarios expect, the rules named one by one; peers give the same effects.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what tests share may panic")]

use actra_benches::engines::actra::Actra;
use actra_benches::engines::{Answer, Engine};
use actra_benches::scenarios::Scenario;
use actra_benches::workload::{Series, Workload};

const SIZES: [usize; 2] = [10, 100];

fn workloads() -> impl Iterator<Item = Workload> {
    Scenario::ALL.into_iter().flat_map(|scenario| SIZES.map(|size| Workload::new(scenario, size)))
}

#[test]
fn actra_answers_as_expected() {
    for workload in workloads() {
        let actra = Actra::load(&Actra::text(&workload).unwrap()).unwrap();
        for case in Series::ALL.into_iter().flat_map(|series| workload.cases(series)) {
            let expected = Answer::blocked(case.expected.blocked);
            let native = actra.native(&case.request).unwrap();
            let mut worker = actra.worker().unwrap();
            let answer = actra.decide(&mut worker, &native).unwrap();
            assert_eq!(answer, expected, "{:?} {}", workload.scenario, case.json);
            let mut out = Vec::new();
            actra.decide_json(&mut worker, case.json.as_bytes(), &mut out).unwrap();
            assert_eq!(Answer::read(&out), Some(expected), "{:?} {}", workload.scenario, case.json);
            assert_eq!(
                names(&out, "matched_rules", None),
                ids(&workload, &case.expected.matched),
                "{}",
                case.json
            );
            let undetermined = names(&out, "undetermined", Some("rule"));
            assert_eq!(undetermined, ids(&workload, &case.expected.undetermined), "{}", case.json);
        }
    }
}

/// What the peers answer is compared before they are timed; here it is compared at small sizes.
fn peer_answers_as_expected<E: Engine>() {
    for workload in workloads() {
        let Some(text) = E::text(&workload) else { continue };
        let engine = E::load(&text).unwrap();
        let series =
            Series::ALL.into_iter().filter(|series| *series == Series::Complete || E::blocks_undecided());
        for case in series.flat_map(|series| workload.cases(series)) {
            let expected = Answer::blocked(case.expected.blocked);
            let mut worker = engine.worker().unwrap();
            let answer = engine.decide(&mut worker, &engine.native(&case.request).unwrap()).unwrap();
            assert_eq!(answer, expected, "{} {:?} {}", E::NAME, workload.scenario, case.json);
            let mut out = Vec::new();
            engine.decide_json(&mut worker, case.json.as_bytes(), &mut out).unwrap();
            assert_eq!(
                Answer::read(&out),
                Some(expected),
                "{} {:?} {}",
                E::NAME,
                workload.scenario,
                case.json
            );
        }
    }
}

#[test]
fn cedar_answers_as_expected() {
    peer_answers_as_expected::<actra_benches::engines::cedar::Cedar>();
}

#[test]
fn regorus_answers_as_expected() {
    peer_answers_as_expected::<actra_benches::engines::regorus::Regorus>();
    peer_answers_as_expected::<actra_benches::engines::regorus::RegorusData>();
}

#[test]
fn cel_answers_as_expected() {
    peer_answers_as_expected::<actra_benches::engines::cel::Cel>();
}

#[test]
fn datalogic_answers_as_expected() {
    peer_answers_as_expected::<actra_benches::engines::datalogic::DataLogic>();
}

#[test]
fn casbin_answers_as_expected() {
    peer_answers_as_expected::<actra_benches::engines::casbin::Casbin>();
}

fn ids(workload: &Workload, places: &[usize]) -> Vec<String> {
    places.iter().map(|place| workload.rules[*place].id.clone()).collect()
}

fn names(decision: &[u8], list: &str, key: Option<&str>) -> Vec<String> {
    let decision: serde_json::Value = serde_json::from_slice(decision).unwrap();
    let name =
        |member: &serde_json::Value| key.map_or(member, |key| &member[key]).as_str().unwrap().to_owned();
    decision[list].as_array().unwrap().iter().map(name).collect()
}

#[test]
fn the_scaling_rows_keep_their_conditions() {
    for workload in workloads().filter(|workload| workload.scenario.fixed_size().is_none()) {
        for case in &workload.complete {
            assert!(case.expected.matched.len() <= 2, "{:?} {}", workload.scenario, case.json);
            assert!(case.expected.undetermined.is_empty(), "{:?} {}", workload.scenario, case.json);
        }
        let touched = |case: &&_| -> usize {
            let case: &actra_benches::workload::Case = case;
            case.expected.matched.len() + case.expected.undetermined.len()
        };
        assert!(workload.missing.iter().all(|case| touched(&case) <= 2), "{:?}", workload.scenario);
        assert!(workload.missing.iter().any(|case| !case.expected.undetermined.is_empty()));
    }
}

#[test]
fn each_series_has_both_answers() {
    for workload in workloads() {
        for series in Series::ALL {
            let blocked = workload.cases(series).iter().filter(|case| case.expected.blocked).count();
            assert!(blocked > 0, "{:?} {series:?}", workload.scenario);
        }
        assert!(workload.complete.iter().any(|case| !case.expected.blocked), "{:?}", workload.scenario);
    }
}

#[test]
fn what_is_written_by_hand_answers_as_expected() {
    peer_answers_as_expected::<actra_benches::engines::by_hand::ByHand>();
}

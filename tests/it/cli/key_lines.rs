//! Key files that people have written.

use std::fs;

use super::Place;

#[test]
fn retiring_a_key_leaves_the_others_on_its_line() {
    let place = Place::with_store();
    place.answer(&["key", "rotate"]);
    place.answer(&["key", "rotate"]);
    let file = place.data().join("key");
    // As they are in a variable.
    fs::write(&file, place.key_file().trim().replace('\n', ",")).unwrap();
    for (retired, left) in [(2, 2), (1, 1)] {
        assert!(place.answer(&["key", "retire", &retired.to_string()]).contains("its line was removed"));
        assert_eq!(place.keys().len(), left);
        assert!(!place.key_file().contains(&format!("gatepost-key-1 {retired} ")));
    }
}

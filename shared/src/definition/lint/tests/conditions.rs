use super::{FORM, broken};

const SHOW_IF: &str = "show_if = { field = \"lunch\", any_of = [\"yes\"] }";

broken! {
    a_condition_names_a_field_that_exists: [(FORM, SHOW_IF, "show_if = { field = \"lunhc\", any_of = [\"yes\"] }")]
        => UnknownField in FORM, "show_if", "\"lunhc\"";
    a_condition_looks_back_not_ahead: [(FORM, SHOW_IF, "show_if = { field = \"people\" }")]
        => ConditionOrder in FORM, "show_if", "\"people\"";
    a_field_does_not_decide_about_itself: [(FORM, SHOW_IF, "show_if = { field = \"food\" }")]
        => ConditionOrder in FORM, "show_if", "\"food\"";
    a_condition_waits_for_a_value_that_can_be_chosen: [(FORM, SHOW_IF, "show_if = { field = \"lunch\", any_of = [\"maybe\"] }")]
        => ConditionValue in FORM, "show_if", "\"maybe\"";
    a_field_stands_on_a_step_that_exists: [(FORM, "kind = \"textarea\"\nstep = \"last\"", "kind = \"textarea\"\nstep = \"lastt\"")]
        => UnknownStep in FORM, "lastt", "\"lastt\"";
    where_there_are_steps_every_field_stands_on_one: [(FORM, "kind = \"textarea\"\nstep = \"last\"", "kind = \"textarea\"")]
        => NoStep in FORM, "id = \"message\"", "\"message\"";
    a_step_has_a_field: [(FORM, "[[step]]\nid = \"last\"", "[[step]]\nid = \"middle\"\ntitle = { en = \"M\", bg = \"М\" }\n\n[[step]]\nid = \"last\"")]
        => EmptyStep in FORM, "middle", "\"middle\"";
}

#[test]
fn conditions_that_wait_for_each_other_are_refused_both() {
    let files = super::edited(&[
        (FORM, SHOW_IF, "show_if = { field = \"people\" }"),
        (FORM, "id = \"people\"\n", "id = \"people\"\nshow_if = { field = \"food\" }\n"),
    ]);
    let findings = crate::definition::check(&files).findings;
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings.iter().all(|finding| finding.message.contains("wait for each other")), "{findings:?}");
}

#[test]
fn a_field_on_an_earlier_step_comes_earlier_wherever_the_file_puts_it() {
    // `message` stands below in the file, but its step is the first.
    let files = super::edited(&[
        (FORM, "kind = \"textarea\"\nstep = \"last\"", "kind = \"textarea\"\nstep = \"first\""),
        (FORM, SHOW_IF, "show_if = { field = \"message\" }"),
    ]);
    assert_eq!(crate::definition::check(&files).findings, []);
}

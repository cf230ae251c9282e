//! Account files through the program: applied, planned, exported, refused with file, line and column.

use crate::program::Program;

const FILE: &str = "\
rollcall: 1
account: { name: Acme }
bots:
  - { name: Travel desk, published: true, audience: enterprise, dialogs: [{ name: Book a flight }], owner: ada@acme.test }
roles:
  - { kind: admin, name: Auditor, permissions: { View and Run Audit Reports: \"YES\" } }
users:
  - { email: ada@acme.test, firstName: Ada, lastName: Obi, orgUserId: A-1, status: active, zip: 02139 }
  - { email: sam@acme.test, status: not active, canCreateBot: false, tasks: [{ bot: Travel desk, dialogs: [Book a flight] }] }
groups:
  - { name: Audit, description: Audit Team, members: [ada@acme.test] }
  - { name: Everyone in risk, groups: [Audit] }
assignments:
  - { role: admin, users: [ada@acme.test] }
  - { role: Auditor, groups: [Audit] }
  - { role: Bot Developer, bot: Travel desk, users: [sam@acme.test], groups: [Audit] }
apps:
  - { name: ci, scopes: [user-management, role-management] }
";

fn path(path: &std::path::Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn a_file_is_planned_applied_and_in_sync() {
    let program = Program::new();
    let file = program.file("acme.yaml", FILE);
    let plan = program.run(&["apply", "--plan", path(&file)]);
    assert_eq!(plan.code, 1, "it differs: {plan:?}");
    assert!(plan.stdout.contains("+ user ada@acme.test") && !plan.stdout.contains("secret"), "{plan:?}");
    assert!(program.is_untouched(), "a plan makes nothing");

    let applied = program.run(&["apply", path(&file)]).ok();
    assert!(applied.contains("client secret") && applied.contains("shown this once"), "{applied}");
    let told =
        |text: &str| text.lines().filter(|l| l.starts_with(['+', '~', '-'])).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(told(&plan.stdout), told(&applied), "the plan told what was done");
    assert_eq!(program.run(&["apply", "--plan", path(&file)]).code, 0);
    assert!(program.run(&["apply", path(&file)]).ok().contains("in sync"));
}

#[test]
fn an_export_reproduces_the_account_elsewhere_and_changes_nothing_here() {
    let program = Program::new();
    program.run_with_input(&["apply", "-"], FILE).ok();
    for json in [false, true] {
        let arguments = if json { vec!["--json", "export", "--secrets"] } else { vec!["export", "--secrets"] };
        let exported = program.run(&arguments).ok();
        assert_eq!(program.run_with_input(&["apply", "--plan", "--prune", "-"], &exported).code, 0, "{exported}");
        let other = Program::new();
        other.run_with_input(&["apply", "-"], &exported).ok();
        assert_eq!(other.run(&arguments).ok(), exported);
    }
    assert!(!program.run(&["export"]).ok().contains("clientSecret"));
}

#[test]
fn pruning_removes_what_the_file_does_not_name_and_only_then() {
    let program = Program::new();
    program.run_with_input(&["apply", "-"], FILE).ok();
    let smaller = "rollcall: 1\naccount: { name: Acme }\nusers: [{ email: ada@acme.test }]\nassignments: [{ role: admin, users: [ada@acme.test] }]\n";
    assert!(program.run_with_input(&["apply", "-"], smaller).ok().contains("in sync"));
    let pruned = program.run_with_input(&["apply", "--prune", "-"], smaller).ok();
    for gone in
        ["- user sam@acme.test", "- group \"Audit\"", "- bot \"Travel desk\"", "- app \"ci\"", "- role \"Auditor\""]
    {
        assert!(pruned.contains(gone), "{gone} is missing in\n{pruned}");
    }
    let exported = program.run(&["export"]).ok();
    assert!(!exported.contains("sam@acme.test") && exported.contains("ada@acme.test"), "{exported}");
    let nobody = "rollcall: 1\naccount: { name: Acme }\nusers: [{ email: ada@acme.test, status: suspended }]\n";
    let done = program.run_with_input(&["apply", "-"], nobody);
    assert!(done.code == 1 && done.stderr.contains("admin"), "the last admin stays: {done:?}");
}

#[test]
fn a_wrong_file_is_refused_with_file_line_and_column_and_nothing_is_changed() {
    let program = Program::new();
    program.run_with_input(&["apply", "-"], FILE).ok();
    let before = program.run(&["export", "--secrets"]).ok();
    let wrong = "\
rollcall: 1
account: { name: Acme }
users:
  - { email: new@acme.test }
  - { email: nonsense }
groups:
  - name: Audit
    memebrs: [ada@acme.test]
  - name: Second
    members: [nobody@acme.test]
assignments:
  - { role: Auditr, users: [ada@acme.test] }
";
    let file = program.file("wrong.yaml", wrong);
    let done = program.run(&["apply", path(&file)]);
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.stderr.contains("wrong.yaml:8:5") && done.stderr.contains("members"), "{}", done.stderr);
    let file = program.file("wrong.yaml", &wrong.replace("memebrs", "members"));
    let done = program.run(&["apply", path(&file)]);
    for place in ["wrong.yaml:5:14", "wrong.yaml:10:15", "wrong.yaml:12:13"] {
        assert!(done.stderr.contains(place), "{place} is missing in\n{}", done.stderr);
    }
    let long = format!(
        "rollcall: 1\naccount: {{ name: Acme }}\nusers:\n  - email: new@acme.test\n    suiteNo: {}\n",
        "x".repeat(101)
    );
    let done = program.run_with_input(&["apply", "-"], &long);
    assert!(done.stderr.contains(":5:14: users[0].suiteNo: the suite number is 101 characters long"), "{done:?}");
    assert_eq!(program.run(&["apply", "--plan", path(&file)]).code, 2, "1 would mean that it differs");
    assert_eq!(program.run(&["export", "--secrets"]).ok(), before);

    let done = program.run_with_input(&["apply", "-"], "a: [1\n");
    assert!(done.code == 1 && done.stderr.contains("(standard input):"), "{done:?}");
    assert_eq!(program.run(&["apply", "nowhere.yaml"]).code, 2);
    let other = program.run_with_input(&["--account", "Acme", "apply", "-"], "rollcall: 1\naccount: { name: Other }\n");
    assert!(other.code == 2 && other.stderr.contains("\"Other\""), "{other:?}");
    let latin = program.path("latin.yaml");
    std::fs::write(&latin, b"rollcall: 1\naccount: { name: Acm\xe9 }\n").expect("written");
    let done = program.run(&["apply", path(&latin)]);
    assert!(done.code == 2 && done.stderr.contains("latin.yaml:2") && done.stderr.contains("UTF-8"), "{done:?}");
}

#[test]
fn cycles_are_refused_with_their_path() {
    let program = Program::new();
    let file = "rollcall: 1\naccount: { name: Acme }\ngroups:\n  - { name: A, groups: [B] }\n  - { name: B, groups: [C] }\n  - { name: C, groups: [A] }\n";
    let done = program.run_with_input(&["apply", "-"], file);
    assert_eq!(done.code, 1, "{done:?}");
    assert!(
        done.stderr.contains("(standard input):4:25: groups[0].groups[0]") && done.stderr.contains("A › B › C › A"),
        "{done:?}"
    );
    assert!(program.is_untouched(), "a refused file leaves no installation behind");
    assert_eq!(program.run_with_input(&["apply", "--plan", "-"], file).code, 2);
}

#[test]
fn a_pruning_file_cannot_refer_to_what_it_prunes() {
    let program = Program::new();
    program.run_with_input(&["apply", "-"], FILE).ok();
    let file = "rollcall: 1\naccount: { name: Acme }\nusers: [{ email: ada@acme.test }]\nassignments: [{ role: admin, users: [ada@acme.test] }]\ngroups: [{ name: G, members: [sam@acme.test] }]\n";
    let done = program.run_with_input(&["apply", "--prune", "-"], file);
    assert!(done.code == 1 && done.stderr.contains(":5:31:") && done.stderr.contains("sam@acme.test"), "{done:?}");
    program.run_with_input(&["apply", "-"], file).ok();
}

#[test]
fn a_secret_that_is_none_is_refused_wherever_it_comes_from() {
    let program = Program::new();
    program.run_with_input(&["apply", "-"], FILE).ok();
    let before = program.run(&["export", "--secrets"]).ok();
    let file = "rollcall: 1\naccount: { name: Acme }\napps: [{ name: ci, clientSecret: \"\" }]\n";
    let done = program.run_with_input(&["apply", "-"], file);
    assert!(done.code == 1 && done.stderr.contains(":3:34: apps[0].clientSecret"), "{done:?}");
    assert_eq!(program.run(&["export", "--secrets"]).ok(), before);
}

#[test]
fn several_accounts_are_told_apart_by_name() {
    let program = Program::new();
    program.run_with_input(&["apply", "-"], FILE).ok();
    program
        .run_with_input(&["apply", "-"], &FILE.replace("name: Acme", "name: Other").replace("acme.test", "other.test"))
        .ok();
    let done = program.run(&["export"]);
    assert!(
        done.code == 2 && done.stderr.contains("\"Acme\", \"Other\"") && done.stderr.contains("--account"),
        "{done:?}"
    );
    let exported = program.run(&["--account", "other", "export"]).ok();
    assert!(exported.contains("ada@other.test") && !exported.contains("acme.test"), "{exported}");
    assert_eq!(program.run(&["--account", "Third", "export"]).code, 2);
}

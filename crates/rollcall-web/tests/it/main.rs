//! The faces of Rollcall against a real installation.

#[tokio::test]
async fn a() {
    let acme = rollcall_testkit::TestRollcall::new();
    println!("{:?}", acme.visitor().get("groups").await);
}

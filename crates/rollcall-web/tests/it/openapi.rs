//! `/openapi.json` and `/docs`: what anybody may read of the API. Whether it is true: `every_route/described.rs`.

use axum::body::Body;
use axum::http::Method;
use rollcall_testkit::{Reply, TestRollcall};
use rollcall_web::rest::ROUTES;
use rollcall_web::rest::openapi::document;

#[tokio::test]
async fn the_description_is_handed_out_to_anybody_with_an_entity_tag() {
    let acme = TestRollcall::new();
    let visitor = acme.visitor();
    for (path, content_type) in
        [("/openapi.json", "application/json; charset=utf-8"), ("/docs", "text/html; charset=utf-8")]
    {
        let first = visitor.get(path).await;
        assert_eq!((first.status.as_u16(), first.header("content-type")), (200, content_type), "{path}");
        let tag = first.header("etag").to_owned();
        assert!(tag.len() == 34 && tag.starts_with('"'), "{path}: {tag}");
        for known in [tag.clone(), format!("W/{tag}, \"other\""), "*".to_owned()] {
            let again = visitor.with_header("if-none-match", known.as_str()).get(path).await;
            assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""), "{path} {known}");
            assert_eq!((again.header("etag"), again.header("content-type")), (tag.as_str(), ""), "{path} {known}");
        }
        let other = visitor.with_header("if-none-match", "\"other\"").get(path).await;
        assert_eq!((other.status.as_u16(), &other.text), (200, &first.text), "{path}");
        let head = visitor.ask(Method::HEAD, path, Body::empty()).await;
        assert_eq!((head.status.as_u16(), head.text.as_str(), head.header("etag")), (200, "", tag.as_str()), "{path}");
        for reply in [first, head] {
            assert_eq!(reply.header("cache-control"), "no-store", "{path}");
            assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
            assert!(!reply.header("x-request-id").is_empty(), "{path}");
        }
    }
    assert_eq!(&visitor.get("/openapi.json").await.json(), document());
}

/// The page without its markup.
fn read(page: &Reply) -> String {
    let text: String =
        page.text.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text)).collect();
    ["&#34;\"", "&#39;'", "&#60;<", "&#62;>", "&#38;&"]
        .iter()
        .fold(text, |text, code| text.replace(&code[..5], &code[5..]))
}

#[tokio::test]
async fn the_page_tells_of_every_route_what_the_document_does() {
    let page = TestRollcall::new().visitor().get("/docs").await;
    let text = read(&page);
    for route in ROUTES {
        let path = format!("/api/public/{}", route.path);
        let operation = &document()["paths"][&path][route.method.as_str().to_ascii_lowercase()];
        let id = operation["operationId"].as_str().expect("an id");
        assert!(page.text.contains(&format!("<article id=\"{id}\">")), "{path}");
        assert!(page.text.contains(&format!("<a href=\"#{id}\">")), "{path} in the table of contents");
        for words in [&operation["summary"], &operation["description"]] {
            let words = words.as_str().expect("words").replace('`', "");
            assert!(text.contains(&words), "{path}: {words}");
        }
        if let Some(scope) = route.permission.scope() {
            assert!(text.contains(&format!("Scope: {}", scope.id())), "{path}");
        }
        let reply = &operation["responses"]["200"]["content"]["application/json"]["example"];
        let reply = serde_json::to_string_pretty(reply).expect("JSON");
        assert!(reply != "null" && text.contains(&reply), "{path}: {reply}");
    }
    let field = r#"<code>users[].userInfo.emailId</code> <span class="kind">text, <strong>required</strong></span>"#;
    assert!(page.text.contains(field), "fields are told by their paths");
    let command = "curl \"$ROLLCALL/api/public/groups?offset=0&limit=2\" \\\n  -H \"auth: $TOKEN\"";
    assert!(text.contains(command), "requests are told as commands");
    let form = "curl -X POST \"$ROLLCALL/api/public/uploadfile\" \\\n  -H \"auth: $TOKEN\" \\\n  -F 'file=@roles.json' \\\n  \
                -F 'fileContext=bulkImport' \\\n  -F 'fileExtension=.json'";
    assert!(text.contains(form), "forms are told part by part");
    assert!(text.contains("\"$ROLLCALL/api/public/bot/st-"), "what stands in a path is told in it");
}

#[tokio::test]
async fn the_page_needs_no_script_and_nothing_from_elsewhere() {
    let visitor = TestRollcall::new().visitor();
    let page = visitor.get("/docs").await;
    assert_eq!(
        page.header("content-security-policy"),
        "default-src 'none'; style-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    );
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    for word in ["<script", "<img", " style=", "onclick", "src=", "@import"] {
        assert!(!page.text.contains(word), "{word}");
    }
    let addresses = page.text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap_or_default());
    for address in addresses {
        let id = address.strip_prefix('#');
        let is_here = id.is_none_or(|id| page.text.contains(&format!(" id=\"{id}\"")));
        assert!(is_here && (id.is_some() || address.starts_with('/')), "{address}");
        if id.is_none() {
            assert_eq!(visitor.get(address).await.status, 200, "{address}");
        }
    }
    let style = visitor.get("/static/docs.css").await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(!style.text.contains("url(") && !style.text.contains("@import"));
}

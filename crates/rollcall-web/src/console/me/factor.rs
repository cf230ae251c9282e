//! The second factor: adding one, with the picture that authenticators read, and removing it.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use qrcode::QrCode;
use qrcode::render::svg::Color;
use rollcall_core::Error;
use rollcall_core::admins::second;
use rollcall_core::chance::Secret;
use rollcall_core::op::{Mode, Op};
use rollcall_core::policy::Permission;

use super::page::{Wrong, refused};
use super::{ADDRESS, codes, proof};
use crate::console::cookie;
use crate::console::failure::Failure;
use crate::console::layout::{self, Layout};
use crate::console::visit::{Flash, Visit};

const HERE: &str = "/console/me/second-factor";
/// How large the picture is, in its own units; it is scaled by the page.
const SIZE: u32 = 240;

#[derive(Template)]
#[template(path = "console/me/factor.html")]
struct Page<'v> {
    l: Layout<'v>,
    secret: String,
    address: String,
    is_refused: bool,
}

async fn pending(visit: &Visit) -> Result<Option<Secret>, Failure> {
    visit.read(Permission::UseConsole, second::pending).await
}

/// What authenticators take (Key URI Format of Google Authenticator).
fn address(visit: &Visit, secret: &Secret) -> String {
    let email = visit.admin().map_or("", |admin| admin.email());
    let email = utf8_percent_encode(email, NON_ALPHANUMERIC);
    format!("otpauth://totp/Rollcall:{email}?secret={}&issuer=Rollcall", secret.expose())
}

async fn page(visit: &Visit, status: StatusCode, is_refused: bool) -> Result<Response, Failure> {
    let Some(secret) = pending(visit).await? else { return Ok(visit.go(ADDRESS, None)) };
    let address = address(visit, &secret);
    // In groups, for whoever types it.
    let groups: Vec<String> =
        secret.expose().as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    let l = Layout::of(visit, visit.words.t("factor-title"));
    visit.page_of(status, &Page { l, secret: groups.join(" "), address, is_refused })
}

pub(super) async fn begin(visit: Visit) -> Result<Response, Failure> {
    let proof = proof(&visit).await?;
    let begin = move |op: &mut Op<'_>| second::begin(op, &proof);
    if visit.write(Permission::UseConsole, Mode::Real, begin).await? {
        return Ok(visit.go(HERE, None));
    }
    wrong(&visit).await
}

/// The page, where the password by which the factor was to be changed is wrong.
async fn wrong(visit: &Visit) -> Result<Response, Failure> {
    let factor = Some(visit.words.t("me-password-wrong"));
    refused(visit, Wrong { factor, ..Wrong::default() }).await
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    page(&visit, StatusCode::OK, false).await
}

/// The address as a picture.
pub(super) async fn picture(visit: Visit) -> Result<Response, Failure> {
    let secret = pending(&visit).await?.ok_or_else(Failure::not_found)?;
    let code = QrCode::new(address(&visit, &secret)).map_err(|error| Failure::Core(Error::internal(error)))?;
    let picture = code.render::<Color<'_>>().min_dimensions(SIZE, SIZE).build();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(layout::POLICY)),
    ];
    Ok((headers, picture).into_response())
}

pub(super) async fn confirm(visit: Visit) -> Result<Response, Failure> {
    let code = visit.form().get("code").to_owned();
    let confirm = move |op: &mut Op<'_>| second::confirm(op, &code);
    match visit.write(Permission::UseConsole, Mode::Real, confirm).await? {
        Some(added) => {
            let visit = visit.in_session(&added.begun);
            let mut response = codes::page(&visit, &added.codes)?;
            response.headers_mut().append(header::SET_COOKIE, cookie::keep_session(added.begun.token.expose()));
            Ok(response)
        }
        None => page(&visit, StatusCode::UNPROCESSABLE_ENTITY, true).await,
    }
}

pub(super) async fn remove(visit: Visit) -> Result<Response, Failure> {
    let proof = proof(&visit).await?;
    let remove = move |op: &mut Op<'_>| second::remove(op, &proof);
    match visit.write(Permission::UseConsole, Mode::Real, remove).await? {
        Some(begun) => {
            let mut response = visit.go(ADDRESS, Some(&Flash::done("done-factor-removed", &[])));
            response.headers_mut().append(header::SET_COOKIE, cookie::keep_session(begun.token.expose()));
            Ok(response)
        }
        None => wrong(&visit).await,
    }
}

//! What it costs to find out whose token it is: CPU time and statements for each form of token, beside the bare check of one
//! signature. In this process, without HTTP, so that nothing else is in the figures.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rollcall_core::apps::{self, Algorithm, Credential, NewApp, PublicKey};
use rollcall_core::chance::Secret;
use rollcall_core::clock::{Clock as _, SystemClock};
use rollcall_core::op::Mode;
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::seal::InstallationKey;
use rollcall_core::{Database, Open, Rollcall, Threads};
use serde_json::{Value, json};

use crate::process::own_cpu;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many tokens of each form
    #[arg(long, value_name = "N", default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(100..))]
    tokens: u32,
}

const SECRET: &str = "the secret of the app that is measured, of some length";

/// Tokens of an app, and what they are called.
struct Form {
    name: &'static str,
    tokens: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let key = InstallationKey::parse(InstallationKey::generate().expose())?;
    let (rollcall, host) = Rollcall::open(Open {
        database: Database::Sqlite(folder.path().join("rollcall.db")),
        clock: Box::new(SystemClock),
        key,
        keys: None,
        threads: Threads::default(),
        rate_limit: None,
    })?;
    let account = rollcall.found_account(&host, "Acme").wait()?;
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow!("no key pair"))?;
    let app = |algorithm: Algorithm| -> Result<String> {
        let credential = match algorithm.is_hmac() {
            true => Credential::Secret(Secret::new(SECRET)),
            false => Credential::PublicKey(PublicKey::parse(&pem(&pair)?).map_err(|why| anyhow!(why))?),
        };
        let (name, scopes) = (algorithm.name().to_owned(), vec![Scope::UserManagement]);
        let new = NewApp { name, scopes, algorithm, credential: Some(credential), ..NewApp::default() };
        let actor = host.actor(&account, "bench");
        let made =
            rollcall.write(actor, Permission::AdministerAccount, Mode::Real, move |op| apps::create(op, new.clone()));
        Ok(made.wait()?.0.client_id.to_string())
    };
    let now = SystemClock.now().seconds();
    let (hs256, hs512, rs256) = (app(Algorithm::Hs256)?, app(Algorithm::Hs512)?, app(Algorithm::Rs256)?);
    let plain = |id: &str| json!({ "appId": id, "exp": now + 3_000 });
    let once = (0..args.tokens.min(5_000)).map(|n| {
        mac(hmac::HMAC_SHA256, "HS256", &json!({ "appId": hs256, "exp": now + 3_000, "jti": format!("{now} {n}") }))
    });
    let forms = [
        Form { name: "HS256", tokens: vec![mac(hmac::HMAC_SHA256, "HS256", &plain(&hs256))] },
        Form { name: "HS512", tokens: vec![mac(hmac::HMAC_SHA512, "HS512", &plain(&hs512))] },
        Form { name: "RS256, 2048 bits", tokens: vec![signed(&pair, &plain(&rs256))?] },
        Form { name: "HS256 with jti", tokens: once.collect() },
    ];
    let bare = bare(&forms[0].tokens[0], args.tokens)?;
    let is_told = own_cpu()? > Duration::ZERO;
    ensure!(is_told, "the kernel does not say how long this process ran (/proc/self/task/*/schedstat)");
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN).set_header([
        "token",
        "µs of CPU",
        "statements",
        "× the bare check of an HS256 signature",
    ]);
    table.add_row(["(the bare check)".to_owned(), micros(bare), "0".into(), "1.0".into()]);
    for Form { name, tokens } in &forms {
        let asked = |token: &String| rollcall.authenticate(token.clone(), None).needing(Permission::ViewUsers).wait();
        // The first is looked up; tokens that pass once have others behind it.
        let is_once = tokens.len() > 1;
        let count = if is_once { tokens.len() - 1 } else { args.tokens as usize };
        ensure!(asked(&tokens[0])?.is_ok(), "{name}: a good token is refused");
        let (cpu, statements) = (own_cpu()?, rollcall.statements());
        for n in 0..count {
            let token = if is_once { &tokens[n + 1] } else { &tokens[0] };
            ensure!(asked(token)?.is_ok(), "{name}: a good token is refused");
        }
        let each = (own_cpu()? - cpu) / u32::try_from(count)?;
        let statements = (rollcall.statements() - statements) as f64 / count as f64;
        let ratio = each.as_secs_f64() / bare.as_secs_f64();
        table.add_row([(*name).to_owned(), micros(each), format!("{statements:.2}"), format!("{ratio:.1}")]);
    }
    println!("{table}");
    Ok(())
}

fn micros(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e6)
}

/// What nobody can do without: the signature's decoding, and the check of it.
fn bare(token: &str, count: u32) -> Result<Duration> {
    let (text, tag) = token.rsplit_once('.').context("a signature")?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let before = own_cpu()?;
    for _ in 0..count {
        let tag = URL_SAFE_NO_PAD.decode(tag)?;
        ensure!(hmac::verify(&key, text.as_bytes(), &tag).is_ok(), "the bare check fails");
    }
    Ok(((own_cpu()? - before) / count).max(Duration::from_nanos(100)))
}

fn part(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn unsigned(algorithm: &str, claims: &Value) -> String {
    format!("{}.{}", part(json!({ "alg": algorithm, "typ": "JWT" }).to_string()), part(claims.to_string()))
}

fn mac(hash: hmac::Algorithm, algorithm: &str, claims: &Value) -> String {
    let text = unsigned(algorithm, claims);
    let tag = hmac::sign(&hmac::Key::new(hash, SECRET.as_bytes()), text.as_bytes());
    format!("{text}.{}", part(tag))
}

fn signed(pair: &KeyPair, claims: &Value) -> Result<String> {
    let text = unsigned("RS256", claims);
    let mut signature = vec![0; pair.public_modulus_len()];
    let done = pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature);
    done.map_err(|_| anyhow!("it cannot be signed"))?;
    Ok(format!("{text}.{}", part(signature)))
}

fn pem(pair: &KeyPair) -> Result<String> {
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|_| anyhow!("no DER"))?;
    Ok(format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der.as_ref())))
}

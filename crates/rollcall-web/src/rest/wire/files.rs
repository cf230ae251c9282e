//! `POST /uploadfile`: a form of several parts (RFC 7578), and the id of what was kept.

use axum::body::{Body, Bytes};
use multer::{Field, Multipart};
use rollcall_core::Fault as Place;
use rollcall_core::files::{MAX_SIZE, NewFile, Part};
use rollcall_core::id::FileId;
use serde::Serialize;

use crate::rest::error::Failure;

/// The names of the fields, in the order in which faults are told.
const FIELDS: [(&str, Part); 3] =
    [("file", Part::File), ("fileContext", Part::Context), ("fileExtension", Part::Extension)];

/// As many parts are looked at: three are known.
const MAX_PARTS: usize = 20;

fn name(part: Part) -> &'static str {
    FIELDS.iter().find(|(_, of)| *of == part).map_or("", |(name, _)| name)
}

/// What has been found of a form.
#[derive(Default)]
struct Form {
    /// By the place in [`FIELDS`]: what the part is called and what is in it.
    parts: [Option<(String, Bytes)>; 3],
    faults: Vec<Place>,
}

/// Reads a form. Parts that are not known are ignored.
///
/// # Errors
/// 413 for a file that is too large; else everything that is wrong, by the names of the fields.
pub async fn read_upload(content_type: &str, body: Bytes) -> Result<NewFile, Failure> {
    let boundary = multer::parse_boundary(content_type).map_err(|_| {
        let why = format!("expected multipart/form-data with a boundary, found {content_type:?}");
        vec![Place::at("Content-Type", why)]
    })?;
    let mut multipart = Multipart::new(Body::from(body).into_data_stream(), boundary);
    let mut form = Form::default();
    let mut count = 0;
    while let Some(field) = multipart.next_field().await.map_err(|error| broken(&error))? {
        count += 1;
        if count > MAX_PARTS {
            return Err(Failure::bad_request(format!("The form has more than {MAX_PARTS} parts")));
        }
        form.take(field).await?;
    }
    form.done()
}

/// A form that cannot be read to its end is refused whole: what is missing cannot be known.
fn broken(error: &multer::Error) -> Failure {
    Failure::bad_request(format!("The form is damaged, or ended before it was complete: {error}"))
}

impl Form {
    fn fault(&mut self, place: usize, why: impl Into<String>) {
        self.faults.push(Place::at(FIELDS[place].0, why));
    }

    async fn take(&mut self, field: Field<'_>) -> Result<(), Failure> {
        let place = FIELDS.iter().position(|(name, _)| field.name() == Some(name));
        let file_name = field.file_name().unwrap_or_default().to_owned();
        let content = field.bytes().await.map_err(|error| broken(&error))?;
        let Some(place) = place else { return Ok(()) };
        if FIELDS[place].1 == Part::File && content.len() > MAX_SIZE {
            return Err(Failure::file_too_large());
        }
        if self.parts[place].replace((file_name, content)).is_some() {
            self.fault(place, "is given more than once");
        }
        Ok(())
    }

    fn text(&mut self, place: usize) -> String {
        let Some((_, bytes)) = self.parts[place].take() else { return String::new() };
        String::from_utf8(bytes.into()).unwrap_or_else(|_| {
            self.fault(place, "is not text in UTF-8");
            String::new()
        })
    }

    fn done(mut self) -> Result<NewFile, Failure> {
        for place in 0..FIELDS.len() {
            if self.parts[place].is_none() {
                self.fault(place, "is missing");
            }
        }
        let (context, extension) = (self.text(1), self.text(2));
        let (file_name, content) = self.parts[0].take().unwrap_or_default();
        let checked = NewFile::check(&file_name, &context, &extension, content.into());
        // What is missing is not told to be empty besides.
        let told: Vec<String> = self.faults.iter().map(|fault| fault.place.clone()).collect();
        let mut more = Vec::new();
        let file = checked.map_err(|faults| more = faults).ok();
        let more = more.into_iter().map(|(part, why)| Place::at(name(part), why));
        self.faults.extend(more.filter(|fault| !told.contains(&fault.place)));
        file.filter(|_| self.faults.is_empty()).ok_or_else(|| self.faults.into())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Uploaded<'a> {
    file_id: &'a str,
}

/// The bytes of the answer.
pub fn uploaded(id: &FileId) -> Vec<u8> {
    super::bytes(&Uploaded { file_id: id.as_str() })
}

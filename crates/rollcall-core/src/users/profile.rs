//! The profile: optional texts about a person, one list of them for the store, the faces and the account file.

use crate::text;

macro_rules! profile_fields {
    ($($field:ident $column:literal $label:literal $max:literal),+ $(,)?) => {
        /// A text of the profile.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ProfileField {
            $(#[doc = $label] $field,)+
        }

        impl ProfileField {
            /// Every field, in the order of the store's columns.
            pub const ALL: [Self; 15] = [$(Self::$field,)+];

            /// The word by which the store, the audit log and the places of faults name it.
            pub fn column(self) -> &'static str {
                match self { $(Self::$field => $column,)+ }
            }

            /// What messages call it.
            pub fn label(self) -> &'static str {
                match self { $(Self::$field => $label,)+ }
            }

            /// The longest text, in characters.
            pub fn max(self) -> usize {
                match self { $(Self::$field => $max,)+ }
            }
        }
    };
}

profile_fields!(
    FirstName "first_name" "first name" 200,
    LastName "last_name" "last name" 200,
    Company "company" "company name" 200,
    Department "department" "department" 200,
    CompanyPhone "company_phone" "company contact phone" 100,
    WorkNumber "work_number" "work number" 100,
    Street "street" "street" 300,
    Suite "suite" "suite number" 100,
    City "city" "city" 200,
    Zip "zip" "zip" 50,
    State "state" "state" 200,
    Country "country" "country" 200,
    JobTitle "job_title" "job title" 200,
    Picture "picture" "picture" 300,
    Colour "colour" "colour" 50,
);

/// The texts themselves. None: not known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile([Option<String>; 15]);

impl Profile {
    /// One text.
    pub fn get(&self, field: ProfileField) -> Option<&str> {
        self.0[field as usize].as_deref()
    }

    /// Sets or clears one text.
    pub fn set(&mut self, field: ProfileField, value: Option<String>) {
        self.0[field as usize] = value;
    }

    /// The fields that are known, in order.
    pub fn known(&self) -> impl Iterator<Item = (ProfileField, &str)> {
        ProfileField::ALL.into_iter().filter_map(|field| Some((field, self.get(field)?)))
    }

    /// Trims every text and drops the empty ones; gives all refusals, each naming its field.
    pub(crate) fn check(&mut self) -> Vec<String> {
        let mut faults = Vec::new();
        for field in ProfileField::ALL {
            let Some(value) = self.0[field as usize].take() else { continue };
            match text::clean(&format!("the {}", field.label()), &value, field.max()) {
                Ok(value) if value.is_empty() => {}
                Ok(value) => self.0[field as usize] = Some(value),
                Err(fault) => faults.push(fault),
            }
        }
        faults
    }
}

//! Lists of the console: how many rows a page has, where it goes on, and whether they are asked for as a file.

use super::visit::Visit;

/// How many rows a page has.
pub(super) const PAGE: u32 = 50;

/// Whether the list is asked for as a file: all of it.
pub(super) fn is_file(visit: &Visit) -> bool {
    visit.query("format") == "csv"
}

/// How many rows are read for a page: one more than it has, which says that there is another page.
pub(super) const LIMIT: u32 = PAGE + 1;

/// Where a list is begun again, and where it goes on.
pub(super) struct Pager {
    pub(super) first: Option<String>,
    pub(super) next: Option<String>,
}

/// Leaves the rows of one page, and says where the others are: behind `cursor` of the last one, in the query as `key`.
pub(super) fn pager<T>(
    visit: &Visit,
    path: &str,
    key: &str,
    rows: &mut Vec<T>,
    cursor: impl Fn(&T) -> String,
) -> Pager {
    let has_more = rows.len() > PAGE as usize;
    rows.truncate(PAGE as usize);
    let last = rows.last().filter(|_| has_more);
    let next = last.map(|last| visit.address_with(path, &[(key, &cursor(last))]));
    let first = (!visit.query(key).is_empty()).then(|| visit.address_with(path, &[(key, "")]));
    Pager { first, next }
}

/// Where the same list is to be had as a file, from its beginning.
pub(super) fn file_address(visit: &Visit, path: &str, key: &str) -> String {
    visit.address_with(path, &[(key, ""), ("format", "csv")])
}

/// A number that is counted up to a bound.
pub(super) fn counted(number: &u64) -> String {
    let bound = rollcall_core::groups::COUNTED;
    if *number > bound { format!("{bound}+") } else { number.to_string() }
}

/// The words of a field that takes several: addresses, one beside the other.
pub(super) fn several(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'));
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The lines of a field that takes several names, which may have blanks and commas in them.
pub(super) fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_are_read_however_they_are_set_apart() {
        assert_eq!(several(" a@b.c, d@e.f;\r\n\tg@h.i ,,"), ["a@b.c", "d@e.f", "g@h.i"]);
        assert_eq!(several(" ,; "), Vec::<String>::new());
        assert_eq!(lines(" One, two \r\n\nThree"), ["One, two", "Three"]);
        assert_eq!((counted(&1_000), counted(&1_001)), ("1000".to_owned(), "1000+".to_owned()));
    }
}

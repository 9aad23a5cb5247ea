use super::python::count_pytest;
use crate::browser::{Browser, pages, write_pages};
use crate::test::outcome::Outcome;

/// Writes pages of all kinds.
pub(super) fn build() -> Result<(), Outcome> {
    Browser::get().map_err(Outcome::from)?;
    write_pages().map_err(Outcome::failed)
}

/// Looks at the pages in a real browser.
pub(super) fn run() -> Outcome {
    match Browser::get() {
        Ok(browser) => count_pytest("browser: ", &mut browser.tests(&pages())),
        Err(why) => why.into(),
    }
}

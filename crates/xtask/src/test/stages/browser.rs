use super::python::count_pytest;
use crate::browser::{Browser, write_pages};
use crate::test::outcome::Outcome;

/// Writes pages of all kinds, and looks at them in a real browser.
pub(super) fn run() -> Outcome {
    let browser = match Browser::get() {
        Ok(browser) => browser,
        Err(why) => return why.into(),
    };
    match write_pages() {
        Ok(pages) => count_pytest(&mut browser.tests(&pages)),
        Err(why) => Outcome::failed(why),
    }
}

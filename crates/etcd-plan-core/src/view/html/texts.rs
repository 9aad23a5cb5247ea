use std::collections::BTreeMap;

/// The texts of a page, each kept once: hundreds of hosts say the same.
#[derive(Debug, Default)]
pub(super) struct Texts {
    all: Vec<String>,
    known: BTreeMap<String, usize>,
}

impl Texts {
    /// Gives the position of a text.
    pub(super) fn of(&mut self, text: &str) -> usize {
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        self.all.push(text.to_owned());
        self.known.insert(text.to_owned(), self.all.len() - 1);
        self.all.len() - 1
    }

    /// Gives the texts in the order of their positions.
    pub(super) fn into_all(self) -> Vec<String> {
        self.all
    }
}

//! Blocks of documents that the code gives. To write them anew:
//! `UPDATE_DOCUMENTS=1 cargo test -p etcd-plan-tests --test documents`.

use std::fs;
use std::path::Path;

/// Compares a block of a document, which stands between two comments, or writes it.
pub(crate) fn block(document: &str, name: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(document);
    let text = fs::read_to_string(&path).expect("the document can be read");
    let (begin, end) = (
        format!("<!-- begin {name} -->\n"),
        format!("<!-- end {name} -->\n"),
    );
    let (head, rest) = text.split_once(&begin).expect("the block begins");
    let (found, tail) = rest.split_once(&end).expect("the block ends");
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        let text = format!("{head}{begin}{wanted}{end}{tail}");
        fs::write(&path, text).expect("the document can be written");
    } else {
        let how = "see the first lines of tests/documents/blocks.rs";
        assert_eq!(found, wanted, "{document}: {how}");
    }
}

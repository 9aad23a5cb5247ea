use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// The length of a line in a PEM block (RFC 7468).
const LINE: usize = 64;

/// Writes bytes as a PEM block, `-----BEGIN <label>-----` and so on.
///
/// No copy of the bytes is left in memory besides the text that is returned: keys go this way too.
pub fn pem_block(label: &str, der: &[u8]) -> String {
    let body = Zeroizing::new(STANDARD.encode(der));
    let frame = 2 * (label.len() + "-----BEGIN -----\n".len());
    // The exact size from the start: a String that grows leaves its old bytes behind.
    let mut text = String::with_capacity(frame + body.len() + body.len() / LINE + 1);
    text.extend(["-----BEGIN ", label, "-----\n"]);
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        text.extend([line, "\n"]);
        rest = after;
    }
    text.extend(["-----END ", label, "-----\n"]);
    text
}

#[cfg(test)]
mod tests {
    use super::pem_block;

    #[test]
    fn blocks_read_back_and_never_grow_while_written() {
        for length in [0, 1, 47, 48, 49, 95, 96, 97, 1000] {
            let bytes: Vec<u8> = (0u8..=255).cycle().take(length).collect();
            let text = pem_block("PRIVATE KEY", &bytes);
            let block = x509_parser::pem::Pem::iter_from_buffer(text.as_bytes())
                .next()
                .expect("a block")
                .expect("a good block");
            assert_eq!(
                (block.label.as_str(), block.contents),
                ("PRIVATE KEY", bytes)
            );
            let bound = text.len() + "-----BEGIN -----\n".len();
            assert!(text.capacity() <= bound, "{length}");
        }
    }
}

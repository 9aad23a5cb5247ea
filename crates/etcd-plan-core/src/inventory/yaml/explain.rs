use granit_parser::ErrorKind;

/// Gives the next action for a text that is not YAML.
pub(super) fn hint_for(kind: &ErrorKind, text: &str) -> &'static str {
    match kind {
        ErrorKind::ExpectedDocumentStart if text.trim_start().starts_with('[') => {
            "this looks like an inventory in INI: take what `ansible-inventory --list` prints for it"
        }
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => "indent with spaces; YAML takes no tabs there",
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::MismatchedFlowCollectionEnd { .. }
        | ErrorKind::MisplacedFlowCollectionEnd
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator => {
            "check that every bracket is closed and that commas stand between the entries; put texts with brackets or commas in quotes"
        }
        ErrorKind::UnclosedQuotedScalar
        | ErrorKind::DocumentIndicatorInQuotedScalar
        | ErrorKind::InvalidTrailingSingleQuotedScalar
        | ErrorKind::InvalidTrailingDoubleQuotedScalar
        | ErrorKind::InvalidQuotedScalarIndent => {
            "close the quote; inside single quotes a quote is written twice, inside double quotes as `\\\"`"
        }
        ErrorKind::UnknownQuotedScalarEscape => {
            "write a backslash in double quotes twice, or use single quotes"
        }
        ErrorKind::UnexpectedCharacter { .. } => "put the text in quotes",
        ErrorKind::MappingValueNotAllowed
        | ErrorKind::SimpleKeyExpected
        | ErrorKind::InvalidSimpleKey
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::InvalidIndentation
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::BlockSequenceEntryNotAllowed => {
            "check the indentation and that every key is followed by a colon and a space; put texts that hold `: ` in quotes"
        }
        ErrorKind::UndeclaredTagHandle | ErrorKind::InvalidTagTerminator => {
            "put a text that begins with `!` in quotes"
        }
        _ => "correct the text at or a little before the marked place",
    }
}

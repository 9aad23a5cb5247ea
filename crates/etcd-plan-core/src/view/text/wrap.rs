use std::fmt;

/// The width of a terminal when nobody says another, in columns.
pub(crate) const WIDTH: usize = 80;

/// Writes a line as [`write_wrapped`] does.
pub(crate) fn write_line(
    f: &mut fmt::Formatter<'_>,
    width: usize,
    prefix: &str,
    indent: usize,
    text: &str,
) -> fmt::Result {
    write_wrapped(f, width, prefix, indent, text)?;
    writeln!(f)
}

/// Writes a text behind a prefix, broken at spaces to a width in columns; further lines begin
/// below the text, at `indent`. A word that is wider stays whole.
pub(crate) fn write_wrapped(
    f: &mut fmt::Formatter<'_>,
    width: usize,
    prefix: &str,
    indent: usize,
    text: &str,
) -> fmt::Result {
    let mut column = prefix.chars().count();
    f.write_str(prefix)?;
    let mut is_first = column <= indent;
    if is_first {
        write!(f, "{:1$}", "", indent - column)?;
        column = indent;
    }
    for word in text.split(' ') {
        let length = word.chars().count();
        if is_first {
            is_first = false;
        } else if column + 1 + length > width {
            write!(f, "\n{:indent$}", "")?;
            column = indent;
        } else {
            f.write_str(" ")?;
            column += 1;
        }
        f.write_str(word)?;
        column += length;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fmt;

    struct Wrapped<'a>(&'a str, usize, &'a str);

    impl fmt::Display for Wrapped<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            super::write_wrapped(f, super::WIDTH, self.0, self.1, self.2)
        }
    }

    #[test]
    fn breaks_at_spaces_and_never_in_words() {
        let text = "word ".repeat(20);
        let wrapped = Wrapped("  a", 6, text.trim_end()).to_string();
        assert_eq!(wrapped.lines().count(), 2);
        assert!(wrapped.lines().all(|line| line.chars().count() <= 80));
        assert!(
            wrapped
                .lines()
                .nth(1)
                .is_some_and(|line| line.starts_with("      word"))
        );

        let long = "x".repeat(90);
        let wrapped = Wrapped("  a prefix that is too long", 6, &long).to_string();
        assert_eq!(
            wrapped,
            format!("  a prefix that is too long\n      {long}")
        );
    }
}

//! Pieces of a line that something broke, put together again.

use super::quoted::WIDTHS;
use super::wrap::{is_full, width};

/// A line again, and how many lines it was.
pub(super) struct Rejoined {
    pub(super) line: String,
    pub(super) pieces: usize,
}

/// Returns pieces as one line that a mail broke between its words, or a person behind a colon; None if a piece had room for the next word.
pub(super) fn of_mail(pieces: &[&str]) -> Option<String> {
    let trimmed: Vec<&str> = pieces.iter().map(|piece| piece.trim()).filter(|piece| !piece.is_empty()).collect();
    // No word was broken, however wide.
    let of_words = trimmed.iter().filter(|piece| piece.contains(' ')).map(|piece| width(piece)).max();
    let widest = of_words.or_else(|| trimmed.iter().map(|piece| width(piece)).max())?;
    let is_broken = |pair: &[&str]| pair[0].ends_with(':') || is_full(pair[0], pair[1], widest);
    trimmed.windows(2).all(is_broken).then(|| trimmed.join(" "))
}

/// Returns pieces as one line that a terminal cut; None if they are not of one width. The blank at the end of one may be lost.
pub(super) fn of_terminal(pieces: &[&str]) -> Option<String> {
    // Some programs count a tab as one column.
    let characters = |piece: &str| piece.chars().count();
    of_one_width(pieces, width).or_else(|| of_one_width(pieces, characters))
}

fn of_one_width(pieces: &[&str], width: impl Fn(&str) -> usize) -> Option<String> {
    let widest = pieces.iter().map(|piece| width(piece)).max()?;
    let gap = |piece: &str| widest - width(piece);
    let (_, but_last) = pieces.split_last()?;
    let (first, middle) = but_last.split_first()?;
    // Before the first one, columns or the beginning of the line may be gone.
    let is_behind_columns = gap(first) > 1 && (middle.len() > 1 || !middle.is_empty() && WIDTHS.contains(&widest));
    let is_cut = (is_behind_columns || gap(first) <= 1)
        && middle.iter().all(|piece| gap(piece) <= 1)
        && !pieces[1..].iter().any(|piece| piece.starts_with("  "));
    let whole = |piece: &&str| format!("{piece}{}", if gap(piece) == 1 { " " } else { "" });
    is_cut.then(|| pieces.iter().map(whole).collect::<String>().trim_end().to_owned())
}

/// Breaks a line between words, none of them beyond this column, as a mail does.
#[cfg(test)]
pub(super) fn between_words(line: &str, column: usize) -> String {
    let mut broken = String::new();
    let mut length = 0;
    for word in line.split(' ') {
        if length > 0 && length + 1 + word.len() > column {
            broken.push('\n');
            length = 0;
        } else if length > 0 {
            broken.push(' ');
            length += 1;
        }
        broken.push_str(word);
        length += word.len();
    }
    broken
}

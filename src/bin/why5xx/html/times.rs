//! When each cause was counted, and the incidents.

use std::fmt::Write as _;

use super::markup::{number, text};
use super::{MOST_ROWS, rest};
use crate::report::rows::{Row, incidents, rows};
use crate::report::{place, sentence};
use crate::time::minute;
use crate::totals::Totals;

/// Writes the section; nothing if no count has a time.
pub(super) fn section(page: &mut String, totals: &Totals) {
    let rows = rows(&totals.tally);
    let timed: Vec<&Row> = rows.iter().filter(|row| !row.minutes.is_empty()).collect();
    if timed.is_empty() {
        return;
    }
    page.push_str("<section aria-labelledby=\"when\"><h2 id=\"when\">When</h2>");
    let incidents = incidents(&rows);
    if !incidents.is_empty() {
        page.push_str(
            "<h3>Incidents</h3><p class=\"soft\">Three and more counts without a gap of ten minutes.</p><ul>",
        );
        for incident in incidents.iter().take(MOST_ROWS) {
            let _ = write!(page, "<li>{}</li>", text(&sentence(incident)));
        }
        page.push_str("</ul>");
        rest::not_shown(page, incidents.len(), MOST_ROWS);
    }
    page.push_str(
        "<h3>First, last and most</h3><div class=\"scroll\"><table class=\"places\"><thead><tr><th scope=\"col\">Cause</th>\
         <th scope=\"col\">Where</th><th scope=\"col\">First</th><th scope=\"col\">Last</th>\
         <th scope=\"col\">Most in a minute</th></tr></thead><tbody>",
    );
    for row in timed.iter().take(MOST_ROWS) {
        let (Some((first, last)), Some((peak, most))) = (row.span_ms(), row.peak()) else { continue };
        let _ = write!(
            page,
            "<tr><th scope=\"row\"><code>{}</code></th><td class=\"long\" data-name=\"Where\">{}</td>\
             <td data-name=\"First\">{}</td><td data-name=\"Last\">{}</td>\
             <td data-name=\"Most in a minute\">{} at {}</td></tr>",
            row.cause,
            text(&place(&row.subject)),
            minute(first),
            minute(last),
            number(most),
            minute(peak)
        );
    }
    page.push_str("</tbody></table></div>");
    rest::not_shown(page, timed.len(), MOST_ROWS);
    page.push_str("</section>");
}

//! When each cause was counted, and the incidents.

use std::fmt::Write as _;

use super::markup::{number, text};
use super::{MOST_ROWS, View, rest};
use crate::report::rows::{Row, incidents, rows};
use crate::report::sentence;
use crate::totals::Totals;
use crate::words::subject_name;

/// Writes the section; nothing if no count has a time.
pub(super) fn section(page: &mut String, totals: &Totals, view: &View) {
    let rows = rows(&totals.tally);
    let timed: Vec<&Row> = rows.iter().filter(|row| !row.minutes.is_empty()).collect();
    if timed.is_empty() {
        return;
    }
    page.push_str("<section aria-labelledby=\"when\"><h2 id=\"when\">When</h2>");
    let incidents = incidents(&rows);
    if !incidents.is_empty() {
        page.push_str(
            "<h3>Incidents</h3><p class=\"soft\">Three and more counts without a gap of ten minutes. Times are UTC.</p><ul>",
        );
        for incident in incidents.iter().take(MOST_ROWS) {
            let _ = write!(page, "<li>{}", text(&sentence(incident)));
            let local = |ms| view.local(ms, "%F %H:%M");
            if let (Some(from), Some(to)) = (local(incident.from_ms), local(incident.to_ms)) {
                let _ = write!(page, "<br><span class=\"soft\">{from} to {to}</span>");
            }
            page.push_str("</li>");
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
            text(&subject_name(&row.subject)),
            view.both(first, "%F %H:%M"),
            view.both(last, "%F %H:%M"),
            number(most),
            view.both(peak, "%F %H:%M")
        );
    }
    page.push_str("</tbody></table></div>");
    rest::not_shown(page, timed.len(), MOST_ROWS);
    page.push_str("</section>");
}

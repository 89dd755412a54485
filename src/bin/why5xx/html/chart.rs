//! Charts as inline SVG. Their text is HTML beside the drawing, so that it keeps its size on a phone.

use std::fmt::Write as _;

use super::axis::Axis;
use super::markup::{length, number, text};

/// A layer of a stacked chart, or a part of a bar.
#[derive(Debug)]
pub(super) struct ChartLayer {
    pub(super) name: String,
    /// The class of its colour.
    pub(super) colour: &'static str,
    /// The number in each bin; in a bar there is one bin.
    pub(super) counts: Vec<u64>,
}

impl ChartLayer {
    pub(super) fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// Units of a drawing from bottom to top.
const HEIGHT: f64 = 1_000.0;

/// Units of a drawing from one bin to the next, and those of them that stay free.
const BIN: f64 = 10.0;
const GAP: f64 = 1.2;

/// A stacked chart over time, its legend, and its numbers as a table. `what` says in the plural what is counted.
pub(super) fn over_time(page: &mut String, id: &str, what: &str, axis: &Axis, layers: &[ChartLayer]) {
    let title = format!("{what} by cause, in steps of {} (UTC)", in_steps(axis.step_ms));
    let most = (0..axis.bins).map(|bin| layers.iter().map(|layer| layer.counts[bin]).sum::<u64>()).max().unwrap_or(0);
    let ticks = ticks(most);
    let top = ticks.last().copied().unwrap_or(1);
    // Writing to a String cannot fail, here and below.
    let _ = write!(page, "<figure class=\"chart\"><figcaption id=\"{id}\">{}</figcaption>", text(&title));
    legend(page, layers);
    page.push_str("<div class=\"plot\"><div class=\"y\" aria-hidden=\"true\">");
    for tick in &ticks {
        let _ = write!(page, "<span style=\"bottom:{:.2}%\">{}</span>", part(*tick, top) * 100.0, number(*tick));
    }
    let summary = summary(axis, layers, most);
    let width = axis.bins as f64 * BIN;
    let _ = write!(
        page,
        "</div><svg viewBox=\"0 0 {width} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"{}. {}\"><g class=\"grid\">",
        text(&title),
        text(&summary)
    );
    for tick in &ticks {
        let y = HEIGHT * (1.0 - part(*tick, top));
        let _ = write!(page, "<path d=\"M0 {y:.1}H{width}\"/>");
    }
    page.push_str("</g>");
    drawn(page, axis, layers, top);
    page.push_str("<g class=\"bins\">");
    for bin in (0..axis.bins).filter(|bin| layers.iter().any(|layer| layer.counts[*bin] > 0)) {
        let x = bin as f64 * BIN;
        let _ = write!(
            page,
            "<rect x=\"{x}\" y=\"0\" width=\"{BIN}\" height=\"{HEIGHT}\"><title>{}</title></rect>",
            text(&bin_in_words(axis, layers, bin))
        );
    }
    page.push_str("</g></svg><div class=\"x\" aria-hidden=\"true\">");
    for label in axis.labels() {
        let left = label.bin as f64 * 100.0 / axis.bins as f64;
        let _ = write!(page, "<span style=\"left:{left:.2}%\">{}<br>{}</span>", label.time, label.day);
    }
    page.push_str("</div></div>");
    numbers(page, axis, layers, &title);
    page.push_str("</figure>");
}

/// One path for each layer: a day of minutes stays a small page.
fn drawn(page: &mut String, axis: &Axis, layers: &[ChartLayer], top: u64) {
    let mut below = vec![0_u64; axis.bins];
    for layer in layers {
        let _ = write!(page, "<path class=\"{}\" d=\"", layer.colour);
        for (bin, count) in layer.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let x = bin as f64 * BIN + GAP / 2.0;
            let bottom = HEIGHT * (1.0 - part(below[bin], top));
            let height = HEIGHT * part(*count, top);
            let _ = write!(page, "M{x:.1} {bottom:.1}v-{height:.1}h{:.1}v{height:.1}z", BIN - GAP);
            below[bin] += count;
        }
        page.push_str("\"/>");
    }
}

fn legend(page: &mut String, layers: &[ChartLayer]) {
    page.push_str("<ul class=\"legend\">");
    for layer in layers {
        let _ = write!(page, "<li>{}{} <b>{}</b></li>", key(layer.colour), text(&layer.name), number(layer.total()));
    }
    page.push_str("</ul>");
}

/// The sample of a colour.
pub(super) fn key(colour: &str) -> String {
    format!(
        "<svg class=\"key\" viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"{colour}\" width=\"10\" height=\"10\"/></svg>"
    )
}

/// The numbers behind a chart: a row for each bin with a failure.
fn numbers(page: &mut String, axis: &Axis, layers: &[ChartLayer], title: &str) {
    let _ = write!(
        page,
        "<details class=\"numbers\"><summary>The numbers of this chart</summary><div class=\"scroll\" role=\"region\" \
         tabindex=\"0\" aria-label=\"{}\"><table><thead><tr><th scope=\"col\">Beginning (UTC)</th>\
         <th scope=\"col\" class=\"n\">All</th>",
        text(title)
    );
    for layer in layers {
        let _ = write!(page, "<th scope=\"col\" class=\"n\">{}</th>", text(&layer.name));
    }
    page.push_str("</tr></thead><tbody>");
    for bin in 0..axis.bins {
        let all: u64 = layers.iter().map(|layer| layer.counts[bin]).sum();
        if all == 0 {
            continue;
        }
        let _ = write!(page, "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td>", axis.name(bin), number(all));
        for layer in layers {
            let _ = write!(page, "<td class=\"n\">{}</td>", number(layer.counts[bin]));
        }
        page.push_str("</tr>");
    }
    page.push_str("</tbody></table></div></details>");
}

/// A bar whose parts are layers of one bin each, as long as its share of the longest one.
pub(super) fn bar(page: &mut String, layers: &[ChartLayer], longest: u64) {
    let _ = write!(
        page,
        "<svg class=\"bar\" viewBox=\"0 0 {HEIGHT} 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
    );
    let mut x = 0.0;
    for layer in layers {
        let width = HEIGHT * part(layer.total(), longest);
        let _ = write!(page, "<rect class=\"{}\" x=\"{x:.1}\" width=\"{width:.1}\" height=\"10\"/>", layer.colour);
        x += width;
    }
    page.push_str("</svg>");
}

fn part(count: u64, whole: u64) -> f64 {
    count as f64 / whole.max(1) as f64
}

fn in_steps(step_ms: i64) -> String {
    let length = length(step_ms);
    if length.starts_with(|c: char| c.is_ascii_digit()) { length } else { format!("one {length}") }
}

/// Returns the chart in words, for those who do not see it.
fn summary(axis: &Axis, layers: &[ChartLayer], most: u64) -> String {
    let all = |bin: usize| layers.iter().map(|layer| layer.counts[bin]).sum::<u64>();
    let highest = (0..axis.bins).find(|bin| all(*bin) == most && most > 0);
    let mut words = highest.map_or("No failure has a time".to_owned(), |bin| {
        format!("Most in one step: {} from {}", number(most), axis.name(bin))
    });
    words.push_str(". Causes: ");
    let causes: Vec<String> = layers.iter().map(|layer| format!("{} {}", layer.name, number(layer.total()))).collect();
    words.push_str(&causes.join(", "));
    words
}

fn bin_in_words(axis: &Axis, layers: &[ChartLayer], bin: usize) -> String {
    let all: u64 = layers.iter().map(|layer| layer.counts[bin]).sum();
    let mut words = format!("{} UTC: {}", axis.name(bin), number(all));
    for layer in layers.iter().filter(|layer| layer.counts[bin] > 0) {
        let _ = write!(words, "\n{}: {}", layer.name, number(layer.counts[bin]));
    }
    words
}

/// Round numbers from 0 to at least `most`, at most six of them.
fn ticks(most: u64) -> Vec<u64> {
    let mut step = 1_u64;
    let factors = [2, 5, 10];
    let mut power = 1_u64;
    while most.div_ceil(step) > 5 {
        for factor in factors {
            step = power.saturating_mul(factor);
            if most.div_ceil(step) <= 5 {
                break;
            }
        }
        power = power.saturating_mul(10);
    }
    (0..=most.div_ceil(step).max(1)).map(|tick| tick.saturating_mul(step)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_reach_above_the_highest_bar() {
        let rows: [(u64, &[u64]); 6] = [
            (0, &[0, 1]),
            (1, &[0, 1]),
            (5, &[0, 1, 2, 3, 4, 5]),
            (7, &[0, 2, 4, 6, 8]),
            (43, &[0, 10, 20, 30, 40, 50]),
            (1_234, &[0, 500, 1_000, 1_500]),
        ];
        for (most, expected) in rows {
            assert_eq!(ticks(most), expected, "{most}");
        }
        assert!(ticks(u64::MAX).len() <= 7);
    }

    #[test]
    fn the_parts_of_a_bar_add_up_to_its_share() {
        let layer = |count| ChartLayer { name: String::new(), colour: "c1", counts: vec![count] };
        let mut page = String::new();
        bar(&mut page, &[layer(25), layer(25)], 100);
        assert!(page.contains("x=\"0.0\" width=\"250.0\""), "{page}");
        assert!(page.contains("x=\"250.0\" width=\"250.0\""), "{page}");
    }

    #[test]
    fn a_chart_has_its_numbers_as_a_table_without_empty_rows() {
        let axis = Axis::over(1_777_896_000_000, 1_777_896_000_000);
        let mut counts = vec![0; axis.bins];
        counts[axis.bin(1_777_896_000_000).unwrap()] = 3;
        let layers = [ChartLayer { name: "lambda_timeout".into(), colour: "c1", counts }];
        let mut page = String::new();
        over_time(&mut page, "t", "Failed requests", &axis, &layers);
        assert!(page.contains("<th scope=\"row\">2026-05-04 12:00</th><td class=\"n\">3</td>"), "{page}");
        assert_eq!(page.matches("<th scope=\"row\">").count(), 1);
        assert!(page.contains("Most in one step: 3 from 2026-05-04 12:00"));
    }
}

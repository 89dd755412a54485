//! Settings of the page for its reader: the time zone beside UTC, and where the console is.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use why5xx::partition::partition_of;

use super::markup;

/// Time before and after a failure that a link shows.
const AROUND_MS: i64 = 5 * 60_000;

/// Time zone and console of the reader.
#[derive(Debug)]
pub(crate) struct View {
    zone: TimeZone,
    /// The Region of the logs, if it is known.
    region: Option<String>,
}

impl View {
    /// Returns the view of this machine. `region` is that of the logs.
    pub(crate) fn of_machine(region: Option<&str>) -> Self {
        Self::of(TimeZone::system(), region)
    }

    pub(super) fn of(zone: TimeZone, region: Option<&str>) -> Self {
        Self { zone, region: region.map(str::to_owned) }
    }

    /// Returns a time in the zone of the reader with its offset; None where that is UTC.
    ///
    /// 1777896000000, `%F %H:%M` → `2026-05-04 14:00 +02:00`
    pub(super) fn local(&self, ms: i64, format: &str) -> Option<String> {
        let time = Timestamp::from_millisecond(ms).ok()?.to_zoned(self.zone.clone());
        let is_utc = time.offset().seconds() == 0;
        (!is_utc).then(|| time.strftime(&format!("{format} %:z")).to_string())
    }

    /// Returns a time in UTC and below it the time of the reader, as HTML; empty outside the calendar.
    pub(super) fn both(&self, ms: i64, format: &str) -> String {
        let utc = markup::time(ms, format).unwrap_or_default();
        match self.local(ms, format) {
            Some(local) => format!("{utc}<br><span class=\"soft\">{local}</span>"),
            None => utc,
        }
    }

    /// Returns the address of a log group in the console; None where the Region is unknown.
    pub(super) fn log_group(&self, region: Option<&str>, log_group: &str) -> Option<String> {
        let region = region.or(self.region.as_deref()).filter(|_| !log_group.is_empty())?;
        let host = partition_of(region).console;
        let name = encoded(log_group);
        Some(format!("https://{region}.{host}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{name}"))
    }

    /// Returns the address of a search for a request in its log group, around this time.
    pub(super) fn request(&self, region: Option<&str>, log_group: &str, id: &str, ms: Option<i64>) -> Option<String> {
        let quoted = id.replace('\\', "\\\\").replace('"', "\\\"");
        let mut search = format!("?filterPattern={}", percent(&format!("\"{quoted}\"")));
        if let Some(ms) = ms {
            search.push_str(&format!("&start={}&end={}", ms - AROUND_MS, ms + AROUND_MS));
        }
        let log_group = self.log_group(region, log_group)?;
        Some(format!("{log_group}/log-events{}", percent(&search).replace('%', "$")))
    }
}

/// A name in the console's address: percent-encoded twice, with `$` in place of the second `%`.
fn encoded(name: &str) -> String {
    percent(&percent(name)).replace('%', "$")
}

/// A text as a component of an address.
fn percent(text: &str) -> String {
    /// All but the unreserved characters of RFC 3986, section 2.3.
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON_MS: i64 = 1_777_896_000_000; // 2026-05-04T12:00:00Z

    fn view(zone: &str, region: Option<&str>) -> View {
        View::of(TimeZone::posix(zone).unwrap(), region)
    }

    #[test]
    fn local_time_stands_below_utc_unless_it_is_the_same() {
        assert_eq!(
            view("CEST-2", None).both(NOON_MS, "%F %H:%M"),
            "2026-05-04 12:00<br><span class=\"soft\">2026-05-04 14:00 +02:00</span>"
        );
        assert_eq!(view("UTC0", None).both(NOON_MS, "%F %H:%M"), "2026-05-04 12:00");
        assert_eq!(view("CEST-2", None).both(i64::MAX, "%F"), "");
    }

    #[test]
    fn a_link_leads_to_the_log_group_in_the_console_of_its_region() {
        let group = "API-Gateway-Execution-Logs_a1b2c3d4e5/prod";
        assert_eq!(view("UTC0", None).log_group(None, group), None);
        assert_eq!(
            view("UTC0", Some("eu-west-1")).log_group(None, group).as_deref(),
            Some(
                "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/\
                 API-Gateway-Execution-Logs_a1b2c3d4e5$252Fprod"
            )
        );
        // The Region that the log events name counts more, as that of centralised logs.
        let of_copy = view("UTC0", Some("eu-west-1")).log_group(Some("cn-north-1"), "/orders").unwrap();
        assert!(
            of_copy.starts_with("https://cn-north-1.console.amazonaws.cn/cloudwatch/home?region=cn-north-1#"),
            "{of_copy}"
        );
    }

    #[test]
    fn a_request_id_is_searched_as_it_stands_whatever_a_client_made_it() {
        let view = view("UTC0", Some("eu-west-1"));
        let link = view.request(None, "/orders", "0a1b-2c", Some(NOON_MS)).unwrap();
        assert!(
            link.ends_with(
                "/log-group/$252Forders/log-events$3FfilterPattern$3D$25220a1b-2c$2522$26start$3D1777895700000$26end$3D1777896300000"
            ),
            "{link}"
        );
        let link = view.request(None, "/orders", "\"' onload=x&<", None).unwrap();
        assert!(
            link.ends_with("/log-events$3FfilterPattern$3D$2522$255C$2522$2527$2520onload$253Dx$2526$253C$2522"),
            "{link}"
        );
    }
}

//! Pages of servers before and behind an API. API Gateway answers in JSON, so such a page is not its own.

/// A server that writes pages of its own.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Server {
    /// Words of its pages and of its header `server`, in lower case.
    marks: &'static [&'static str],
    /// Its name in a sentence.
    pub(super) name: &'static str,
    /// Where its reason is.
    pub(super) look: &'static str,
}

const OWN_LOG: &str = "the error log of that server";

/// Servers. Of several marks in a page the first server's counts.
const SERVERS: &[Server] = &[
    Server {
        marks: &["cloudfront"],
        name: "CloudFront",
        look: "the standard log of the distribution (x-edge-detailed-result-type) and the log of its origin",
    },
    Server { marks: &["cloudflare"], name: "Cloudflare", look: "its dashboard, and the log of its origin" },
    Server {
        marks: &["awselb"],
        name: "an Application Load Balancer",
        look: "the access log of the load balancer (target_status_code, error_reason) and the health of its targets",
    },
    Server { marks: &["akamai", "reference&#32;&#35;"], name: "Akamai", look: "its log, and the log of its origin" },
    Server { marks: &["openresty"], name: "OpenResty", look: OWN_LOG },
    Server { marks: &["nginx"], name: "nginx", look: OWN_LOG },
    Server { marks: &["varnish"], name: "Varnish", look: "varnishlog" },
    Server { marks: &["tomcat"], name: "Tomcat", look: OWN_LOG },
    Server { marks: &["apache"], name: "Apache", look: OWN_LOG },
    Server { marks: &["microsoft-iis", "internet information services"], name: "IIS", look: OWN_LOG },
    Server { marks: &["herokucdn", "heroku"], name: "Heroku", look: "its router's log" },
    Server {
        marks: &["envoy", PLAIN[0].0, PLAIN[1].0, PLAIN[2].0],
        name: "Envoy (a service mesh or an ingress)",
        look: "its access log (response flags)",
    },
    Server { marks: &["squid"], name: "Squid", look: OWN_LOG },
    Server { marks: &["haproxy"], name: "HAProxy", look: OWN_LOG },
];

/// Page of which nothing names the server. Load balancers of AWS write such a page: only a heading in `<center>`.
const LIKE_A_LOAD_BALANCER: Server = Server {
    marks: &[],
    name: "an Application Load Balancer, or a server that hides its name,",
    look: "the access log of the load balancer (target_status_code, error_reason) and the health of its targets",
};

const UNKNOWN: Server = Server { marks: &[], name: "a server that does not name itself", look: OWN_LOG };

/// How a page begins.
const TAGS: &[&str] = &["<!doctype html", "<html", "<head", "<title", "<center", "<h1"];

/// Sentences of servers that write plain text, and their statuses.
const PLAIN: &[(&str, u16)] =
    &[("upstream connect error", 503), ("no healthy upstream", 503), ("upstream request timeout", 504)];

/// Longest part of a page that is looked into; our own bound. A server names itself in a short page.
const LONGEST_PAGE_BYTES: usize = 16 * 1024;

impl Server {
    /// Returns the server of that name, as a header has it: `awselb/2.0`
    pub(super) fn of_name(name: &str) -> Option<&'static Self> {
        let lower = name.to_ascii_lowercase();
        SERVERS.iter().find(|server| server.marks.iter().any(|mark| lower.contains(mark)))
    }

    /// Returns the server that wrote the page in a text; None if no page is in it. `named` is the server that a header names.
    pub(super) fn of_page(text: &str, named: Option<&'static Self>) -> Option<&'static Self> {
        let page = page(text)?;
        let is_heading = page.contains("<center><h1>") && !page.contains("<hr>");
        let unnamed = || if is_heading { &LIKE_A_LOAD_BALANCER } else { &UNKNOWN };
        Some(named.or_else(|| Self::of_name(&page)).unwrap_or_else(unnamed))
    }
}

/// Returns the page in a text, in lower case: the whole text, or what follows the headers of a response.
fn page(text: &str) -> Option<String> {
    let lower = text[..text.floor_char_boundary(LONGEST_PAGE_BYTES)].to_ascii_lowercase();
    let begins = |line: &str| {
        TAGS.iter().chain(PLAIN.iter().map(|(words, _)| words)).any(|tag| line.trim_start().starts_with(tag))
    };
    let mut at = 0;
    for line in lower.split_inclusive('\n') {
        if begins(line) {
            // Before it stands a response, or nothing.
            return (lower[..at].trim().is_empty() || lower[..at].contains("http/")).then(|| lower[at..].to_owned());
        }
        at += line.len();
    }
    None
}

/// Returns the status in the title or the heading of a page: `<title>502 Bad Gateway</title>` → 502
pub(super) fn status(text: &str) -> Option<u16> {
    let page = page(text)?;
    let behind = |tag| page.split_once(tag).map(|(_, behind)| behind.split("</").next().unwrap_or_default());
    if let Some((_, status)) = PLAIN.iter().find(|(words, _)| page.trim_start().starts_with(words)) {
        return Some(*status);
    }
    ["<title>", "<h1>"].into_iter().filter_map(behind).find_map(|title| {
        let mut words = title.split(|c: char| !c.is_ascii_alphanumeric());
        words.find_map(|word| {
            let number = (word.len() == 3).then(|| word.parse::<u16>().ok()).flatten();
            number.filter(|status| (400..600).contains(status))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_shows_its_server_and_its_status() {
        let rows = [
            (
                "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n\
                 <hr><center>nginx/1.26.0</center>\r\n</body>\r\n</html>\r\n",
                "nginx",
                Some(502),
            ),
            (
                "<html><head><title>504 Gateway Time-out</title></head><body><center><h1>504 Gateway Time-out</h1></center>\
                 </body></html>",
                LIKE_A_LOAD_BALANCER.name,
                Some(504),
            ),
            (
                "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\">\n<HTML><HEAD>\n<TITLE>ERROR: The request could \
                 not be satisfied</TITLE>\n</HEAD><BODY>\n<H1>504 ERROR</H1>\nGenerated by cloudfront (CloudFront)\n</BODY></HTML>",
                "CloudFront",
                Some(504),
            ),
            ("<html><body><h1>Our shop is closed</h1></body></html>", UNKNOWN.name, None),
            (
                "upstream connect error or disconnect/reset before headers.",
                "Envoy (a service mesh or an ingress)",
                Some(503),
            ),
        ];
        for (text, name, expected) in rows {
            assert_eq!(Server::of_page(text, None).map(|server| server.name), Some(name), "{text}");
            assert_eq!(status(text), expected, "{text}");
        }
        assert!(Server::of_page("no page\n<html>", None).is_none());
        let behind = "HTTP/1.1 503 Service Unavailable\nServer: awselb/2.0\n\n<html><head></head></html>";
        let named = Server::of_page(behind, Server::of_name("awselb/2.0"));
        assert_eq!(named.map(|server| server.name), Some("an Application Load Balancer"));
    }
}

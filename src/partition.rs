//! The partitions of AWS: what their ARNs begin with, and where their services and consoles are.

/// A partition.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// Beginning of its Regions; empty for the one that has all others.
    begin: &'static str,
    /// Its name in ARNs: `aws-cn`.
    pub name: &'static str,
    /// Suffix of the hosts of its services: `amazonaws.com.cn`.
    pub dns_suffix: &'static str,
    /// Suffix of the hosts that have IPv6 as well: `api.aws`; empty where it is not known.
    dual_stack_suffix: &'static str,
    /// The console, behind the Region: `console.amazonaws.cn`.
    pub console: &'static str,
}

/// Source: `partitions.json` of the SDKs (`dnsSuffix` and `dualStackDnsSuffix`); the consoles as the documentation of each
/// partition names them.
const PARTITIONS: [Partition; 8] = [
    of("cn-", "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "console.amazonaws.cn"),
    of("us-gov-", "aws-us-gov", "amazonaws.com", "api.aws", "console.amazonaws-us-gov.com"),
    of("eusc-", "aws-eusc", "amazonaws.eu", "", "console.amazonaws-eusc.eu"),
    of("us-iso-", "aws-iso", "c2s.ic.gov", "", "console.c2shome.ic.gov"),
    of("us-isob-", "aws-iso-b", "sc2s.sgov.gov", "", "console.sc2shome.sgov.gov"),
    of("us-isof-", "aws-iso-f", "csp.hci.ic.gov", "", "console.csphome.hci.ic.gov"),
    of("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", "", "console.csphome.adc-e.uk"),
    of("", "aws", "amazonaws.com", "api.aws", "console.aws.amazon.com"),
];

const fn of(
    begin: &'static str,
    name: &'static str,
    dns_suffix: &'static str,
    dual_stack_suffix: &'static str,
    console: &'static str,
) -> Partition {
    Partition { begin, name, dns_suffix, dual_stack_suffix, console }
}

/// Returns the partition of a Region, where no ARN shows it.
///
/// `cn-north-1` → the one with the name `aws-cn`
pub fn partition_of(region: &str) -> &'static Partition {
    PARTITIONS.iter().find(|partition| region.starts_with(partition.begin)).unwrap_or(&PARTITIONS[PARTITIONS.len() - 1])
}

/// Returns whether a text can be the name of a Region, and so a part of a host's.
///
/// `eu-west-1` → true, `eu-west-1.example.com` → false
pub fn is_region(text: &str) -> bool {
    const LONGEST_BYTES: usize = 32;
    (1..=LONGEST_BYTES).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Returns what stands before the suffix of AWS services in the name of a host; None if it is no service's host.
///
/// `lambda.eu-west-1.amazonaws.com` → `lambda.eu-west-1`
pub fn service_of_host(host: &str) -> Option<&str> {
    let suffixes = PARTITIONS.iter().flat_map(|partition| [partition.dns_suffix, partition.dual_stack_suffix]);
    suffixes.filter(|suffix| !suffix.is_empty()).find_map(|suffix| host.strip_suffix(suffix)?.strip_suffix('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_has_a_partition() {
        for (region, name) in [
            ("eu-west-1", "aws"),
            ("us-east-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("", "aws"),
        ] {
            assert_eq!(partition_of(region).name, name, "{region}");
        }
    }
}

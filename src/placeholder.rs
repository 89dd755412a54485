//! Dimension values that stand in for a real one.

/// Dimension value where no log and no setting names the API, the stage or the function.
pub const UNKNOWN: &str = "unknown";

/// Dimension value of whatever exceeds a limit on distinct values.
pub const OTHER: &str = "other";

//! What a line of an access log proves.

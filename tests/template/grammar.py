"""Queries of Metrics Insights and search expressions, read by the grammars that CloudWatch's User Guide gives.

Sources: "Query components and syntax" and "What needs quotation marks or escape characters?" of Metrics Insights;
"CloudWatch search expression syntax"; "Metric math syntax and functions". What these pages do not show is refused, an empty
literal first of all.
"""

import re

FUNCTIONS = ("AVG", "COUNT", "MAX", "MIN", "SUM")

# Those that the page on queries names; a name that is one of them would need quotes.
KEYWORDS = set("AND AS ASC BETWEEN BY DESC FROM GROUP IN IS LIMIT NOT NULL OR ORDER SCHEMA SELECT WHERE".split())

# CloudWatch API Reference, MetricDataQuery; User Guide, search expressions.
MAX_EXPRESSION_CHARS = 2_048
MAX_SEARCH_CHARS = 1_024

STATISTIC = r"Sum|Average|Minimum|Maximum|SampleCount|p\d{1,2}(\.\d+)?|tm\d{1,2}|IQM"


class Invalid(Exception):
    """Why a text is no query or no search."""


class Reader:
    """Tokens of a text, one after the other."""

    def __init__(self, text, token):
        self.text = text
        self.tokens = []
        at = 0
        while at < len(text):
            found = re.compile(token, re.DOTALL).match(text, at)
            if not found or found.end() == at:
                raise Invalid(f"unreadable: {text[at:at + 40]!r}")
            if not found.group().isspace():
                self.tokens.append(found.group())
            at = found.end()
        self.at = 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def next(self):
        token = self.peek()
        self.at += 1
        return token

    def takes(self, *words):
        """Whether these come next, in any case of letters; if so they are read."""
        ahead = [each.upper() for each in self.tokens[self.at : self.at + len(words)]]
        if ahead == list(words):
            self.at += len(words)
            return True
        return False

    def expect(self, *words):
        if not self.takes(*words):
            raise Invalid(f"expected {' '.join(words)}, found {self.peek()!r} in: {self.text}")


def unquoted(token, quote):
    if len(token) < 2 or token[0] != quote or token[-1] != quote:
        raise Invalid(f"expected {quote}…{quote}, found {token!r}")
    if not token[1:-1].strip():
        raise Invalid(f"an empty literal: {token}")
    return token[1:-1]


def identifier(reader):
    """A name of a metric, namespace or dimension: letters, digits and underscores, or in double quotes."""
    token = reader.next()
    if token.startswith('"'):
        return unquoted(token, '"')
    if not re.fullmatch(r"\w+", token) or token.upper() in KEYWORDS:
        raise Invalid(f"needs double quotes: {token!r}")
    return token


def query(text):
    """A query of Metrics Insights: what it selects, where, and by which labels."""
    if len(text) > MAX_EXPRESSION_CHARS:
        raise Invalid(f"{len(text)} characters")
    reader = Reader(text, r"""\s+|"(?:\\.|[^"\\])*"|'(?:''|\\.|[^'\\])*'|!=|<=|>=|\w+|[(),=<>*]""")
    read = {"where": [], "by": []}
    reader.expect("SELECT")
    function(reader)
    reader.expect("(")
    read["metric"] = identifier(reader)
    reader.expect(")")
    reader.expect("FROM")
    if reader.takes("SCHEMA", "("):
        read["schema"] = [identifier(reader)]
        while reader.takes(","):
            read["schema"].append(identifier(reader))
        reader.expect(")")
    else:
        read["schema"] = [identifier(reader)]
    if reader.takes("WHERE"):
        read["where"].append(condition(reader))
        while reader.takes("AND"):
            read["where"].append(condition(reader))
    if reader.takes("GROUP", "BY"):
        read["by"].append(identifier(reader))
        while reader.takes(","):
            read["by"].append(identifier(reader))
    if reader.takes("ORDER", "BY"):
        function(reader)
        reader.expect("(")
        reader.expect(")")
        read["order"] = "ASC" if reader.takes("ASC") else "DESC" if reader.takes("DESC") else "ASC"
    if reader.takes("LIMIT"):
        read["limit"] = int(reader.next())
    if reader.peek():
        raise Invalid(f"more than a query: {reader.peek()!r}")
    labels = [label for label, _, _ in read["where"]] + read["by"]
    if len(read["schema"]) > 1 and (unknown := set(labels) - set(read["schema"][1:])):
        raise Invalid(f"not in the schema: {sorted(unknown)}")
    return read


def function(reader):
    if reader.next().upper() not in FUNCTIONS:
        raise Invalid(f"expected a function in: {reader.text}")


def condition(reader):
    label, operator = identifier(reader), reader.next()
    if operator not in ("=", "!="):
        raise Invalid(f"no operator: {operator!r}")
    return label, operator, unquoted(reader.next(), "'")


def search(text):
    """What stands in SEARCH('…'): the schema as a list of names, and the terms as pairs of designator and text."""
    if len(text) > MAX_SEARCH_CHARS:
        raise Invalid(f"{len(text)} characters")
    reader = Reader(text, r"""\s+|"(?:\\.|[^"\\])*"|[{}(),=]|[^\s"{}(),='\\]+""")
    schema = []
    if reader.takes("{"):
        schema.append(name_in_schema(reader))
        while reader.takes(","):
            schema.append(name_in_schema(reader))
        reader.expect("}")
    terms = []
    if reader.peek():
        alternatives(reader, terms)
    if reader.peek():
        raise Invalid(f"more than a search: {reader.peek()!r}")
    if not schema and not terms:
        raise Invalid("neither a schema nor a term")
    return schema, terms


def name_in_schema(reader):
    token = reader.next()
    if token.startswith('"'):
        return unquoted(token, '"')
    # The guide quotes no namespace of AWS, though all of them hold a slash.
    if not re.fullmatch(r"[0-9A-Za-z]+(/[0-9A-Za-z]+)?", token):
        raise Invalid(f"needs double quotes: {token!r}")
    return token


def alternatives(reader, terms):
    together(reader, terms)
    while reader.takes("OR"):
        together(reader, terms)


def together(reader, terms):
    term(reader, terms)
    while reader.peek() not in ("", ")") and reader.peek().upper() != "OR":
        reader.takes("AND")
        term(reader, terms)


def term(reader, terms, designator=None):
    reader.takes("NOT")
    if reader.takes("("):
        inner = []
        alternatives(reader, inner)
        reader.expect(")")
        terms += [(each or designator, text) for each, text in inner]
        return
    token = reader.next()
    if token.startswith('"'):
        terms.append((designator, unquoted(token, '"')))
    elif not token or token in "{}(),=" or token.upper() in ("AND", "OR"):
        raise Invalid(f"expected a term, found {token!r} in: {reader.text}")
    elif reader.takes("="):
        if designator:
            raise Invalid(f"two designators: {token}")
        term(reader, terms, token)
    else:
        terms.append((designator, token))


MATH = {"FILL", "IF", "MAX", "METRICS", "MIN", "RATE", "SEARCH", "SORT", "SUM"}
SEARCH = rf"SEARCH\('((?:[^'\\]|\\.)*)'\s*,\s*'({STATISTIC})'(?:\s*,\s*(\d+))?\)"


def expression(text, ids=()):
    """Metric math, with searches in it or not; the searches are returned. `ids` are those of the other metrics."""
    if len(text) > MAX_EXPRESSION_CHARS:
        raise Invalid(f"{len(text)} characters")
    searches = [search(found.group(1)) for found in re.finditer(SEARCH, text)]
    rest = re.sub(SEARCH, "METRICS()", text)
    if "'" in rest or '"' in rest or "SEARCH" in rest:
        raise Invalid(f"an unreadable search: {text}")
    if rest.count("(") != rest.count(")"):
        raise Invalid(f"parentheses: {text}")
    for name, called in re.findall(r"([A-Za-z]\w*)(\s*\()?", rest):
        if called and name not in MATH:
            raise Invalid(f"no function: {name}")
        if not called and name not in (*ids, "AND", "OR", "SUM", "MAX", "MIN", "AVG", "ASC", "DESC"):
            raise Invalid(f"no id: {name}")
    return searches

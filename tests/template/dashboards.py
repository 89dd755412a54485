"""The body of a dashboard, against the structure that the CloudWatch API Reference documents ("Dashboard body structure and
syntax"; "Using dashboard variables" of the User Guide). CloudWatch says what is wrong with one only where somebody looks."""

import json

import grammar

BODY = {"widgets", "start", "end", "periodOverride", "variables"}
WIDGET = {"type", "x", "y", "width", "height", "properties"}

# What each kind of widget needs, and what it takes besides.
PROPERTIES = {
    "alarm": ({"alarms"}, {"sortBy", "states", "title"}),
    "log": ({"query", "region"}, {"accountId", "queryLanguage", "title", "view"}),
    "metric": (
        {"metrics", "region"},
        {
            "accountId", "annotations", "end", "labels", "legend", "liveData", "period", "setPeriodToTimeRange",
            "singleValueFullPrecision", "sparkline", "stacked", "start", "stat", "table", "timezone", "title", "trend", "view",
            "yAxis",
        },
    ),
    "text": ({"markdown"}, {"background"}),
}
VIEWS = {
    "log": {"bar", "pie", "table", "timeSeries"},
    "metric": {"bar", "gauge", "pie", "singleValue", "table", "timeSeries"},
}
VARIABLE = {
    "type", "id", "property", "pattern", "inputType", "label", "visible", "search", "populateFrom", "values", "defaultValue",
}
RENDERING = {"accountId", "color", "expression", "id", "label", "period", "region", "stat", "visible", "yAxis"}

# Most of each; the same page, and the quotas in the User Guide.
MAX_WIDGETS, MAX_VARIABLES, MAX_METRICS, MAX_ALARMS = 500, 25, 500, 100


def problems(text):
    """What is wrong with a body, in words: empty if nothing."""
    body = json.loads(text)
    found = [f"unknown: {key}" for key in set(body) - BODY]
    if body.get("periodOverride") not in ("auto", "inherit"):
        # The default replaces the periods of widgets by one for the whole time range.
        found.append("periodOverride is not set, so the periods of widgets are not kept")
    if len(body["widgets"]) > MAX_WIDGETS or len(body.get("variables", [])) > MAX_VARIABLES:
        found.append("too many widgets or variables")
    taken = set()
    for widget in body["widgets"]:
        title = widget["properties"].get("title", widget["type"])
        found += [f"{title}: {each}" for each in of_widget(widget)]
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        if taken & cells:
            found.append(f"{title}: lies on another")
        taken |= cells
    for variable in body.get("variables", []):
        found += [f"variable {variable.get('id')}: {each}" for each in of_variable(variable, json.dumps(body["widgets"]))]
    return found


def of_widget(widget):
    kind, given = widget["type"], widget["properties"]
    if kind not in PROPERTIES:
        yield f"no kind of widget: {kind}"
        return
    needed, others = PROPERTIES[kind]
    yield from (f"unknown: {key}" for key in (set(widget) - WIDGET) | (set(given) - needed - others))
    yield from (f"missing: {key}" for key in needed - set(given))
    if not (0 <= widget["x"] and 1 <= widget["width"] and widget["x"] + widget["width"] <= 24 and 1 <= widget["height"] <= 1_000):
        yield "outside of the grid"
    if "view" in given and given["view"] not in VIEWS[kind]:
        yield f"no view: {given['view']}"
    if kind == "metric":
        yield from of_metrics(given)
    if kind == "alarm" and not (0 < len(given["alarms"]) <= MAX_ALARMS and all(":alarm:" in arn for arn in given["alarms"])):
        yield "alarms are not ARNs of alarms"
    if kind == "log" and not given["query"].startswith("SOURCE '"):
        yield "a query names its log groups first"


def of_metrics(given):
    if len(given["metrics"]) > MAX_METRICS:
        yield "too many metrics"
    if given.get("period", 60) % 60:
        yield f"no period: {given['period']}"
    ids = [row[-1]["id"] for row in given["metrics"] if isinstance(row[-1], dict) and "id" in row[-1]]
    if len(ids) != len(set(ids)):
        yield "two metrics of one id"
    for row in given["metrics"]:
        rendering = row[-1] if isinstance(row[-1], dict) else {}
        names = [each for each in row if not isinstance(each, dict)]
        yield from (f"unknown: {key}" for key in set(rendering) - RENDERING)
        if "expression" in rendering:
            if names:
                yield "an expression beside a metric"
            try:
                grammar.expression(rendering["expression"], ids)
            except grammar.Invalid as error:
                yield str(error)
        elif len(names) < 2 or len(names) % 2 or not all(names):
            yield f"no metric: {row}"


def of_variable(variable, widgets):
    yield from (f"unknown: {key}" for key in set(variable) - VARIABLE)
    if variable.get("type") not in ("pattern", "property") or variable["type"] not in variable:
        yield "neither a pattern nor a property"
    if not variable.get("id", "").isalnum():
        yield "no id"
    kind, values = variable.get("inputType"), [each["value"] for each in variable.get("values", [])]
    if kind not in ("input", "radio", "select"):
        yield f"no input: {kind}"
    if kind != "input" and not values and not (variable.get("search") and variable.get("populateFrom")):
        yield "nothing to choose from"
    if variable.get("search"):
        try:
            grammar.search(variable["search"])
        except grammar.Invalid as error:
            yield str(error)
    # What stands in a list to choose from must be in it; a text to type may be anything.
    if kind != "input" and "defaultValue" in variable and variable["defaultValue"] not in [*values, "__FIRST"]:
        yield "the default is not one of the values, and nobody can choose it again"
    if variable.get("pattern", variable.get("property")) not in widgets:
        yield "it changes nothing"

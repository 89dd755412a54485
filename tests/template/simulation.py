"""How CloudWatch evaluates an alarm, as far as its User Guide says ("Alarm evaluation", "Alarm evaluation window",
"Configuring how CloudWatch alarms treat missing data", "Alarm warm-up periods").

Every minute an alarm looks back over N periods that end now (the sliding window, which is the default), and is in ALARM
while M of them breach. A datum counts from the moment at which it arrives, at the minute that it carries. A period
without data is read as TreatMissingData says; but CloudWatch retrieves a few periods more than it needs, and where some
are missing it takes the newest real ones instead. How many more it retrieves is not said in general, so `more` is tried as
both none and two: what is stated of an alarm must hold either way. For three periods of five minutes the guide's tables
show two more.

An alarm counts its minutes from its creation, and is never in ALARM during its warm-up. CloudWatch may end the warm-up
early, but only once it has data; that is not simulated.
"""

COMPARISONS = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
}

# Periods beyond the N that CloudWatch may look at.
RANGES = (0, 2)

# The same, as the guide's tables show it for three periods of five minutes.
OF_THREE_TIMES_FIVE_MINUTES = 2


class Alarm:
    def __init__(self, properties, parameters, period, value=sum):
        self.of = COMPARISONS[properties["ComparisonOperator"]]
        threshold = properties["Threshold"]
        self.threshold = int(parameters[threshold["Ref"]]["Default"]) if isinstance(threshold, dict) else threshold
        self.n, self.m = properties["EvaluationPeriods"], properties["DatapointsToAlarm"]
        self.missing = properties["TreatMissingData"]
        self.warm_up = properties.get("WarmUpConfiguration", {}).get("WarmUpPeriodDurationInMinutes", 0)
        self.period = period // 60
        self.value = value

    def is_on(self, now, data, more):
        """Whether it is in ALARM at this minute. `data` are triples of minute, moment of arrival and value."""
        if now < self.warm_up:
            return False
        points = []
        for back in range(self.n + more):
            end = now - back * self.period
            values = [value for minute, arrival, value in data if end - self.period <= minute < end and arrival <= now]
            points.append(self.value(values) if values else None)
        wanted = points[: self.n]
        if None in wanted:
            real = [point for point in points if point is not None][: self.n]
            wanted = real + [None] * (self.n - len(real))
        breaching = [self.missing == "breaching" if each is None else self.of(each, self.threshold) for each in wanted]
        return sum(breaching) >= self.m

    def first(self, minutes, data, more):
        """The first of these minutes at which it is in ALARM."""
        return next((now for now in minutes if self.is_on(now, data, more)), None)

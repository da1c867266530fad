#!/usr/bin/python3
"""Random cron expressions and moments with what croniter makes of them, one case per line:

    expression TAB moment TAB next TAB previous      (times in seconds since 1970, UTC)
    expression TAB refused

    croniter_cases.py [--seed N] [--count N] > core/plan/testdata/croniter.tsv
"""
import argparse
import calendar
import datetime
import random
import sys

FIELDS = [(0, 59, []), (0, 23, []), (1, 31, []),
          (1, 12, "jan feb mar apr may jun jul aug sep oct nov dec".split()),
          (0, 7, "sun mon tue wed thu fri sat".split())]
FIXED = ["0 0 29 2 *", "0 0 31 * *", "0 0 30 1-3 *", "59 23 31 12 *", "0 0 * * 7", "0 0 * * 5-7", "0 0 * * fri-sun",
         "0 0 * * 5-0", "0 0 * * */2", "0 0 */2 * 1", "0 0 1-31 * 1", "0 0 13 * fri", "0 0 1 * 0-6", "5/10 * * * *",
         "*/7 * * * *", "5-50/7 */5 * * *", "0 0 1,*/2 * *", "0 0 *,1 * 1", "*/70 * * * *", "00 005 * * *",
         "@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually", "@reboot", "0 0 * JAN MON",
         "0 0 * * fri-mon", "0 22-3 * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *",
         "* * * 0 *", "* * * * 8", "1,,2 * * * *", "1- * * * *", "*/0 * * * *", "*-5 * * * *", "-5 * * * *",
         "* * * *", "", "/2 * * * *", "*/2/3 * * * *", "+1 * * * *", "0 0 * january *", "0 0 ? * *", "1-70 * * * *"]


def item(rng, low, high, names):
    def value(number):
        if names and number - low < len(names) and rng.random() < 0.3:
            return names[number - low]
        return str(number)

    kind = rng.random()
    first, second = rng.randint(low, high), rng.randint(low, high)
    if kind < 0.5:
        return value(first)
    if kind < 0.75:
        first, second = sorted((first, second))
        text = "%s-%s" % (value(first), value(second))
        return text if rng.random() < 0.5 else "%s/%d" % (text, rng.randint(1, high))
    if kind < 0.95:
        return "*/%d" % rng.randint(1, high)
    return "%s/%d" % (value(first), rng.randint(1, high))


def expression(rng):
    def field(low, high, names):
        if rng.random() < 0.4:
            return "*"
        return ",".join(item(rng, low, high, names) for _ in range(rng.choice([1, 1, 1, 2, 3])))
    return " ".join(field(*f) for f in FIELDS)


def skips_a_day(expanded, first, last):
    """Whether a day strictly between two moments matches. croniter's jumps assume months of the wrong length around
    short months (from 27 February past 1 March on `*/5`; every February has 28 days looking back), so its answers
    are checked against the plain meaning of its own sets."""
    def allowed(values, number):
        return values[0] == "*" or number in values

    days, months, weekdays = expanded[2:5]
    either = days[0] != "*" and weekdays[0] != "*"
    day = first.date() + datetime.timedelta(days=1)
    while day < last.date():
        by_day, by_weekday = allowed(days, day.day), allowed(weekdays, day.isoweekday() % 7)
        if allowed(months, day.month) and (by_day or by_weekday if either else by_day and by_weekday):
            return True
        day += datetime.timedelta(days=1)
    return False


def answers(croniter, expr, moment):
    """next and previous (the last at or before), or None where croniter finds none or errs."""
    now = datetime.datetime.utcfromtimestamp(moment)
    following = croniter(expr, now).get_next(datetime.datetime)
    # get_prev is strictly before its start; ours includes the moment itself.
    before = croniter(expr, now + datetime.timedelta(seconds=1)).get_prev(datetime.datetime)
    expanded = croniter(expr).expanded
    if skips_a_day(expanded, before, now) or skips_a_day(expanded, now, following):
        return None
    return calendar.timegm(following.timetuple()), calendar.timegm(before.timetuple())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    options = parser.parse_args()
    from croniter import croniter
    rng = random.Random(options.seed)
    first = calendar.timegm((2019, 12, 1, 0, 0, 0))
    last = calendar.timegm((2033, 1, 31, 0, 0, 0))
    expressions = FIXED + [expression(rng) for _ in range(options.count)]
    dropped = 0
    for expr in expressions:
        if not croniter.is_valid(expr):
            print("%s\trefused" % expr)
            continue
        for _ in range(2):
            moment = rng.randint(first, last)
            if rng.random() < 0.3:
                moment -= moment % 3600
            try:
                found = answers(croniter, expr, moment)
            except Exception:  # a date that never comes: croniter notices only when asked for one
                found = None
            if found is None:
                dropped += 1
            else:
                print("%s\t%d\t%d\t%d" % (expr, moment, *found))
    print("%d cases dropped" % dropped, file=sys.stderr)


if __name__ == "__main__":
    main()

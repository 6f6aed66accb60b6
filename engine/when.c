/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/when.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define NANOS 1000000000L

void when_stamp(const struct timespec *t, char buf[WHEN_STAMP_SIZE])
{
	struct tm tm;
	size_t n;

	gmtime_r(&t->tv_sec, &tm);
	n = strftime(buf, WHEN_STAMP_SIZE - 11, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, WHEN_STAMP_SIZE - n, ".%09ldZ", t->tv_nsec);
}

int when_compare(const struct timespec *a, const struct timespec *b)
{
	if (a->tv_sec != b->tv_sec)
		return a->tv_sec < b->tv_sec ? -1 : 1;
	return a->tv_nsec < b->tv_nsec ? -1 : a->tv_nsec > b->tv_nsec;
}

/* ---- Reading --------------------------------------------------------------------------------- */

struct reader {
	const char *at, *end;
};

static bool skip(struct reader *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

/* Exactly so many digits. */
static bool digits(struct reader *r, unsigned count, int *ret)
{
	int v = 0;

	for (; count; count--, r->at++) {
		if (r->at == r->end || *r->at < '0' || *r->at > '9')
			return false;
		v = 10 * v + (*r->at - '0');
	}
	*ret = v;
	return true;
}

/* What stands behind a point, as billionths; what is finer is left out. */
static bool fraction(struct reader *r, long *ret)
{
	long unit = NANOS / 10, v = 0;
	const char *begin = r->at;

	for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++, unit /= 10)
		v += unit * (*r->at - '0');
	*ret = v;
	return r->at > begin;
}

static bool date(struct reader *r, struct tm *tm)
{
	if (!digits(r, 4, &tm->tm_year) || !skip(r, '-') || !digits(r, 2, &tm->tm_mon) ||
	    !skip(r, '-') || !digits(r, 2, &tm->tm_mday))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return tm->tm_mon >= 0 && tm->tm_mon < 12 && tm->tm_mday >= 1 && tm->tm_mday <= 31;
}

/* The time of day, with seconds and their fraction or (where that is allowed) without. */
static bool clock_time(struct reader *r, bool whole, struct tm *tm, long *nanos)
{
	*nanos = 0;
	if (!digits(r, 2, &tm->tm_hour) || !skip(r, ':') || !digits(r, 2, &tm->tm_min))
		return false;
	if (skip(r, ':')) {
		if (!digits(r, 2, &tm->tm_sec) || (skip(r, '.') && !fraction(r, nanos)))
			return false;
	} else if (whole) {
		return false;
	}
	return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 61;
}

/* Z, or so far from it. */
static bool zone(struct reader *r, int *seconds)
{
	int hours, minutes, sign = 1;

	*seconds = 0;
	if (skip(r, 'Z') || skip(r, 'z'))
		return true;
	if (skip(r, '-'))
		sign = -1;
	else if (!skip(r, '+'))
		return false;
	if (!digits(r, 2, &hours) || !skip(r, ':') || !digits(r, 2, &minutes))
		return false;
	*seconds = sign * (3600 * hours + 60 * minutes);
	return true;
}

/* whole: every part must be there. */
static int stamp_parse(const char *s, size_t n, bool whole, struct timespec *ret)
{
	struct reader r = {s, s + n};
	struct tm tm = {0};
	int offset = 0;
	long nanos = 0;

	if (!date(&r, &tm))
		return -EINVAL;
	if (whole || r.at < r.end)
		if ((!skip(&r, 'T') && !skip(&r, 't') && !skip(&r, ' ')) ||
		    !clock_time(&r, whole, &tm, &nanos))
			return -EINVAL;
	if ((whole || r.at < r.end) && !zone(&r, &offset))
		return -EINVAL;
	if (r.at != r.end)
		return -EINVAL;
	*ret = (struct timespec){timegm(&tm) - offset, nanos};
	return 0;
}

int when_parse_stamp(const char *s, size_t n, struct timespec *ret)
{
	return stamp_parse(s, n, true, ret);
}

/* ---- What people write ----------------------------------------------------------------------- */

#define WHOLE_MAX 1000000000000LL /* seconds; so nothing overflows */

/* "12.5": whole and billionths. */
static bool number(struct reader *r, int64_t *whole, long *nanos)
{
	const char *begin = r->at;

	*whole = 0;
	*nanos = 0;
	for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
		*whole = 10 * *whole + (*r->at - '0');
		if (*whole > WHOLE_MAX)
			return false;
	}
	return r->at > begin && (!skip(r, '.') || fraction(r, nanos));
}

static bool unit(struct reader *r, double *seconds)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"h", 3600}, {"m", 60}, {"s", 1}};
	size_t i, n, left = (size_t)(r->end - r->at);

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		n = strlen(units[i].name);
		if (left >= n && memcmp(r->at, units[i].name, n) == 0) {
			r->at += n;
			*seconds = units[i].seconds;
			return true;
		}
	}
	return false;
}

static int ago_parse(struct reader r, const struct timespec *now, struct timespec *ret)
{
	double sum = 0, seconds;
	int64_t whole, all;
	long nanos;

	while (r.at < r.end) {
		if (!number(&r, &whole, &nanos) || !unit(&r, &seconds))
			return -EINVAL;
		sum += ((double)whole + (double)nanos / NANOS) * seconds;
	}
	if (sum > (double)WHOLE_MAX)
		return -EINVAL;
	all = (int64_t)sum;
	nanos = now->tv_nsec - (long)((sum - (double)all) * NANOS);
	*ret = (struct timespec){now->tv_sec - all - (nanos < 0), nanos < 0 ? nanos + NANOS : nanos};
	return 0;
}

int when_parse(const char *s, const struct timespec *now, struct timespec *ret)
{
	struct reader r = {s, s + strlen(s)};
	int64_t whole;
	long nanos;

	if (!*s)
		return -EINVAL;
	if (stamp_parse(s, strlen(s), false, ret) == 0)
		return 0;
	if (number(&r, &whole, &nanos) && r.at == r.end) {
		*ret = (struct timespec){whole, nanos};
		return 0;
	}
	r.at = s;
	return ago_parse(r, now, ret);
}

/* ---- For people ------------------------------------------------------------------------------ */

const char *when_span(int64_t s, struct arena *a)
{
	static const struct {
		int64_t below, unit;
		const char *text;
	} spans[] = {
		{60, 1, "seconds"},		 {120, 0, "About a minute"},
		{3600, 60, "minutes"},		 {7200, 0, "About an hour"},
		{48 * 3600, 3600, "hours"},	 {14 * 86400, 86400, "days"},
		{60 * 86400, 7 * 86400, "weeks"}, {730 * 86400, 30 * 86400, "months"},
		{INT64_MAX, 365 * 86400, "years"},
	};
	size_t i = 0;

	if (s < 1)
		return "Less than a second";
	if (s == 1)
		return "1 second";
	while (s >= spans[i].below)
		i++;
	if (!spans[i].unit)
		return spans[i].text;
	return arena_printf(a, "%lld %s", (long long)(s / spans[i].unit), spans[i].text);
}

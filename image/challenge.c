/* SPDX-License-Identifier: Apache-2.0 */
#include "image/challenge.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

#define LETTERS	     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define TOKEN	     LETTERS "0123456789!#$%&'*+-.^_`|~"
#define BETTER(a, b) ((a)->scheme > (b)->scheme)

static const char *token_take(const char **s, struct arena *a)
{
	size_t n = strspn(*s, TOKEN);
	const char *token = arena_memdup(a, *s, n);

	*s += n;
	return token;
}

/* s stands behind the first quote; it is left behind the second, or at the end. */
static const char *quoted_take(const char **s, struct arena *a)
{
	char *value = arena_alloc(a, strlen(*s) + 1), *to = value;

	for (; **s && **s != '"'; (*s)++) {
		if (**s == '\\' && (*s)[1])
			(*s)++;
		*to++ = **s;
	}
	if (**s)
		(*s)++;
	return value;
}

static void parameter_set(struct challenge *c, const char *name, const char *value)
{
	const struct {
		const char *name;
		const char **to;
	} known[] = {
		{"realm", &c->realm},
		{"service", &c->service},
		{"scope", &c->scope},
		{"error", &c->error},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcasecmp(known[i].name, name) == 0 && !*known[i].to)
			*known[i].to = value;
}

static void pick(struct challenge *best, const struct challenge *next)
{
	if (BETTER(next, best) && (next->scheme != CHALLENGE_BEARER || next->realm))
		*best = *next;
}

void challenge_parse(const char *header, struct arena *a, struct challenge *ret)
{
	struct challenge best = {0}, next = {0};
	const char *s = header;

	for (;;) {
		const char *name;

		s += strspn(s, " \t,");
		if (!*s)
			break;
		name = token_take(&s, a);
		s += strspn(s, " \t");
		if (*s == '=') {
			s += 1 + strspn(s + 1, " \t");
			if (*s == '"') {
				s++;
				parameter_set(&next, name, quoted_take(&s, a));
			} else {
				parameter_set(&next, name, token_take(&s, a));
			}
		} else if (*name) {
			pick(&best, &next);
			next = (struct challenge){0};
			if (strcasecmp(name, "basic") == 0)
				next.scheme = CHALLENGE_BASIC;
			else if (strcasecmp(name, "bearer") == 0)
				next.scheme = CHALLENGE_BEARER;
		} else {
			s++; /* no character of a token: as if it were a blank */
		}
	}
	pick(&best, &next);
	*ret = best;
}

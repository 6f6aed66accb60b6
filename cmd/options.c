/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/options.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"

#define HELP_WIDTH  80
#define HELP_COLUMN 30

/* Every table's last. Its value goes to struct option_parse itself. */
static const struct option_spec help_option = {
	.name = "help", .letter = 'h', .help = "print this"};

void options_hint(const char *verb, struct error *err)
{
	error_hint(err, "see hoy %s%s--help", verb ? verb : "", verb ? " " : "");
}

static const struct option_spec *find_long(const struct option_parse *p, const char *name,
					   size_t len)
{
	const struct option_spec *const *t, *o;

	for (t = p->tables; *t; t++)
		for (o = *t; o->name; o++)
			if (strncmp(o->name, name, len) == 0 && !o->name[len])
				return o;
	return len == 4 && memcmp(name, "help", 4) == 0 ? &help_option : NULL;
}

static const struct option_spec *find_letter(const struct option_parse *p, char letter)
{
	const struct option_spec *const *t, *o;

	for (t = p->tables; *t; t++)
		for (o = *t; o->name; o++)
			if (o->letter == letter)
				return o;
	return letter == 'h' ? &help_option : NULL;
}

/* ---- Values ---------------------------------------------------------------------------------- */

/* As Go's ParseBool, by which the command lines of engines were written. */
static int parse_bool(const char *s, bool *ret)
{
	static const char *const yes[] = {"true", "1", "t", "T", "TRUE", "True"};
	static const char *const no[] = {"false", "0", "f", "F", "FALSE", "False"};
	size_t i;

	for (i = 0; i < sizeof(yes) / sizeof(*yes); i++) {
		if (!streq(s, yes[i]) && !streq(s, no[i]))
			continue;
		*ret = streq(s, yes[i]);
		return 0;
	}
	return -EINVAL;
}

static int set_choice(const struct option_spec *o, const char *value, unsigned *ret,
		      struct error *err)
{
	_cleanup_(text_free) struct text words = TEXT_INIT;
	unsigned i;

	for (i = 0; o->choices[i]; i++) {
		if (streq(value, o->choices[i])) {
			*ret = i;
			return 0;
		}
		if (i)
			text_add(&words, o->choices[i + 1] ? ", " : " or ");
		text_add(&words, o->choices[i]);
	}
	return error_say(err, EINVAL, "--%s: must be %s, got \"%s\"", o->name, words.s, value);
}

/* hoy has opened nothing yet, so what is open here came from the caller. */
static int set_fds(const struct option_spec *o, const char *value, unsigned *ret,
		   struct error *err)
{
	unsigned long long n;
	int fd;

	if (parse_u64(value, 0, OPTION_FDS_MAX, &n) < 0)
		return error_say(err, EINVAL, "--%s: must be a number from 0 to %d, got \"%s\"",
				 o->name, OPTION_FDS_MAX, value);
	for (fd = 3; fd < 3 + (int)n; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			return error_say(err, EBADF, "--%s %llu: descriptor %d is not open",
					 o->name, n, fd);
	*ret = (unsigned)n;
	return 0;
}

/* Which of the tables have been used. */
static void note(struct option_parse *p, const struct option_spec *o)
{
	const struct option_spec *entry;
	size_t i;

	for (i = 0; i < OPTION_TABLES_MAX && p->tables[i]; i++)
		for (entry = p->tables[i]; entry->name && !p->seen[i]; entry++)
			if (entry == o)
				p->seen[i] = o;
}

/* value: NULL for a flag without one. */
static int option_set(struct option_parse *p, const struct option_spec *o, const char *value,
		      struct error *err)
{
	void *field = (char *)p->values + o->offset;
	bool flag = true;

	if (!o->value && value && parse_bool(value, &flag) < 0)
		return error_say(err, EINVAL, "--%s: must be true or false, got \"%s\"", o->name,
				 value);
	if (o == &help_option) {
		p->help = flag;
		return 0;
	}
	note(p, o);
	switch (o->kind) {
	case OPTION_FLAG:
	case OPTION_FLAG_NOT:
		*(bool *)field = flag == (o->kind == OPTION_FLAG);
		return 0;
	case OPTION_PATH:
		if (!value[0])
			return error_say(err, EINVAL, "--%s: must not be empty", o->name);
		/* fall through */
	case OPTION_STRING:
		*(const char **)field = value;
		return 0;
	case OPTION_CHOICE:
		return set_choice(o, value, field, err);
	case OPTION_FDS:
		return set_fds(o, value, field, err);
	case OPTION_LIST:
		option_list_add(field, value, p->arena);
		return 0;
	case OPTION_REFUSED:
	case OPTION_HEADING:
		break;
	}
	if (!flag) /* --tty=false asks for nothing */
		return 0;
	return error_say(err, ENOTSUP, "--%s: %s not supported by this version of hoy", o->name,
			 o->refused);
}

/* ---- Words ----------------------------------------------------------------------------------- */

static int unknown(const struct option_parse *p, const char *word, struct error *err)
{
	int len = (int)strcspn(word, "=");

	options_hint(p->verb, err);
	return error_say(err, EINVAL, "unknown option \"%.*s\"", len, word);
}

/* The option's value: what stands in its own word, or the next word. */
static int with_value(struct option_parse *p, const struct option_spec *o, const char *own,
		      const char *const *next, struct error *err)
{
	int taken = 0;

	if (o->value && !own) {
		own = *next;
		taken = 1;
		if (!own)
			return error_say(err, EINVAL, "option --%s requires an argument", o->name);
	}
	return option_set(p, o, own, err) < 0 ? -EINVAL : taken;
}

/* One word of short options, dash and all. */
static int parse_short(struct option_parse *p, const char *word, const char *const *next,
		       struct error *err)
{
	const char *s;
	int r = 0;

	for (s = word + 1; *s && r == 0 && !p->help; s++) {
		const struct option_spec *o = find_letter(p, *s);
		const char *own = s[1] == '=' ? s + 2 : o && o->value && s[1] ? s + 1 : NULL;

		if (!o)
			return unknown(p, word, err);
		r = with_value(p, o, own, next, err);
		if (own)
			break;
	}
	return r;
}

/* Returns the number of following words it took, 0 or 1, or -EINVAL. */
static int parse_word(struct option_parse *p, const char *word, const char *const *next,
		      struct error *err)
{
	const char *name = word + 1 + (word[1] == '-'), *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct option_spec *o = len > 1 ? find_long(p, name, len) : NULL;

	if (o)
		return with_value(p, o, equals ? equals + 1 : NULL, next, err);
	return word[1] == '-' ? unknown(p, word, err) : parse_short(p, word, next, err);
}

int options_parse(struct option_parse *p, size_t argc, const char *const *argv, struct error *err)
{
	const char **args = arena_alloc(p->arena, (argc + 1) * sizeof(*args));
	bool options = true;
	size_t i;

	p->args = args;
	for (i = 0; i < argc && !p->help; i++) {
		int r;

		if (options && streq(argv[i], "--")) {
			options = false;
			continue;
		}
		if (!options || argv[i][0] != '-' || !argv[i][1]) {
			args[p->args_n++] = argv[i];
			if (p->ends ? p->ends(p->values) : p->in_order)
				options = false;
			continue;
		}
		r = parse_word(p, argv[i], i + 1 < argc ? &argv[i + 1] : &args[argc], err);
		if (r < 0) {
			if (p->verb)
				error_step(err, "%s", p->verb);
			return r;
		}
		i += (size_t)r;
	}
	return 0;
}

/* ---- Help ------------------------------------------------------------------------------------ */

void options_wrap(const char *s, size_t at, size_t indent, struct text *out)
{
	while (*s) {
		size_t len = strcspn(s, " ");

		if (at > indent && at + 1 + len > HELP_WIDTH) {
			text_addf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
			text_add(out, " ");
			at++;
		}
		text_add_bytes(out, s, len);
		at += len;
		s += len;
		s += strspn(s, " ");
	}
	text_add(out, "\n");
}

static void option_help(const struct option_spec *o, struct text *out)
{
	size_t start = out->len, at;

	if (o->kind == OPTION_HEADING) {
		text_addf(out, "\n%s:\n", o->help);
		return;
	}
	if (o->letter)
		text_addf(out, "  -%c, --%s", o->letter, o->name);
	else
		text_addf(out, "      --%s", o->name);
	if (o->value)
		text_addf(out, " %s", o->value);
	at = out->len - start;
	if (at + 2 > HELP_COLUMN) {
		text_add(out, "\n");
		at = 0;
	}
	text_addf(out, "%*s", (int)(HELP_COLUMN - at), "");
	options_wrap(o->help, HELP_COLUMN, HELP_COLUMN, out);
}

void options_help(const struct option_spec *const *tables, struct text *out)
{
	struct option_spec help = help_option;
	const struct option_spec *o;

	for (; *tables; tables++)
		for (o = *tables; o->name; o++) {
			if (o->kind != OPTION_REFUSED)
				option_help(o, out);
			if (o->letter == help.letter)
				help.letter = 0;
		}
	option_help(&help, out);
}

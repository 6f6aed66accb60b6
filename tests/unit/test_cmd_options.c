/* SPDX-License-Identifier: Apache-2.0 */
/* The command line's parser and the help that the same tables make: values and exact messages. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "cmd/options.h"

struct values {
	const char *file, *text;
	unsigned fds, format;
	bool detach, quiet;
	struct option_list env;
};

static const char *const formats[] = {"table", "json", "text", NULL};

#define FIELD(type, member) OPTION_FIELD(type, struct values, member)

static const struct option_spec shared[] = {
	{.name = "pid-file", .letter = 'p', .value = "FILE", .kind = OPTION_PATH,
	 .offset = FIELD(const char *, file), .help = "write the process id to FILE"},
	{.name = "preserve-fds", .value = "N", .kind = OPTION_FDS, .offset = FIELD(unsigned, fds),
	 .help = "give it N more descriptors"},
	{0},
};

static const struct option_spec own[] = {
	{.name = "detach", .letter = 'd', .kind = OPTION_FLAG, .offset = FIELD(bool, detach),
	 .help = "don't wait"},
	{.name = "quiet", .letter = 'q', .kind = OPTION_FLAG, .offset = FIELD(bool, quiet),
	 .help = "print less of everything that there is, so that this text needs a second line"},
	{.name = "format", .letter = 'f', .value = "FORMAT", .kind = OPTION_CHOICE,
	 .choices = formats, .offset = FIELD(unsigned, format), .help = "table, json or text"},
	{.name = "env", .letter = 'e', .value = "NAME=VALUE", .kind = OPTION_LIST,
	 .offset = FIELD(struct option_list, env), .help = "add to the environment"},
	{.name = "text", .value = "TEXT-OF-ANY-SORT-AT-ALL", .kind = OPTION_STRING,
	 .offset = FIELD(const char *, text), .help = "any text"},
	{.name = "tty", .letter = 't', .kind = OPTION_REFUSED, .refused = "terminals are"},
	{.name = "label", .value = "LABEL", .kind = OPTION_REFUSED, .refused = "labels are"},
	{0},
};

static const struct option_spec *const tables[] = {shared, own, NULL};

struct parsed {
	struct arena arena;
	struct values values;
	struct option_parse p;
	struct error err;
	char text[4096];
	int r;
};

static void parsed_free(struct parsed *d)
{
	arena_free(&d->arena);
}

/* Parses words that end with NULL, for the verb "run" unless verb says another. */
static void parse(struct parsed *d, const char *const *words, const char *verb, bool in_order)
{
	size_t n;

	for (n = 0; words[n]; n++)
		;
	*d = (struct parsed){.arena = ARENA_INIT};
	d->p = (struct option_parse){
		.verb = verb,
		.tables = tables,
		.values = &d->values,
		.in_order = in_order,
		.arena = &d->arena,
	};
	d->r = options_parse(&d->p, n, words, &d->err);
	error_text(&d->err, d->text, sizeof(d->text));
}

#define PARSE(d, ...)                                                                              \
	_cleanup_(parsed_free) struct parsed d;                                                    \
	parse(&d, (const char *const[]){__VA_ARGS__, NULL}, "run", false)

/* ---- What is accepted ------------------------------------------------------------------------ */

static void values_in_every_form(void **state)
{
	static const char *const forms[][3] = {
		{"--pid-file", "/a", NULL}, {"--pid-file=/a", NULL},	{"-pid-file", "/a", NULL},
		{"-pid-file=/a", NULL},	    {"-p", "/a", NULL},		{"-p/a", NULL},
		{"-p=/a", NULL},	    {"-dp", "/a", NULL},	{"-qdp/a", NULL},
		{"-dp=/a", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		_cleanup_(parsed_free) struct parsed d;

		parse(&d, forms[i], "run", false);
		assert_int_equal(d.r, 0);
		assert_string_equal(d.values.file, "/a");
		assert_int_equal(d.p.args_n, 0);
	}
}

static void flags_may_say_what_they_are(void **state)
{
	static const struct {
		const char *word;
		bool detach;
	} cases[] = {
		{"--detach", true},	  {"-d", true},		{"-detach", true},
		{"--detach=true", true},  {"--detach=1", true}, {"-d=T", true},
		{"--detach=false", false}, {"-d=0", false},	{"--detach=False", false},
		{"-qd=false", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		PARSE(d, cases[i].word);

		assert_int_equal(d.r, 0);
		assert_int_equal(d.values.detach, cases[i].detach);
	}
}

static void short_flags_in_one_word(void **state)
{
	(void)state;
	PARSE(d, "-dq", "x");

	assert_int_equal(d.r, 0);
	assert_true(d.values.detach);
	assert_true(d.values.quiet);
	assert_int_equal(d.p.args_n, 1);
}

/* Without this, -env would be -e with the value "nv". */
static void a_long_name_behind_one_dash_comes_first(void **state)
{
	(void)state;
	PARSE(d, "-env", "A=1", "-eB=2", "-e=C=3");

	assert_int_equal(d.r, 0);
	assert_int_equal(d.values.env.n, 3);
	assert_string_equal(d.values.env.v[0], "A=1");
	assert_string_equal(d.values.env.v[1], "B=2");
	assert_string_equal(d.values.env.v[2], "C=3");
}

static void a_value_may_look_like_an_option(void **state)
{
	(void)state;
	PARSE(d, "--text", "--detach", "-e", "--", "--pid-file", "-");

	assert_int_equal(d.r, 0);
	assert_string_equal(d.values.text, "--detach");
	assert_string_equal(d.values.env.v[0], "--");
	assert_string_equal(d.values.file, "-");
	assert_false(d.values.detach);
	assert_int_equal(d.p.args_n, 0);
}

static void the_last_of_a_repeated_option_holds(void **state)
{
	(void)state;
	PARSE(d, "-p", "/a", "--pid-file=/b", "-d", "--detach=false");

	assert_int_equal(d.r, 0);
	assert_string_equal(d.values.file, "/b");
	assert_false(d.values.detach);
}

static void lists_grow_and_end_with_null(void **state)
{
	(void)state;
	const char *words[2 * 100 + 1];
	_cleanup_(parsed_free) struct parsed d;

	for (size_t i = 0; i < 100; i++) {
		words[2 * i] = "-e";
		words[2 * i + 1] = i % 2 ? "ODD=1" : "EVEN=1";
	}
	words[200] = NULL;
	parse(&d, words, "exec", true);
	assert_int_equal(d.r, 0);
	assert_int_equal(d.values.env.n, 100);
	for (size_t i = 0; i < 100; i++)
		assert_string_equal(d.values.env.v[i], i % 2 ? "ODD=1" : "EVEN=1");
	assert_null(d.values.env.v[100]);
}

static void choices_are_indexes(void **state)
{
	(void)state;
	PARSE(d, "-f", "json");
	PARSE(e, "--format=text");
	PARSE(none, "x");

	assert_int_equal(d.r, 0);
	assert_int_equal(d.values.format, 1);
	assert_int_equal(e.values.format, 2);
	assert_int_equal(none.values.format, 0);
}

static void positionals_may_stand_anywhere(void **state)
{
	(void)state;
	PARSE(d, "web", "-d", "KILL", "", "-", "--", "--detach=false", "--");

	assert_int_equal(d.r, 0);
	assert_true(d.values.detach);
	assert_int_equal(d.p.args_n, 6);
	assert_string_equal(d.p.args[0], "web");
	assert_string_equal(d.p.args[1], "KILL");
	assert_string_equal(d.p.args[2], "");
	assert_string_equal(d.p.args[3], "-");
	assert_string_equal(d.p.args[4], "--detach=false");
	assert_string_equal(d.p.args[5], "--");
	assert_null(d.p.args[6]);
}

/* exec: what follows the ID is the command's. */
static void in_order_the_first_positional_ends_options(void **state)
{
	static const char *const words[] = {"-q", "web", "ls", "-d", "--bogus", "--", "--help", NULL};
	_cleanup_(parsed_free) struct parsed d;

	(void)state;
	parse(&d, words, "exec", true);
	assert_int_equal(d.r, 0);
	assert_true(d.values.quiet);
	assert_false(d.values.detach);
	assert_false(d.p.help);
	assert_int_equal(d.p.args_n, 6);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(d.p.args[i], words[i + 1]);
}

static bool ends_unless_detached(const void *values)
{
	return !((const struct values *)values)->detach;
}

/* The verb is asked when the first positional comes, with what it knows by then. */
static void the_verb_says_whether_the_first_positional_ends_options(void **state)
{
	static const char *const ends[] = {"id", "-d", "-q", NULL};
	static const char *const goes_on[] = {"-d", "id", "-q", NULL};
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct values v = {0};
	struct option_parse p = {.tables = tables, .values = &v, .ends = ends_unless_detached, .arena = &a};

	(void)state;
	assert_int_equal(options_parse(&p, 3, ends, NULL), 0);
	assert_int_equal(p.args_n, 3);
	assert_false(v.quiet);
	p.args_n = 0;
	assert_int_equal(options_parse(&p, 3, goes_on, NULL), 0);
	assert_int_equal(p.args_n, 1);
	assert_true(v.quiet);
	assert_null(p.seen[0]);
	assert_string_equal(p.seen[1]->name, "detach");
}

/* What is on without a word can be taken away. */
static void a_flag_may_be_there_to_be_denied(void **state)
{
	static const struct option_spec table[] = {
		{.name = "", .kind = OPTION_HEADING, .help = "A heading"},
		{.name = "quiet", .letter = 'h', .kind = OPTION_FLAG_NOT, .offset = FIELD(bool, quiet),
		 .help = "help"},
		{0},
	};
	static const struct option_spec *const list[] = {table, NULL};
	static const char *const yes[] = {"--quiet", NULL}, *const no[] = {"--quiet=false", NULL};
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text out = TEXT_INIT;
	struct values v = {0};
	struct option_parse p = {.tables = list, .values = &v, .arena = &a};

	(void)state;
	assert_int_equal(options_parse(&p, 1, yes, NULL), 0);
	assert_false(v.quiet);
	assert_int_equal(options_parse(&p, 1, no, NULL), 0);
	assert_true(v.quiet);
	/* A letter that is taken is not that of --help. */
	options_help(list, &out);
	assert_non_null(strstr(out.s, "\nA heading:\n  -h, --quiet"));
	assert_non_null(strstr(out.s, "\n      --help"));
}

static void in_order_two_dashes_before_the_id_are_dropped(void **state)
{
	static const char *const words[] = {"-q", "--", "-web", "ls", NULL};
	_cleanup_(parsed_free) struct parsed d;

	(void)state;
	parse(&d, words, "exec", true);
	assert_int_equal(d.r, 0);
	assert_int_equal(d.p.args_n, 2);
	assert_string_equal(d.p.args[0], "-web");
}

static void help_ends_the_reading(void **state)
{
	static const char *const words[] = {"--help", "-h", "-help", "-dh"};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		PARSE(d, "x", words[i], "--bogus");

		assert_int_equal(d.r, 0);
		assert_true(d.p.help);
	}
}

static void descriptors_are_counted(void **state)
{
	(void)state;
	/* Whatever the test's caller left, 3 and 4 are open then and 5 is not. */
	assert_true(dup2(0, 3) == 3 && dup2(0, 4) == 4);
	close(5);
	PARSE(none, "--preserve-fds", "0");
	PARSE(two, "--preserve-fds=2");
	PARSE(three, "--preserve-fds", "3");

	assert_int_equal(none.r, 0);
	assert_int_equal(none.values.fds, 0);
	assert_int_equal(two.r, 0);
	assert_int_equal(two.values.fds, 2);
	assert_int_equal(three.r, -EINVAL);
	assert_int_equal(three.values.fds, 0);
	assert_string_equal(three.text, "run: --preserve-fds 3: descriptor 5 is not open");
	close(3);
	close(4);
}

static void what_is_refused_may_be_declined(void **state)
{
	(void)state;
	PARSE(d, "--tty=false", "-t=0");

	assert_int_equal(d.r, 0);
}

/* ---- What is refused ------------------------------------------------------------------------- */

static void messages(void **state)
{
	static const struct {
		const char *words[4];
		const char *text;
	} cases[] = {
		{{"--foo"}, "run: unknown option \"--foo\" (see hoy run --help)"},
		{{"--foo=bar"}, "run: unknown option \"--foo\" (see hoy run --help)"},
		{{"-foo"}, "run: --format: must be table, json or text, got \"oo\""},
		{{"-x"}, "run: unknown option \"-x\" (see hoy run --help)"},
		{{"-dx"}, "run: unknown option \"-dx\" (see hoy run --help)"},
		{{"-no-such=1"}, "run: unknown option \"-no-such\" (see hoy run --help)"},
		{{"--detac"}, "run: unknown option \"--detac\" (see hoy run --help)"},
		{{"--detachx"}, "run: unknown option \"--detachx\" (see hoy run --help)"},
		{{"--d"}, "run: unknown option \"--d\" (see hoy run --help)"},
		{{"--="}, "run: unknown option \"--\" (see hoy run --help)"},
		{{"-="}, "run: unknown option \"-\" (see hoy run --help)"},
		{{"--a\nb"}, "run: unknown option \"--a\\x0ab\" (see hoy run --help)"},
		{{"--pid-file"}, "run: option --pid-file requires an argument"},
		{{"-p"}, "run: option --pid-file requires an argument"},
		{{"x", "-dp"}, "run: option --pid-file requires an argument"},
		{{"--pid-file="}, "run: --pid-file: must not be empty"},
		{{"-p", ""}, "run: --pid-file: must not be empty"},
		{{"--detach=maybe"}, "run: --detach: must be true or false, got \"maybe\""},
		{{"--detach="}, "run: --detach: must be true or false, got \"\""},
		{{"--tty=yes"}, "run: --tty: must be true or false, got \"yes\""},
		{{"-f", "yaml"}, "run: --format: must be table, json or text, got \"yaml\""},
		{{"--format="}, "run: --format: must be table, json or text, got \"\""},
		{{"--preserve-fds", "x"},
		 "run: --preserve-fds: must be a number from 0 to 1000, got \"x\""},
		{{"--preserve-fds=1001"},
		 "run: --preserve-fds: must be a number from 0 to 1000, got \"1001\""},
		{{"--preserve-fds=-1"},
		 "run: --preserve-fds: must be a number from 0 to 1000, got \"-1\""},
		{{"--preserve-fds", "99999999999999999999999"},
		 "run: --preserve-fds: must be a number from 0 to 1000, "
		 "got \"99999999999999999999999\""},
		{{"-t"}, "run: --tty: terminals are not supported by this version of hoy"},
		{{"--tty"}, "run: --tty: terminals are not supported by this version of hoy"},
		{{"-dt"}, "run: --tty: terminals are not supported by this version of hoy"},
		{{"--label", "a"}, "run: --label: labels are not supported by this version of hoy"},
		{{"--label"}, "run: option --label requires an argument"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(parsed_free) struct parsed d;

		parse(&d, cases[i].words, "run", false);
		assert_int_equal(d.r, -EINVAL);
		assert_string_equal(d.text, cases[i].text);
	}
}

static void global_options_name_no_verb(void **state)
{
	static const char *const unknown[] = {"--foo", NULL}, *const missing[] = {"-p", NULL};
	_cleanup_(parsed_free) struct parsed d, e;

	(void)state;
	parse(&d, unknown, NULL, true);
	parse(&e, missing, NULL, true);
	assert_string_equal(d.text, "unknown option \"--foo\" (see hoy --help)");
	assert_string_equal(e.text, "option --pid-file requires an argument");
}

/* ---- Help ------------------------------------------------------------------------------------ */

static void the_help_lists_what_works(void **state)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;

	(void)state;
	options_help(tables, &out);
	assert_string_equal(
		out.s,
		"  -p, --pid-file FILE         write the process id to FILE\n"
		"      --preserve-fds N        give it N more descriptors\n"
		"  -d, --detach                don't wait\n"
		"  -q, --quiet                 print less of everything that there is, so that\n"
		"                              this text needs a second line\n"
		"  -f, --format FORMAT         table, json or text\n"
		"  -e, --env NAME=VALUE        add to the environment\n"
		"      --text TEXT-OF-ANY-SORT-AT-ALL\n"
		"                              any text\n"
		"  -h, --help                  print this\n");
}

static void paragraphs_are_wrapped(void **state)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;
	char word[101];

	(void)state;
	memset(word, 'w', 100);
	word[100] = 0;
	options_wrap("one  two", 0, 0, &out);
	assert_string_equal(out.s, "one two\n");
	text_free(&out);
	/* A word longer than the line gets one of its own. */
	options_wrap(word, 0, 0, &out);
	assert_int_equal(out.len, 101);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_in_every_form),
		cmocka_unit_test(flags_may_say_what_they_are),
		cmocka_unit_test(short_flags_in_one_word),
		cmocka_unit_test(a_long_name_behind_one_dash_comes_first),
		cmocka_unit_test(a_value_may_look_like_an_option),
		cmocka_unit_test(the_last_of_a_repeated_option_holds),
		cmocka_unit_test(lists_grow_and_end_with_null),
		cmocka_unit_test(choices_are_indexes),
		cmocka_unit_test(positionals_may_stand_anywhere),
		cmocka_unit_test(in_order_the_first_positional_ends_options),
		cmocka_unit_test(in_order_two_dashes_before_the_id_are_dropped),
		cmocka_unit_test(the_verb_says_whether_the_first_positional_ends_options),
		cmocka_unit_test(a_flag_may_be_there_to_be_denied),
		cmocka_unit_test(help_ends_the_reading),
		cmocka_unit_test(descriptors_are_counted),
		cmocka_unit_test(what_is_refused_may_be_declined),
		cmocka_unit_test(messages),
		cmocka_unit_test(global_options_name_no_verb),
		cmocka_unit_test(the_help_lists_what_works),
		cmocka_unit_test(paragraphs_are_wrapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/settings.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/size.h"
#include "base/text.h"
#include "engine/values.h"
#include "spec/names.h"

#define KEY_RESTART	 ANNOTATION_OWN "restart"
#define KEY_LOG		 ANNOTATION_OWN "log"
#define KEY_STOP_TIMEOUT ANNOTATION_OWN "stop-timeout"
#define KEY_RM		 ANNOTATION_OWN "rm"
#define KEY_STDIN	 ANNOTATION_OWN "stdin"

#define DRIVER	      "k8s-file"
#define LOG_FILES_MAX 100
#define TIMEOUT_MAX   (366 * 86400)

static const struct settings defaults = {
	.log = true,
	.log_size = SETTINGS_LOG_SIZE,
	.log_files = SETTINGS_LOG_FILES,
	.stop_timeout = SETTINGS_STOP_TIMEOUT,
	.stop_signal = SIGTERM,
};

/* ---- From options ---------------------------------------------------------------------------- */

static int log_opt(const char *text, struct settings *s, struct error *err)
{
	unsigned long long files;
	const char *value = strchr(text, '=');
	int64_t size;

	if (starts_with(text, "max-size=")) {
		if (size_parse(value + 1, &size) < 0 || size == 0 || size < -1)
			return value_wrong("--log-opt max-size", "a size like 10m, or -1 (unlimited)",
					   value + 1, err);
		s->log_size = size < 0 ? 0 : (uint64_t)size;
		return 0;
	}
	if (starts_with(text, "max-file=")) {
		if (parse_u64(value + 1, 1, LOG_FILES_MAX, &files) < 0)
			return value_wrong("--log-opt max-file", "a number from 1 to 100", value + 1,
					   err);
		s->log_files = (uint32_t)files;
		return 0;
	}
	return value_wrong("--log-opt", "max-size=SIZE or max-file=N", text, err);
}

static int log_of_options(const struct run_options *opt, struct settings *s, struct error *err)
{
	size_t i;
	int r = 0;

	if (opt->log_driver && streq(opt->log_driver, "none"))
		s->log = false;
	else if (opt->log_driver && !streq(opt->log_driver, DRIVER))
		return value_wrong("--log-driver", DRIVER " or none", opt->log_driver, err);
	if (!s->log && opt->log_opts.n)
		return error_say(err, EINVAL, "--log-opt: must not stand beside --log-driver none");
	for (i = 0; r == 0 && i < opt->log_opts.n; i++)
		r = log_opt(opt->log_opts.v[i], s, err);
	return r;
}

int settings_of_options(const struct run_options *opt, struct settings *ret, struct error *err)
{
	struct settings s = defaults;
	long long seconds;
	int r;

	if (opt->restart && restart_parse(opt->restart, &s.restart) < 0)
		return value_wrong("--restart", "no, on-failure[:N], always or unless-stopped",
				   opt->restart, err);
	if (opt->stop_timeout) {
		if (parse_i64(opt->stop_timeout, -1, TIMEOUT_MAX, &seconds) < 0)
			return value_wrong("--stop-timeout", "a number of seconds, or -1 (no end)",
					   opt->stop_timeout, err);
		s.stop_timeout = seconds;
	}
	if (opt->rm && s.restart.when != RESTART_NO)
		return error_say(err, EINVAL, "--restart: must not stand beside --rm");
	if (!opt->detach && s.restart.when != RESTART_NO) {
		error_hint(err, "hoy logs -f shows what it writes");
		return error_say(err, EINVAL, "--restart: needs --detach");
	}
	r = log_of_options(opt, &s, err);
	if (r < 0)
		return r;
	s.rm = opt->rm;
	s.stdin_open = opt->interactive;
	s.image = opt->image;
	*ret = s;
	return 0;
}

/* ---- As annotations -------------------------------------------------------------------------- */

static void annotate(struct string_map *map, const char *key, const char *value, struct arena *a)
{
	map_set(map, (struct string_pair){key, value}, a);
}

void settings_annotate(const struct settings *s, struct string_map *map, struct arena *a)
{
	if (s->restart.when != RESTART_NO)
		annotate(map, KEY_RESTART, restart_text(&s->restart, a), a);
	if (!s->log)
		annotate(map, KEY_LOG, "none", a);
	else if (s->log_size != defaults.log_size || s->log_files != defaults.log_files)
		annotate(map, KEY_LOG,
			 arena_printf(a, DRIVER ":%llu:%u", (unsigned long long)s->log_size,
				      s->log_files),
			 a);
	if (s->stop_timeout != defaults.stop_timeout)
		annotate(map, KEY_STOP_TIMEOUT, arena_printf(a, "%lld", (long long)s->stop_timeout),
			 a);
	if (s->rm)
		annotate(map, KEY_RM, "true", a);
	if (s->stdin_open)
		annotate(map, KEY_STDIN, "open", a);
}

static void log_read(const char *text, struct settings *s)
{
	unsigned long long size, files;
	const char *colon;
	char number[24];
	size_t n;

	if (streq(text, "none")) {
		s->log = false;
		return;
	}
	if (!starts_with(text, DRIVER ":"))
		return;
	text += strlen(DRIVER ":");
	colon = strchr(text, ':');
	n = colon ? (size_t)(colon - text) : sizeof(number);
	if (n >= sizeof(number))
		return;
	memcpy(number, text, n);
	number[n] = 0;
	if (parse_u64(number, 0, INT64_MAX, &size) < 0 ||
	    parse_u64(colon + 1, 1, LOG_FILES_MAX, &files) < 0)
		return;
	s->log_size = size;
	s->log_files = (uint32_t)files;
}

void settings_read(const struct string_map *map, struct settings *ret)
{
	const char *text;
	long long seconds;
	int sig;

	*ret = defaults;
	ret->name = map_find(map, ANNOTATION_NAME);
	ret->image = map_find(map, ANNOTATION_IMAGE);
	text = map_find(map, KEY_RESTART);
	if (text)
		restart_parse(text, &ret->restart);
	text = map_find(map, KEY_LOG);
	if (text)
		log_read(text, ret);
	text = map_find(map, KEY_STOP_TIMEOUT);
	if (text && parse_i64(text, -1, TIMEOUT_MAX, &seconds) == 0)
		ret->stop_timeout = seconds;
	text = map_find(map, ANNOTATION_STOP_SIGNAL);
	sig = text ? signal_by_name(text) : -1;
	if (sig > 0)
		ret->stop_signal = sig;
	ret->rm = map_find(map, KEY_RM) != NULL;
	ret->stdin_open = map_find(map, KEY_STDIN) != NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-systemd: what hoy has to say to systemd (org.freedesktop.systemd1(5)). A program of its own, so
 * that hoy carries no message bus: it is executed when the systemd manager is used, and only then.
 *
 *	hoy-systemd system|user start UNIT	makes the scope UNIT and waits until it is there
 *	hoy-systemd system|user set UNIT	changes a unit, until the machine is started again
 *	hoy-systemd system|user stop UNIT	ends it and waits; no error when it is not there
 *
 * start and set read properties from standard input, one in a line: NAME=VALUE, the value in GVariant's
 * text format ("uint64 5", "'text'", "[('/dev/block/8:0', uint64 1)]"). "252:NAME=VALUE" is left out
 * where systemd is older than that. A name that ends with Sec has its value in seconds, as in systemd's
 * files; on the bus it is in microseconds.
 *
 * Exit status 0, or 1 with the reason on standard error; EXISTS when the unit is there already.
 */
#include <errno.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define SERVICE	  "org.freedesktop.systemd1"
#define PATH	  "/org/freedesktop/systemd1"
#define MANAGER	  "org.freedesktop.systemd1.Manager"
#define INPUT_MAX (1U << 20)
#define LINES_MAX 1024
#define WAIT_USEC (60 * G_USEC_PER_SEC)
/* How long a unit of the same name may take to end that systemd already holds for empty. */
#define ENDING_TRIES 100
#define ENDING_PAUSE (20 * 1000)
#define EXISTS	     3
#define SEC	     "Sec"

static sd_bus *bus;

/* ---- Errors ----------------------------------------------------------------------------------- */

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	exit(EXIT_FAILURE);
}

static const char *reason(const sd_bus_error *e, int r)
{
	return e->message ? e->message : g_strerror(-r);
}

/* ---- Connecting ------------------------------------------------------------------------------- */

/* Without a message bus systemd still has a socket of its own, which systemctl(1) uses too. */
static int connect_private(const char *runtime_dir)
{
	g_autofree char *path = g_strconcat(runtime_dir, "/systemd/private", NULL);
	g_autofree char *address = NULL;
	int r;

	if (access(path, F_OK) < 0)
		return -errno;
	address = g_strconcat("unix:path=", path, NULL);
	r = sd_bus_new(&bus);
	if (r >= 0)
		r = sd_bus_set_address(bus, address);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r < 0)
		bus = sd_bus_unref(bus);
	return r;
}

static void connect_to(bool user)
{
	const char *runtime_dir = user ? getenv("XDG_RUNTIME_DIR") : "/run";
	int r = user ? sd_bus_open_user(&bus) : sd_bus_open_system(&bus);

	if (r < 0 && runtime_dir && runtime_dir[0] == '/' && connect_private(runtime_dir) >= 0)
		return;
	if (r < 0)
		fail("no message bus of %s: %s", user ? "the user's session" : "the system",
		     g_strerror(-r));
	sd_bus_set_method_call_timeout(bus, WAIT_USEC);
}

/* ---- Properties ------------------------------------------------------------------------------- */

static int append(sd_bus_message *m, GVariant *v);

/* D-Bus has a container for arrays, structures, entries of dictionaries and variants. */
static int append_container(sd_bus_message *m, GVariant *v)
{
	const char *type = g_variant_get_type_string(v);
	g_autofree char *contents = NULL;
	char kind = type[0];
	size_t n = g_variant_n_children(v);
	int r;

	if (kind == 'v') {
		g_autoptr(GVariant) inner = g_variant_get_variant(v);

		contents = g_strdup(g_variant_get_type_string(inner));
	} else if (kind == 'a') {
		contents = g_strdup(type + 1);
	} else {
		contents = g_strndup(type + 1, strlen(type) - 2);
		kind = kind == '(' ? SD_BUS_TYPE_STRUCT : SD_BUS_TYPE_DICT_ENTRY;
	}
	r = sd_bus_message_open_container(m, kind, contents);
	for (size_t i = 0; i < n && r >= 0; i++) {
		g_autoptr(GVariant) child = g_variant_get_child_value(v, i);

		r = append(m, child);
	}
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_boolean(sd_bus_message *m, GVariant *v)
{
	int value = g_variant_get_boolean(v);

	return sd_bus_message_append_basic(m, 'b', &value);
}

static int append(sd_bus_message *m, GVariant *v)
{
	const char kind = g_variant_get_type_string(v)[0];

	switch (kind) {
	case 'b':
		return append_boolean(m, v);
	case 's':
	case 'o':
	case 'g':
		return sd_bus_message_append_basic(m, kind, g_variant_get_string(v, NULL));
	case 'y':
	case 'n':
	case 'q':
	case 'i':
	case 'u':
	case 'x':
	case 't':
	case 'd':
		/* In memory a number is what it is in C. */
		return sd_bus_message_append_basic(m, kind, g_variant_get_data(v));
	case 'a':
	case '(':
	case '{':
	case 'v':
		return append_container(m, v);
	default:
		return -EINVAL;
	}
}

static unsigned version_of_systemd(void)
{
	g_autofree char *text = NULL;
	const char *digits;

	if (sd_bus_get_property_string(bus, SERVICE, PATH, MANAGER, "Version", NULL, &text) < 0)
		return 0;
	digits = text + strcspn(text, "0123456789");
	return (unsigned)strtoul(digits, NULL, 10);
}

/* "252:Name=…": whether this systemd is too old; *line moves behind the number. */
static bool too_old(const char **line)
{
	static unsigned version;
	char *end;
	unsigned long needed;

	if (!g_ascii_isdigit(**line))
		return false;
	needed = strtoul(*line, &end, 10);
	if (*end != ':')
		return false;
	*line = end + 1;
	if (!version)
		version = version_of_systemd();
	return version < needed;
}

static bool number_of(GVariant *v, double *ret)
{
	switch (g_variant_get_type_string(v)[0]) {
	case 'd':
		*ret = g_variant_get_double(v);
		return true;
	case 'i':
		*ret = g_variant_get_int32(v);
		return true;
	case 'u':
		*ret = g_variant_get_uint32(v);
		return true;
	case 'x':
		*ret = (double)g_variant_get_int64(v);
		return true;
	case 't':
		*ret = (double)g_variant_get_uint64(v);
		return true;
	default:
		return false;
	}
}

/* TimeoutStopSec is TimeoutStopUSec on the bus. */
static void seconds_convert(char **name, GVariant **value)
{
	size_t n = strlen(*name);
	g_autofree char *old = *name;
	double seconds;

	if (n <= strlen(SEC) || strcmp(old + n - strlen(SEC), SEC) != 0 ||
	    !g_ascii_islower(old[n - strlen(SEC) - 1])) {
		*name = g_steal_pointer(&old);
		return;
	}
	if (!number_of(*value, &seconds) || seconds < 0 || seconds * G_USEC_PER_SEC >= 0x1p63)
		fail("%s: must be a number of seconds", old);
	*name = g_strdup_printf("%.*sUSec", (int)(n - strlen(SEC)), old);
	g_variant_unref(*value);
	*value = g_variant_ref_sink(g_variant_new_uint64((uint64_t)(seconds * G_USEC_PER_SEC)));
}

static int property_append(sd_bus_message *m, const char *name, GVariant *value)
{
	int r = sd_bus_message_open_container(m, 'r', "sv");

	if (r >= 0)
		r = sd_bus_message_append_basic(m, 's', name);
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'v', g_variant_get_type_string(value));
	if (r >= 0)
		r = append(m, value);
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int line_append(sd_bus_message *m, const char *line)
{
	const char *equals;
	g_autofree char *name = NULL;
	g_autoptr(GVariant) value = NULL;
	g_autoptr(GError) error = NULL;
	int r;

	if (too_old(&line))
		return 0;
	equals = strchr(line, '=');
	if (!equals)
		fail("\"%s\" is no NAME=VALUE", line);
	name = g_strndup(line, (size_t)(equals - line));
	value = g_variant_parse(NULL, equals + 1, NULL, NULL, &error);
	if (!value)
		fail("%s: \"%s\" is no value in GVariant's text format: %s", name, equals + 1,
		     error->message);
	seconds_convert(&name, &value);
	r = property_append(m, name, value);
	if (r < 0)
		fail("%s: \"%s\" can't be sent: %s", name, equals + 1, g_strerror(-r));
	return 0;
}

/* The lines of standard input; the array belongs to the caller. */
static char **lines_read(void)
{
	char *text = g_malloc0(INPUT_MAX + 1);
	size_t n = fread(text, 1, INPUT_MAX, stdin);
	char **lines;

	if (ferror(stdin) || n == INPUT_MAX || strlen(text) != n)
		fail("the properties can't be read");
	lines = g_strsplit(text, "\n", LINES_MAX);
	g_free(text);
	return lines;
}

static void properties_append(sd_bus_message *m, char **lines)
{
	if (sd_bus_message_open_container(m, 'a', "(sv)") < 0)
		fail("a message can't be made");
	for (; *lines; lines++)
		if (**lines)
			line_append(m, *lines);
	if (sd_bus_message_close_container(m) < 0)
		fail("a message can't be made");
}

/* ---- Jobs ------------------------------------------------------------------------------------- */

/* What systemd has told of finished jobs: it may do so before the reply that names ours. */
struct jobs {
	GHashTable *results; /* path of the job: its result */
};

static int job_removed(sd_bus_message *m, void *data, sd_bus_error *e)
{
	struct jobs *jobs = data;
	const char *path, *unit, *result;
	uint32_t id;

	(void)e;
	if (sd_bus_message_read(m, "uoss", &id, &path, &unit, &result) >= 0)
		g_hash_table_insert(jobs->results, g_strdup(path), g_strdup(result));
	return 0;
}

static void jobs_watch(struct jobs *jobs)
{
	int r;

	jobs->results = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	r = sd_bus_match_signal(bus, NULL, SERVICE, PATH, MANAGER, "JobRemoved", job_removed, jobs);
	if (r < 0)
		fail("systemd's signals can't be had: %s", g_strerror(-r));
	/* On its own socket systemd sends them to everybody. */
	sd_bus_call_method(bus, SERVICE, PATH, MANAGER, "Subscribe", NULL, NULL, NULL);
}

/* Waits for the job that the reply names. */
static void job_wait(struct jobs *jobs, sd_bus_message *reply)
{
	gint64 deadline = g_get_monotonic_time() + WAIT_USEC;
	const char *path, *result;
	int r = sd_bus_message_read(reply, "o", &path);

	while (r >= 0) {
		result = g_hash_table_lookup(jobs->results, path);
		if (result && strcmp(result, "done") != 0)
			fail("systemd's job ended with \"%s\"; systemctl status and the journal say more",
			     result);
		if (result)
			return;
		r = sd_bus_process(bus, NULL);
		if (r == 0 && g_get_monotonic_time() > deadline)
			fail("systemd's job has not ended within a minute");
		if (r == 0)
			r = sd_bus_wait(bus, G_USEC_PER_SEC);
	}
	fail("the connection to systemd broke: %s", g_strerror(-r));
}

/* ---- Verbs ------------------------------------------------------------------------------------ */

/* One call of StartTransientUnit; properties that can't be understood end the program. */
static int start_call(const char *unit, char **lines, sd_bus_error *e, sd_bus_message **reply)
{
	sd_bus_message *m = NULL;
	int r = sd_bus_message_new_method_call(bus, &m, SERVICE, PATH, MANAGER, "StartTransientUnit");

	if (r >= 0)
		r = sd_bus_message_append(m, "ss", unit, "replace");
	if (r >= 0) {
		properties_append(m, lines);
		r = sd_bus_message_append(m, "a(sa(sv))", 0);
	}
	if (r >= 0)
		r = sd_bus_call(bus, m, 0, e, reply);
	sd_bus_message_unref(m);
	return r;
}

static bool unit_ends(const char *unit)
{
	g_autofree char *path = NULL, *state = NULL;

	if (sd_bus_path_encode(PATH "/unit", unit, &path) < 0 ||
	    sd_bus_get_property_string(bus, SERVICE, path, SERVICE ".Unit", "ActiveState", NULL,
				       &state) < 0)
		return true;
	if (!strcmp(state, "failed"))
		sd_bus_call_method(bus, SERVICE, PATH, MANAGER, "ResetFailedUnit", NULL, NULL, "s", unit);
	return strcmp(state, "active") != 0;
}

static int unit_start(const char *unit)
{
	char **lines = lines_read();
	struct jobs jobs;

	jobs_watch(&jobs);
	for (int i = 0;; i++) {
		sd_bus_error e = SD_BUS_ERROR_NULL;
		sd_bus_message *reply = NULL;
		int r = start_call(unit, lines, &e, &reply);
		bool exists = r < 0 && sd_bus_error_has_name(&e, SERVICE ".UnitExists");

		if (r >= 0) {
			job_wait(&jobs, reply);
			return 0;
		}
		if (exists && !unit_ends(unit))
			exit(EXISTS);
		if (!exists || i == ENDING_TRIES)
			fail("%s", reason(&e, r));
		sd_bus_error_free(&e);
		g_usleep(ENDING_PAUSE);
	}
}

static int unit_set(const char *unit)
{
	char **lines = lines_read();
	sd_bus_error e = SD_BUS_ERROR_NULL;
	sd_bus_message *m = NULL;
	int r = sd_bus_message_new_method_call(bus, &m, SERVICE, PATH, MANAGER, "SetUnitProperties");

	if (r >= 0)
		r = sd_bus_message_append(m, "sb", unit, 1);
	if (r >= 0) {
		properties_append(m, lines);
		r = sd_bus_call(bus, m, 0, &e, NULL);
	}
	if (r < 0)
		fail("%s", reason(&e, r));
	return 0;
}

static int unit_stop(const char *unit)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	struct jobs jobs;
	int r;

	jobs_watch(&jobs);
	r = sd_bus_call_method(bus, SERVICE, PATH, MANAGER, "StopUnit", &e, &reply, "ss", unit, "replace");
	if (r >= 0)
		job_wait(&jobs, reply);
	else if (!sd_bus_error_has_name(&e, SERVICE ".NoSuchUnit"))
		fail("%s", reason(&e, r));
	return 0;
}

int main(int argc, char **argv)
{
	bool user = argc > 1 && !strcmp(argv[1], "user");
	const char *verb = argc == 4 ? argv[2] : "";

	if (argc != 4 || (!user && strcmp(argv[1], "system") != 0))
		fail("usage: hoy-systemd system|user start|set|stop UNIT");
	connect_to(user);
	if (!strcmp(verb, "start"))
		return unit_start(argv[3]);
	if (!strcmp(verb, "set"))
		return unit_set(argv[3]);
	if (!strcmp(verb, "stop"))
		return unit_stop(argv[3]);
	fail("unknown verb \"%s\"", verb);
}

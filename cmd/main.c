/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy: from the command line to one verb. Before anything opens a descriptor, what the caller left
 * is put in order (inherited_prepare); the whole command line is read and checked before the log is
 * opened; then the verb runs; then warnings and the error, if any, are printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/process.h"
#include "base/sys.h"
#include "cmd/output.h"
#include "cmd/verb.h"
#include "engine/rootless.h"
#include "engine/run.h"
#include "spec/state.h"

#if __has_include("commit.h")
#include "commit.h"
#endif
#ifndef HOY_COMMIT
#define HOY_COMMIT "unknown"
#endif

#define DEFAULT_ROOT "/run/hoy"
#define DEFAULT_DATA "/var/lib/hoy"

/* ---- Global options -------------------------------------------------------------------------- */

/* In the order of enum cgroup_manager. */
static const char *const managers[] = {"cgroupfs", "systemd", "disabled", NULL};
static const char *const formats[] = {"text", "json", NULL};
static const char *const level_names[] = {"error", "warning", "info", "debug", NULL};
static const char *const rootless_words[] = {"auto", "true", "false", NULL};

#define MANAGER_UNSAID (sizeof(managers) / sizeof(managers[0]))

/* hoy has nothing to say between a warning and what --debug shows. */
static const enum output_level levels[] = {
	OUTPUT_ERROR, OUTPUT_WARNING, OUTPUT_WARNING, OUTPUT_DEBUG};

struct globals {
	const char *root;
	const char *data_root;
	const char *log;
	unsigned log_format; /* enum output_format */
	unsigned log_level;  /* index in levels */
	bool debug;
	bool systemd_cgroup;
	unsigned manager;  /* enum cgroup_manager, or MANAGER_UNSAID */
	unsigned rootless; /* enum rootless: which systemd is asked, nothing else */
	bool version;
};

#define GLOBAL(type, member) OPTION_FIELD(type, struct globals, member)

static const struct option_spec global_options[] = {
	{.name = "root", .value = "DIR", .kind = OPTION_PATH,
	 .offset = GLOBAL(const char *, root),
	 .help = "state directory; without it " DEFAULT_ROOT " for root and $XDG_RUNTIME_DIR/hoy "
		 "for others"},
	{.name = "data-root", .value = "DIR", .kind = OPTION_PATH,
	 .offset = GLOBAL(const char *, data_root),
	 .help = "where images are, and containers made from them; without it $HOY_DATA_ROOT, else "
		 DEFAULT_DATA " for root and $XDG_DATA_HOME/hoy or ~/.local/share/hoy for others"},
	{.name = "log", .value = "FILE", .kind = OPTION_STRING,
	 .offset = GLOBAL(const char *, log),
	 .help = "append errors and warnings to FILE too"},
	{.name = "log-format", .value = "FORMAT", .kind = OPTION_CHOICE, .choices = formats,
	 .offset = GLOBAL(unsigned, log_format),
	 .help = "of the log: text (the default) or json (errors only)"},
	{.name = "log-level", .value = "LEVEL", .kind = OPTION_CHOICE, .choices = level_names,
	 .offset = GLOBAL(unsigned, log_level),
	 .help = "error, warning (the default), info or debug"},
	{.name = "debug", .kind = OPTION_FLAG,
	 .offset = GLOBAL(bool, debug),
	 .help = "the same as --log-level debug"},
	{.name = "cgroup-manager", .value = "NAME", .kind = OPTION_CHOICE, .choices = managers,
	 .offset = GLOBAL(unsigned, manager),
	 .help = "who makes the cgroup: cgroupfs (the default), hoy itself; systemd, as a scope; "
		 "disabled: nobody, the default for images of a user who isn't root"},
	{.name = "systemd-cgroup", .kind = OPTION_FLAG,
	 .offset = GLOBAL(bool, systemd_cgroup),
	 .help = "the same as --cgroup-manager systemd"},
	{.name = "rootless", .value = "WORD", .kind = OPTION_CHOICE, .choices = rootless_words,
	 .offset = GLOBAL(unsigned, rootless),
	 .help = "true, false or auto (the default): whether the systemd of the user's session is "
		 "asked for a scope"},
	{.name = "version", .letter = 'v', .kind = OPTION_FLAG,
	 .offset = GLOBAL(bool, version),
	 .help = "print the version"},
	{0},
};

const struct option_spec *const global_tables[] = {global_options, NULL};

enum rootless { ROOTLESS_AUTO, ROOTLESS_TRUE, ROOTLESS_FALSE };

/* Which systemd makes scopes: that of the system, or of the user's session. */
static bool session_is_users(const struct globals *g)
{
	if (g->rootless != ROOTLESS_AUTO)
		return g->rootless == ROOTLESS_TRUE;
	return process_is_rootless();
}

/* ---- The state directory --------------------------------------------------------------------- */

/* path below dir without "//", "/./" and a "/" at the end: the cgroup remembers its container by
 * this name, so one directory should have one. ".." stays, it may lead out of a symlink. */
static const char *path_clean(const char *dir, const char *path, struct arena *a)
{
	char *s = arena_join(a, path[0] == '/' ? "" : dir, "/", path, NULL), *to = s;
	const char *from = s;

	while (*from) {
		if (from[0] == '/' && (from[1] == '/' || !from[1]))
			from++;
		else if (from[0] == '/' && from[1] == '.' && (from[2] == '/' || !from[2]))
			from += 2;
		else
			*to++ = *from++;
	}
	if (to == s)
		*to++ = '/';
	*to = 0;
	return s;
}

/* The directory that an option names. */
static int option_path(const char *name, const char *option, struct arena *a, const char **ret,
		       struct error *err)
{
	char cwd[PATH_MAX] = "";

	if (option[0] != '/' && !getcwd(cwd, sizeof(cwd)))
		return error_set(err, errno, "%s %s: find the current directory", name, option);
	*ret = path_clean(cwd, option, a);
	return 0;
}

static int root_find(const char *option, struct arena *a, const char **ret, struct error *err)
{
	const char *run;

	if (option)
		return option_path("--root", option, a, ret, err);
	if (geteuid() == 0) {
		*ret = DEFAULT_ROOT;
		return 0;
	}
	run = getenv("XDG_RUNTIME_DIR");
	if (!run || run[0] != '/') {
		error_hint(err, "without root, hoy keeps its state below it");
		return error_say(err, ENOENT,
				 "--root is needed: XDG_RUNTIME_DIR is not set to an absolute path");
	}
	*ret = path_clean("", arena_printf(a, "%s/hoy", run), a);
	return 0;
}

/* Few verbs need it, so that not knowing where it is is no error yet. */
static int data_find(const char *option, struct arena *a, const char **ret, struct error *err)
{
	const char *own = getenv("HOY_DATA_ROOT"), *home;

	if (!option && own && *own)
		option = own;
	if (option)
		return option_path("--data-root", option, a, ret, err);
	*ret = DEFAULT_DATA;
	if (geteuid() == 0)
		return 0;
	home = getenv("XDG_DATA_HOME");
	if (home && home[0] == '/') {
		*ret = path_clean("", arena_join(a, home, "/hoy", NULL), a);
		return 0;
	}
	home = getenv("HOME");
	*ret = "";
	if (home && home[0] == '/')
		*ret = path_clean("", arena_join(a, home, "/.local/share/hoy", NULL), a);
	return 0;
}

#define LISTEN_FDS_MAX 1000

/* ---- What the caller left -------------------------------------------------------------------- */

/* A file that hoy opens must not become standard error of a container because 2 was free. */
static int streams_open(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", O_RDWR) != fd)
			return -1;
		if (fd == STDOUT_FILENO)
			output_stdout_closed();
	}
	return 0;
}

/* How many sockets a service manager passes to us (sd_listen_fds(3)): LISTEN_FDS, if LISTEN_PID is
 * our pid. To be asked before hoy opens a descriptor itself. 0 or more, or negative errno. */
static int listen_fds(struct error *err)
{
	const char *fds = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	unsigned long long n, p;
	int fd;

	if (!fds || !pid || parse_u64(pid, 0, INT_MAX, &p) < 0 || p != (unsigned long long)getpid())
		return 0;
	if (parse_u64(fds, 0, LISTEN_FDS_MAX, &n) < 0)
		return error_say(err, EINVAL, "LISTEN_FDS: must be a number from 0 to %d, got \"%s\"",
				 LISTEN_FDS_MAX, fds);
	for (fd = 3; fd < 3 + (int)n; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			return error_say(err, EBADF, "LISTEN_FDS=%llu: descriptor %d is not open", n, fd);
	return (int)n;
}

static int inherited_prepare(struct runtime *rt, struct error *err)
{
	int n;

	/* Modes of what hoy makes are hoy's own matter; a container's umask comes from its plan. */
	umask(022);
	if (streams_open() < 0)
		return error_set(err, errno, "open /dev/null");
	n = listen_fds(err);
	if (n < 0)
		return n;
	rt->listen_fds = (unsigned)n;
	rt->listen_names = n ? getenv("LISTEN_FDNAMES") : NULL;
	rt->notify_socket = getenv("NOTIFY_SOCKET");
	/* No descriptor of the caller reaches a hook or a container unasked. */
	if (sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return error_set(err, errno, "mark descriptors close-on-exec");
	/* A caller that ignores SIGCHLD would take away the status of our children. A socket whose
	 * other end is gone says so by EPIPE; programs that hoy executes get the defaults back. */
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

/* ---- The version ----------------------------------------------------------------------------- */

/* as_runc: engines look at the first line for the name that they called. */
static int version_print(bool as_runc, struct error *err)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;

	if (as_runc)
		text_add(&out, "runc version " HOY_VERSION "\n");
	text_add(&out, "hoy version " HOY_VERSION "\ncommit: " HOY_COMMIT
		       "\nspec: " STATE_OCI_VERSION "\n");
	return output_text(&out, err);
}

static int version_run(const struct call *c, struct error *err)
{
	return version_print(c->as_runc, err);
}

static const struct option_spec *const no_tables[] = {NULL};

const struct verb verb_version = {
	.name = "version",
	.synopsis = "",
	.help = "print the version of hoy and of the specification",
	.tables = no_tables,
	.stateless = true,
	.run = version_run,
};

/* ---- One command ----------------------------------------------------------------------------- */

struct hoy {
	struct arena arena;
	struct globals globals;
	struct output output;
	struct warnings warn;
	struct runtime rt;
	struct call call; /* call.verb: NULL as long as it isn't known */
	bool as_runc; /* called by the name runc */
	bool help;
	int failure; /* exit status of a failure */
};

/* Reads the options before the verb; *rest: the verb and what follows. */
static int globals_read(struct hoy *h, size_t argc, const char *const *argv,
			struct option_parse *rest, struct error *err)
{
	int r;

	*rest = (struct option_parse){
		.tables = global_tables,
		.values = &h->globals,
		.in_order = true,
		.arena = &h->arena,
	};
	h->globals.log_level = OUTPUT_WARNING;
	h->globals.manager = MANAGER_UNSAID;
	r = options_parse(rest, argc, argv, err);
	/* Also after a failure: it goes to the log, if that has been named. */
	h->output.log = h->globals.log;
	h->output.format = (enum output_format)h->globals.log_format;
	h->output.level = h->globals.debug ? OUTPUT_DEBUG : levels[h->globals.log_level];
	h->help = rest->help;
	if (r < 0 || h->help || h->globals.version)
		return r;
	return 0;
}

/* Reads the verb and its own options and arguments. */
static int verb_read(struct hoy *h, size_t argc, const char *const *argv, struct error *err)
{
	struct option_parse p = {.arena = &h->arena};
	const struct verb *v;
	size_t taken;
	int r;

	if (!argc) {
		options_hint(NULL, err);
		return error_say(err, EINVAL, "a command is missing");
	}
	v = verb_find(argv, argc, &taken, err);
	if (!v)
		return -EINVAL;
	if (h->as_runc && verb_of_images(v)) {
		options_hint(NULL, err);
		return error_say(err, EINVAL, "unknown command \"%s\"", argv[0]);
	}
	p.verb = v->name;
	p.tables = v->tables;
	p.values = arena_alloc(&h->arena, v->options_size + 1);
	p.in_order = v->in_order;
	if (!h->as_runc)
		p.ends = v->ends;
	r = options_parse(&p, argc - taken, argv + taken, err);
	h->help = p.help;
	h->call = (struct call){
		.verb = v,
		.rt = &h->rt,
		.opt = p.values,
		.args = p.args,
		.args_n = p.args_n,
		.as_runc = h->as_runc,
		.failure = &h->failure,
	};
	memcpy(h->call.seen, p.seen, sizeof(p.seen));
	if (r < 0 || h->help)
		return r;
	if (v->group) {
		options_hint(v->name, err);
		return error_say(err, EINVAL, "\"hoy %s\" needs a command", v->name);
	}
	r = verb_check_args(v, p.args, p.args_n, err);
	if (r == 0 && v->check) {
		r = v->check(&h->call, err);
		if (r < 0)
			error_step(err, "%s", v->name);
	}
	return r;
}

static int runtime_prepare(struct hoy *h, struct error *err)
{
	int r;

	h->rt.warn = &h->warn;
	h->rt.manager = h->globals.manager == MANAGER_UNSAID ? MANAGER_CGROUPFS : h->globals.manager;
	if (h->globals.systemd_cgroup && h->rt.manager == MANAGER_CGROUPFS)
		h->rt.manager = MANAGER_SYSTEMD;
	h->rt.user_session = h->rt.manager == MANAGER_SYSTEMD && session_is_users(&h->globals);
#ifdef HOY_FAULTS
	const char *fail = getenv("HOY_FAIL_OP");
	unsigned long long n;

	if (fail && parse_u64(fail, 0, UINT_MAX, &n) < 0)
		return error_say(err, EINVAL, "HOY_FAIL_OP: must be a number, got \"%s\"",
				 fail);
	if (fail)
		h->rt.fail_op = (unsigned)n;
#endif
	h->rt.root = DEFAULT_ROOT;
	r = data_find(h->globals.data_root, &h->arena, &h->rt.data, err);
	if (r < 0 || h->call.verb->stateless)
		return r;
	return root_find(h->globals.root, &h->arena, &h->rt.root, err);
}

/* Names of containers become their IDs. */
static void resolve(struct hoy *h)
{
	const char **args = arena_alloc(&h->arena, (h->call.args_n + 1) * sizeof(*args));
	size_t i;

	memcpy(args, h->call.args, h->call.args_n * sizeof(*args));
	for (i = 0; i < h->call.args_n && i < h->call.verb->names; i++)
		args[i] = engine_resolve(&h->rt, args[i], &h->arena);
	h->call.args = args;
}

/* Without root, what is about images, or containers of images, goes on where hoy is root. */
static int namespace_enter(struct hoy *h, struct error *err)
{
	const struct verb *v = h->call.verb;
	const char *id = NULL;

	if (!v->rootless || !rootless_is_user() || h->as_runc || !v->rootless(&h->call, &id))
		return 0;
	return rootless_enter(&h->rt, id, h->globals.manager == MANAGER_UNSAID, err);
}

/* Returns the exit status, or a negative errno with err filled. */
static int command(struct hoy *h, size_t argc, const char *const *argv, struct error *err)
{
	struct option_parse rest;
	int r = globals_read(h, argc, argv, &rest, err);

	if (r < 0)
		return r;
	if (h->help)
		return verb_help_all(err);
	if (h->globals.version)
		return version_print(h->as_runc, err);
	r = verb_read(h, rest.args_n, rest.args, err);
	if (r < 0)
		return r;
	if (h->help)
		return verb_help(h->call.verb, err);
	r = runtime_prepare(h, err);
	if (r == 0)
		r = output_open_log(&h->output, err);
	if (r < 0)
		return r;
	output_debug(&h->output, "%s, state in %s", h->call.verb->name, h->rt.root);
	if (h->call.verb->failure)
		h->failure = h->call.verb->failure;
	if (h->call.verb->names && !h->as_runc)
		resolve(h);
	r = namespace_enter(h, err);
	if (r < 0)
		return r;
	return h->call.verb->run(&h->call, err);
}

/* For those who wait: what is there is printed now, and not once more at the end. */
static void warnings_print(struct warnings *w)
{
	struct hoy *h = (struct hoy *)(void *)((char *)w - offsetof(struct hoy, warn));

	output_warnings(&h->output, w);
	text_free(&w->lines);
}

static bool called_runc(const char *program)
{
	const char *slash = strrchr(program, '/');

	return streq(slash ? slash + 1 : program, "runc");
}

int main(int argc, char **argv)
{
	struct hoy h = {.output = OUTPUT_INIT, .failure = 1, .warn.print = warnings_print};
	struct error err = ERROR_INIT;
	int r = inherited_prepare(&h.rt, &err);

	h.as_runc = argc > 0 && called_runc(argv[0]);

	/* execve(2) lets a caller leave out even the name of the program. */
	if (r == 0)
		r = command(&h, argc > 0 ? (size_t)argc - 1 : 0,
			    (const char *const *)argv + (argc > 0), &err);
	if (r < 0)
		output_open_log(&h.output, NULL);
	output_warnings(&h.output, &h.warn);
	if (r < 0) {
		output_error(&h.output, &err);
		r = h.failure;
	}
	output_close(&h.output);
	warn_free(&h.warn);
	arena_free(&h.arena);
	return r;
}

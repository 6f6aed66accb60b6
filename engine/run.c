/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "engine/attach.h"
#include "engine/configure.h"
#include "engine/containers.h"
#include "engine/life.h"
#include "engine/monitor.h"
#include "engine/network.h"
#include "engine/outcome.h"
#include "engine/publish.h"
#include "engine/volume_hold.h"
#include "engine/volumes_from.h"
#include "engine/when.h"

/* ---- A container in the making --------------------------------------------------------------- */

struct making {
	const struct runtime *rt;
	const struct run_options *opt;
	struct arena arena;
	struct source source;
	struct volumes_asked from; /* --volumes-from */
	struct volume_uses uses;
	struct volume_hold hold;
	struct config config;
	struct net_wants wants;
	const char *id, *path, *name;
	bool created; /* its directory is there */
	bool cidfile; /* and the file of --cidfile is ours */
	bool started; /* by a monitor: it is no more ours to take back */
};

static void making_free(struct making *m)
{
	volume_hold_release(&m->hold);
	source_close(&m->source);
	arena_free(&m->arena);
}

static void making_undo(struct making *m)
{
	if (m->started)
		return;
	source_close(&m->source);
	if (m->cidfile)
		unlink(m->opt->cidfile);
	if (m->created)
		containers_remove(m->rt->data, m->id, NULL);
	volume_hold_undo(&m->hold);
}

static int name_check(const struct run_options *opt, struct error *err)
{
	int r = opt->name ? containers_name_check(opt->name, err) : 0;

	if (r < 0)
		error_field(err, "--name");
	return r;
}

/* IDs and names are one space: a verb must not wonder which of two is meant. */
static int making_name(struct making *m, struct error *err)
{
	struct stat st;
	int r;

	if (!m->opt->name)
		return containers_invent_name(m->rt->data, m->id, &m->arena, &m->name, err);
	m->name = m->opt->name;
	if (lstat(arena_join(&m->arena, m->rt->root, "/", m->name, NULL), &st) == 0)
		return error_say(err, EEXIST, "--name: \"%s\" is the ID of a container", m->name);
	r = containers_take_name(m->rt->data, m->name, m->id, err);
	if (r < 0)
		error_field(err, "--name");
	return r;
}

static int making_configure(struct making *m, const struct source *source, bool early,
			    struct config *c, struct error *err)
{
	struct machine machine;
	struct configure in = {
		.opt = m->opt,
		.source = source,
		.machine = &machine,
		.id = m->id,
		.name = m->name,
		.data = m->rt->data,
		.from = &m->from,
		.uses = &m->uses,
		.early = early,
		.systemd = m->rt->manager == MANAGER_SYSTEMD,
		.arena = &m->arena,
	};

	machine_look(m->rt->rootless, &machine);
	/* Who asked for no cgroups gets no limit by default, which would need one. */
	machine.pids &= m->rt->manager != MANAGER_DISABLED;
	return configure(&in, c, err);
}

/* Fetching an image may take long: what is wrong with the options is said before. */
static int making_check(struct making *m, struct error *err)
{
	static const struct image_config none;
	const struct source source = {.rootfs = "rootfs", .root = -1, .image = &none};
	struct config c;

	return m->opt->image ? making_configure(m, &source, true, &c, err) : 0;
}

static int making_cidfile(struct making *m, struct error *err)
{
	const char *file = m->opt->cidfile;
	_cleanup_fd_ int fd = -1;
	int r;

	if (!file)
		return 0;
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0644);
	if (fd < 0)
		return error_set(err, errno, "--cidfile: make %.200s", file);
	m->cidfile = true;
	r = fd_write_all(fd, m->id, strlen(m->id));
	return r < 0 ? error_set(err, -r, "--cidfile: write %.200s", file) : 0;
}

/* Its volumes are there and filled before a config.json says that it is there. */
static int making_volumes(struct making *m, const struct config *c, struct error *err)
{
	int r = m->uses.n ? volume_hold_take(m->rt->data, m->id, &m->uses, &m->arena, &m->hold, err)
			  : 0;

	if (r == 0 && volume_hold_fills(&m->hold, &m->uses))
		r = source_look(&m->source, m->path, &m->arena, err);
	return r < 0 ? r : volume_hold_fill(&m->hold, &m->uses, c, m->source.root, err);
}

static int making_begin(struct making *m, struct error *err)
{
	_cleanup_(text_free) struct text text = TEXT_INIT;
	struct config c;
	int r = volumes_from_read(m->rt, &m->opt->volumes_from, &m->arena, &m->from, err);

	if (r == 0)
		r = making_check(m, err);
	if (r == 0)
		r = containers_create(m->rt->data, m->id, m->rt->root, err);
	if (r < 0)
		return r;
	m->created = true;
	r = making_name(m, err);
	if (r == 0)
		r = source_open(m->rt, m->opt, m->path, &m->arena, &m->source, err);
	if (r == 0)
		r = making_configure(m, &m->source, false, &c, err);
	if (r == 0)
		r = making_volumes(m, &c, err);
	if (r < 0)
		return r;
	if (m->opt->network == RUN_HOST && publish_asked(m->opt))
		warn_add(m->rt->warn,
			 "--publish: nothing to do: with --network host its ports are the host's");
	m->config = c;
	network_read(&c.annotations, &m->arena, &m->wants);
	config_write(&c, &text);
	r = containers_write_config(m->rt->data, m->id, &text, err);
	volume_hold_release(&m->hold);
	return r < 0 ? r : making_cidfile(m, err);
}

/* ---- Its streams ----------------------------------------------------------------------------- */

/* Without --interactive a container reads nothing: nobody's typing goes to it by chance. */
static int stdin_empty(struct error *err)
{
	_cleanup_fd_ int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0)
		return error_set(err, errno, "open /dev/null");
	return 0;
}

/* ---- run ------------------------------------------------------------------------------------- */

/* How it ended, for `ps` and `wait`. What can't be written concerns nobody who waits here. */
static void making_outcome(const struct making *m, const char *started, int status)
{
	_cleanup_fd_ int dir = containers_open(m->rt->data, m->id);
	char finished[WHEN_STAMP_SIZE];
	struct timespec now;
	const struct outcome o = {
		.pid = engine_pid(m->rt, m->id),
		.status = (uint32_t)status,
		.oom = status == 128 + SIGKILL && engine_oom(m->rt, m->id),
		.started = started,
		.finished = finished,
	};

	clock_gettime(CLOCK_REALTIME, &now);
	when_stamp(&now, finished);
	if (dir >= 0)
		outcome_write(dir, &o);
}

static int making_wait(struct making *m, int *status, struct error *err)
{
	struct create_options create = {
		.id = m->id,
		.bundle = m->path,
		.keep = !m->opt->rm,
		.root_mount = m->source.mounted && m->source.root >= 0 ? m->source.root : 0,
	};
	char started[WHEN_STAMP_SIZE];
	struct timespec now;
	int r = m->opt->interactive ? 0 : stdin_empty(err);

	if (r == 0)
		r = network_attach(m->rt, m->id, &m->config, &m->wants, &create.netns,
				   err);
	if (r < 0)
		return r;
	clock_gettime(CLOCK_REALTIME, &now);
	r = container_run(m->rt, &create, status, err);
	if (create.netns) {
		close(create.netns);
		network_release(m->rt->data, m->id);
	}
	if (r < 0 || m->opt->rm)
		return r;
	when_stamp(&now, started);
	making_outcome(m, started, *status);
	return 0;
}

static int making_run(struct making *m, int *status, struct error *err)
{
	const struct attach_options attach = {
		.keys = m->opt->detach_keys,
		.no_input = !m->opt->interactive,
	};

	if (!run_is_monitored(m->opt))
		return making_wait(m, status, err);
	*status = 0;
	/* The monitor mounts the root itself. */
	source_close(&m->source);
	if (m->opt->detach)
		return monitor_start(m->rt, m->id, -1 /* nobody attaches */, err);
	return engine_start_attached(m->rt, m->id, &attach, &m->started, status, err);
}

int engine_run(const struct runtime *rt, const struct run_options *opt, char *id, int *status,
	       struct error *err)
{
	struct making m = {.rt = rt, .opt = opt, .source = SOURCE_INIT};
	int r = containers_new_id(id, err);

	if (r < 0)
		return r;
	if (!*rt->data) {
		error_hint(err, "without root, containers are kept below $XDG_DATA_HOME or "
				"$HOME/.local/share");
		return error_say(err, ENOENT,
				 "--data-root is needed: neither is set to an absolute path");
	}
	m.id = id;
	m.path = containers_path(rt->data, id, &m.arena);
	r = name_check(opt, err);
	if (r == 0)
		r = making_begin(&m, err);
	if (r == 0)
		r = making_run(&m, status, err);
	if (r < 0)
		making_undo(&m);
	else if (opt->rm && !run_is_monitored(opt))
		r = volume_uses_anonymous(&m.uses) ? volume_container_remove(rt->data, id, err)
						   : containers_remove(rt->data, id, err);
	making_free(&m);
	return r;
}

int engine_run_failure(int r, const struct error *err)
{
	if (!starts_with(err->field, "process.args"))
		return RUN_FAILED;
	return r == -ENOENT || r == -ENOTDIR ? RUN_NOT_FOUND : RUN_NOT_EXECUTABLE;
}

/* ---- plan ------------------------------------------------------------------------------------ */

/* The runtime reads config.json from a file; this one has no name. */
static int plan_of(const struct runtime *rt, const char *id, const struct config *c,
		   struct plan *ret, struct error *err)
{
	_cleanup_(text_free) struct text text = TEXT_INIT;
	_cleanup_fd_ int fd = sys_memfd_create("config.json", MFD_CLOEXEC);
	char file[FD_PATH];
	int r;

	config_write(c, &text);
	r = fd < 0 ? -errno : fd_write_all(fd, text.s, text.len);
	if (r < 0)
		return error_set(err, -r, "write config.json to memory");
	fd_path(fd, file);
	return container_plan(rt, &(struct create_options){.id = id, .bundle = "/", .config = file},
			      false, ret, err);
}

int engine_plan(const struct runtime *rt, const struct run_options *opt, struct plan *ret,
		struct error *err)
{
	struct making m = {
		.rt = rt, .opt = opt, .source = SOURCE_INIT, .id = "ID", .name = opt->name};
	struct config c;
	int r = name_check(opt, err);

	if (r == 0)
		r = volumes_from_read(rt, &opt->volumes_from, &m.arena, &m.from, err);
	if (r == 0)
		r = source_open(rt, opt, NULL, &m.arena, &m.source, err);
	if (r == 0)
		r = making_configure(&m, &m.source, false, &c, err);
	if (r == 0)
		r = plan_of(rt, m.id, &c, ret, err);
	making_free(&m);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root file system and what is mounted in it, in this order: an image's layers; what every
 * container has; an init; what options and the image ask for, the outer before the inner
 * (configure_volumes.c). An option's mount takes the place of a default one at the same path.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "engine/configure_parts.h"
#include "engine/names.h"
#include "engine/values.h"

/* In the tmpfs that hoy makes there, so that no file is made in the image. */
#define INIT_PATH "/dev/init"

#define OPTIONS_MAX 8
#define TERMINALS_GID 5 /* of Linux distributions */

struct default_mount {
	const char *destination, *type, *source;
	const char *options[OPTIONS_MAX];
};

static const struct default_mount defaults[] = {
	{"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}},
	{"/dev", "tmpfs", "tmpfs", {"nosuid", "noexec", "strictatime", "mode=755", "size=65536k"}},
	{"/dev/pts",
	 "devpts",
	 "devpts",
	 {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}},
	{"/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777"}},
	{"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}},
	{"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev"}},
	{"/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime"}},
};

/* What a read-only root file system leaves writable, as podman does: programs want them. */
static const struct default_mount writable[] = {
	{"/run", "tmpfs", "tmpfs", {"nosuid", "nodev", "tmpcopyup", "mode=755"}},
	{"/tmp", "tmpfs", "tmpfs", {"nosuid", "nodev", "tmpcopyup", "mode=1777"}},
	{"/var/tmp", "tmpfs", "tmpfs", {"nosuid", "nodev", "tmpcopyup", "mode=1777"}},
};

#define DEFAULT_SHM_SIZE "67108864"

/* With the host's IPC comes its shared memory; its message queues come by themselves, as a mount shows
 * those of the namespace that it is made in. */
static const struct default_mount hosts_shm = {
	"/dev/shm", "bind", "/dev/shm", {"rbind", "rprivate", "nosuid", "noexec", "nodev"}};

/* In a user's namespace the kernel mounts anew only what belongs to it: of the host's network and
 * processes there is but what the host itself has mounted. Message queues need no mount. */
static const struct default_mount
	hosts_sys = {"/sys", "bind", "/sys", {"rbind", "rprivate", "nosuid", "noexec", "nodev", "rro"}},
	hosts_proc = {"/proc", "bind", "/proc", {"rbind", "rprivate", "nosuid", "noexec", "nodev"}};

/* ---- What every container has ---------------------------------------------------------------- */

static bool replaced(const struct volumes_asked *own, const char *destination)
{
	size_t i;

	for (i = 0; i < own->n; i++)
		if (streq(own->v[i].mount.destination, destination))
			return true;
	return false;
}

static bool is_replaced(const void *own, const char *destination)
{
	return replaced(own, destination);
}

bool configure_mounts_default(const char *destination)
{
	size_t i;

	for (i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (streq(defaults[i].destination, destination))
			return true;
	return false;
}

static struct mount *default_add(struct mounts *to, const struct default_mount *d, struct arena *a)
{
	struct mount m = {.destination = d->destination, .type = d->type, .source = d->source};
	size_t i;

	for (i = 0; i < OPTIONS_MAX && d->options[i]; i++)
		LIST_ADD(a, &m.options, d->options[i]);
	LIST_ADD(a, to, m);
	return &to->v[to->n - 1];
}

/* What stands for it where the namespaces are the host's; NULL: nothing does. */
static const struct default_mount *default_choose(const struct run_options *o, const struct machine *m,
						  const struct default_mount *d)
{
	if (o->ipc == RUN_HOST && streq(d->destination, hosts_shm.destination))
		return &hosts_shm;
	if (!m->rootless)
		return d;
	if (o->network == RUN_HOST && streq(d->destination, hosts_sys.destination))
		return &hosts_sys;
	if (o->pid == RUN_HOST && streq(d->destination, hosts_proc.destination))
		return &hosts_proc;
	return o->ipc == RUN_HOST && streq(d->type, "mqueue") ? NULL : d;
}

static int default_mounts(const struct run_options *o, const struct machine *machine,
			  const struct volumes_asked *own, struct mounts *to, struct arena *a,
			  struct error *err)
{
	int64_t *size = NULL;
	size_t i;
	int r = value_size("--shm-size", o->shm_size, false, a, &size, err);

	if (r < 0)
		return r;
	for (i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		const struct default_mount *d = default_choose(o, machine, &defaults[i]);
		struct mount *m;

		if (!d || replaced(own, d->destination))
			continue;
		m = default_add(to, d, a);
		/* The group of terminals is 5; who can map no groups has his own. */
		if (streq(d->type, "devpts") && (!machine->gids || machine->gids > TERMINALS_GID))
			LIST_ADD(a, &m->options, "gid=5");
		if (starts_with(m->destination, "/sys") && !o->privileged)
			LIST_ADD(a, &m->options, "ro");
		if (streq(m->source, "shm"))
			LIST_ADD(a, &m->options,
				 size ? arena_printf(a, "size=%lld", (long long)*size)
				      : "size=" DEFAULT_SHM_SIZE);
	}
	for (i = 0;
	     o->read_only && !o->no_read_only_tmpfs && i < sizeof(writable) / sizeof(writable[0]);
	     i++)
		if (!replaced(own, writable[i].destination))
			default_add(to, &writable[i], a);
	return 0;
}

/* ---- An init --------------------------------------------------------------------------------- */

static const char *init_find(const struct run_options *o, struct error *err)
{
	static const char *const known[] = {"/usr/libexec/podman/catatonit",
					    "/usr/bin/catatonit",
					    "/usr/bin/docker-init",
					    "/usr/libexec/docker/docker-init",
					    "/usr/bin/tini-static",
					    "/usr/bin/tini",
					    "/sbin/tini"};
	struct stat st;
	size_t i;

	if (o->init_path) {
		if (stat(o->init_path, &st) == 0 && S_ISREG(st.st_mode) && o->init_path[0] == '/')
			return o->init_path;
		error_say(err, EINVAL,
			  "--init-path: must be the absolute path of a program, got \"%.200s\"",
			  o->init_path);
		return NULL;
	}
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (stat(known[i], &st) == 0 && S_ISREG(st.st_mode))
			return known[i];
	error_hint(err, "install catatonit or tini, or name another with --init-path");
	error_say(err, ENOENT, "--init: no init was found on this machine");
	return NULL;
}

static int init_add(const struct run_options *o, struct config *c, struct arena *a,
		    struct error *err)
{
	static const char *const options[] = {"bind", "rprivate", "ro", "nosuid", "nodev"};
	struct mount m = {.destination = INIT_PATH, .type = "bind"};
	struct strings args = {0};
	size_t i;

	if (!o->init)
		return 0;
	m.source = init_find(o, err);
	if (!m.source)
		return -ENOENT;
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		LIST_ADD(a, &m.options, options[i]);
	LIST_ADD(a, &c->mounts, m);
	LIST_ADD(a, &args, INIT_PATH);
	LIST_ADD(a, &args, "--");
	for (i = 0; i < c->process->args.n; i++)
		LIST_ADD(a, &args, c->process->args.v[i]);
	c->process->args = args;
	return 0;
}

int configure_mounts(const struct configure *in, struct config *c, struct error *err)
{
	struct volumes_asked own = {0};
	int r = configure_volumes(in, &own, err);

	c->root->path = in->source->rootfs;
	c->root->readonly = in->opt->read_only;
	if (in->source->overlay)
		LIST_ADD(in->arena, &c->mounts, *in->source->overlay);
	if (r == 0)
		r = default_mounts(in->opt, in->machine, &own, &c->mounts, in->arena, err);
	if (r == 0)
		names_mounts(in, is_replaced, &own, &c->mounts);
	if (r == 0)
		r = init_add(in->opt, c, in->arena, err);
	if (r == 0)
		configure_volumes_add(&own, in, c);
	return r;
}

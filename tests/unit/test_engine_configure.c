/* SPDX-License-Identifier: Apache-2.0 */
/* What an image and options become in config.json, on a machine that is always the same. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "engine/configure.h"
#include "base/list.h"
#include "spec/table.h"
#include "tests/unit/helpers.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct machine machine = {
	.caps = 0x1ffffffffff,
	.pids = true,
	.swap = true,
	.arch = "amd64",
	.native = "SCMP_ARCH_X86_64",
	.kernel = {6, 1},
};

struct fixture {
	struct arena a;
	struct temp root;
	struct machine machine;
	struct image_config image;
	struct run_options opt;
	struct config c;
	struct error err;
	const char *command[4];
	struct volume_uses uses;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->root = temp_make();
	f->machine = machine;
	mkdirat(f->root.fd, "etc", 0755);
	file_make(f->root.fd, "etc/passwd", "root:x:0:0::/root:/bin/sh\nsailor:x:1000:1000::/:\n");
	file_make(f->root.fd, "etc/group", "crew:x:50:sailor\n");
	f->command[0] = "sh";
	f->opt.rootfs = "/rootfs";
	f->opt.command = f->command;
	f->opt.command_n = 1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	temp_remove(&f->root);
	arena_free(&f->a);
	free(f);
	return 0;
}

static int make(struct fixture *f)
{
	const struct source source = {.rootfs = "/rootfs", .root = f->root.fd, .image = &f->image};
	const struct configure in = {
		.opt = &f->opt,
		.source = &source,
		.machine = &f->machine,
		.id = ID,
		.name = "boat",
		.data = "/data",
		.uses = &f->uses,
		.arena = &f->a,
	};

	f->err = (struct error)ERROR_INIT;
	f->c = (struct config){0};
	return configure(&in, &f->c, &f->err);
}

/* It works, and the runtime takes what comes out. */
static void works(struct fixture *f)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	const struct config *again;
	struct error err = ERROR_INIT;

	if (make(f) < 0)
		print_message("%s: %s\n", f->err.field, f->err.why);
	assert_int_equal(f->err.code, 0);
	assert_string_equal(f->err.why, "");
	config_write(&f->c, &t);
	if (config_parse(t.s, t.len, "config.json", &f->a, NULL, &again, &err) < 0)
		print_message("%s: %s\n", err.field, err.why);
	assert_string_equal(err.why, "");
}

static void fails(struct fixture *f, const char *words)
{
	char text[2048];

	assert_true(make(f) < 0);
	error_text(&f->err, text, sizeof(text));
	if (!strstr(text, words))
		print_message("%s\nexpected: %s\n", text, words);
	assert_non_null(strstr(text, words));
}

static const char *joined(struct fixture *f, const struct strings *s)
{
	const char *text = "";

	for (size_t i = 0; i < s->n; i++)
		text = arena_join(&f->a, text, i ? " " : "", s->v[i], NULL);
	return text;
}

static struct option_list list(struct fixture *f, const char *first, const char *second)
{
	struct option_list l = {0};

	option_list_add(&l, first, &f->a);
	if (second)
		option_list_add(&l, second, &f->a);
	return l;
}

static struct strings words(struct fixture *f, const char *first, const char *second)
{
	struct strings s = {0};

	LIST_ADD(&f->a, &s, first);
	if (second)
		LIST_ADD(&f->a, &s, second);
	return s;
}

/* ---- The defaults ---------------------------------------------------------------------------- */

static void defaults(void **state)
{
	struct fixture *f = *state;
	const struct process *p;
	const struct linux_config *l;

	works(f);
	p = f->c.process;
	l = f->c.linux_conf;
	assert_string_equal(joined(f, &p->args), "sh");
	assert_string_equal(joined(f, &p->env),
			    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
			    "/bin HOSTNAME=0123456789ab");
	assert_string_equal(p->cwd, "/");
	assert_false(p->terminal);
	assert_true(p->no_new_privileges);
	assert_int_equal(p->rlimits.n, 0);
	assert_null(p->oom_score_adj);
	assert_string_equal(
		joined(f, &p->capabilities->bounding),
		"CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID CAP_KILL CAP_SETGID CAP_SETUID "
		"CAP_SETPCAP CAP_NET_BIND_SERVICE CAP_SYS_CHROOT CAP_SETFCAP");
	assert_int_equal(p->capabilities->inheritable.n, 0);
	assert_int_equal(p->capabilities->ambient.n, 0);
	assert_string_equal(f->c.root->path, "/rootfs");
	assert_false(f->c.root->readonly);
	assert_string_equal(f->c.hostname, "0123456789ab");
	assert_int_equal(f->c.mounts.n, 7);
	assert_int_equal(l->namespaces.n, 6);
	assert_int_equal(l->masked_paths.n, 12);
	assert_int_equal(l->readonly_paths.n, 5);
	assert_non_null(l->seccomp);
	assert_int_equal(l->sysctl.n, 2);
	assert_int_equal(l->devices.n, 0);
	assert_true(l->resources->has_devices);
	assert_int_equal(l->resources->devices.n, 1);
	assert_false(l->resources->devices.v[0].allow);
	assert_int_equal(*l->resources->pids_limit, 2048);
	assert_null(l->resources->memory);
	assert_null(l->resources->cpu);
	assert_null(l->cgroups_path);
	assert_int_equal(f->c.annotations.n, 1);
	assert_string_equal(f->c.annotations.v[0].value, "boat");
}

/* ---- Arguments ------------------------------------------------------------------------------- */

static void arguments(void **state)
{
	struct fixture *f = *state;
	struct strings entrypoint = words(f, "/entry", "-x"), cmd = words(f, "one", "two");

	f->image.config.entrypoint = &entrypoint;
	f->image.config.cmd = &cmd;
	works(f);
	assert_string_equal(joined(f, &f->c.process->args), "/entry -x sh");
	f->opt.command_n = 0;
	works(f);
	assert_string_equal(joined(f, &f->c.process->args), "/entry -x one two");
	f->opt.entrypoint = "/other";
	works(f);
	assert_string_equal(joined(f, &f->c.process->args), "/other");
	f->opt.entrypoint = "[\"/other\", \"a b\"]";
	works(f);
	assert_string_equal(joined(f, &f->c.process->args), "/other a b");
	f->opt.entrypoint = "";
	fails(f, "what the container is to run is missing");
	f->opt.command_n = 1;
	works(f);
	assert_string_equal(joined(f, &f->c.process->args), "sh");
	f->opt.entrypoint = "[\"/other\", 1]";
	fails(f, "--entrypoint: must be");
	f->opt.entrypoint = "[\"/other\"";
	fails(f, "--entrypoint: must be");
	f->opt.entrypoint = NULL;
	f->image.config.entrypoint = NULL;
	f->opt.command_n = 0;
	works(f);
	assert_string_equal(joined(f, &f->c.process->args), "one two");
	f->image.config.cmd = NULL;
	fails(f, "is missing");
	f->command[0] = "";
	f->opt.command_n = 1;
	fails(f, "is empty");
	f->command[0] = "\xff";
	fails(f, "COMMAND: must be UTF-8");
}

/* ---- The environment ------------------------------------------------------------------------- */

static void environment(void **state)
{
	struct fixture *f = *state;
	const char *file = arena_join(&f->a, f->root.path, "/env", NULL);

	f->image.config.env = words(f, "PATH=/bin", "A=image");
	works(f);
	assert_string_equal(joined(f, &f->c.process->env),
			    "PATH=/bin HOSTNAME=0123456789ab A=image");

	file_make(f->root.fd, "env",
		  "# no\n\n  A=file\nB=x y\r\nHOY_TEST_CALLERS\nHOY_TEST_ABSENT\nC=\nlast=1");
	setenv("HOY_TEST_CALLERS", "mine", 1);
	unsetenv("HOY_TEST_ABSENT");
	f->opt.env_files = list(f, file, NULL);
	f->opt.env = list(f, "C=option", "D=a=b");
	f->opt.tty = true;
	works(f);
	assert_string_equal(joined(f, &f->c.process->env),
			    "PATH=/bin HOSTNAME=0123456789ab TERM=xterm A=file B=x y "
			    "HOY_TEST_CALLERS=mine C=option last=1 D=a=b");
	/* A name that the caller doesn't have takes the variable away. */
	f->opt.env_files.n = 0;
	unsetenv("A");
	f->opt.env = list(f, "A", "HOSTNAME");
	unsetenv("HOSTNAME");
	works(f);
	assert_string_equal(joined(f, &f->c.process->env), "PATH=/bin TERM=xterm");
	f->opt.env = list(f, "=x", NULL);
	fails(f, "--env: must be NAME=VALUE");
	f->opt.env = list(f, "", NULL);
	fails(f, "--env: must be NAME=VALUE");
	f->opt.env = list(f, "X=\xc3", NULL);
	fails(f, "--env: must be UTF-8");
	f->opt.env.n = 0;
	file_make(f->root.fd, "env", "a b=c\n");
	f->opt.env_files = list(f, file, NULL);
	fails(f, "a name must not have blanks");
	f->opt.env_files = list(f, "/nothing/there", NULL);
	fails(f, "--env-file /nothing/there: no such file");
	f->opt.env_files.n = 0;
	f->image.config.env = words(f, "NOVALUE", NULL);
	fails(f, "the image's Env[0]");
}

/* ---- Identity -------------------------------------------------------------------------------- */

static void identity(void **state)
{
	struct fixture *f = *state;

	f->image.config.user = "sailor";
	f->image.config.working_dir = "work";
	works(f);
	assert_int_equal(f->c.process->user.uid, 1000);
	assert_int_equal(f->c.process->user.additional_gids.n, 2);
	assert_string_equal(f->c.process->cwd, "/work");
	f->opt.user = "5:6";
	f->opt.workdir = "/elsewhere";
	f->opt.cap_add = list(f, "net_admin", NULL);
	works(f);
	assert_int_equal(f->c.process->user.uid, 5);
	assert_int_equal(f->c.process->user.gid, 6);
	assert_string_equal(f->c.process->cwd, "/elsewhere");
	/* What another user than root was given by name stays when the program is executed. */
	assert_string_equal(joined(f, &f->c.process->capabilities->ambient), "CAP_NET_ADMIN");
	f->opt.user = "nobody";
	fails(f, "--user: there is no user \"nobody\"");
	f->opt.user = NULL;
	f->image.config.user = "ghost";
	fails(f, "the image's User: there is no user \"ghost\"");
	f->image.config.user = NULL;
	f->opt.workdir = "relative";
	fails(f, "--workdir: must be an absolute path");
}

static void capabilities(void **state)
{
	struct fixture *f = *state;

	f->opt.cap_drop = list(f, "ALL", NULL);
	works(f);
	assert_int_equal(f->c.process->capabilities->bounding.n, 0);
	f->opt.cap_add = list(f, "CAP_CHOWN,kill", NULL);
	works(f);
	assert_string_equal(joined(f, &f->c.process->capabilities->bounding), "CAP_CHOWN CAP_KILL");
	f->opt.cap_drop = list(f, "SYS_ADMIN", NULL);
	f->opt.cap_add = list(f, "all", NULL);
	works(f);
	assert_int_equal(f->c.process->capabilities->bounding.n, 40);
	f->opt.cap_drop = list(f, "chown", NULL);
	f->opt.cap_add = list(f, "chown", NULL);
	fails(f, "--cap-add: \"CAP_CHOWN\" is in --cap-drop as well");
	f->opt.cap_drop = list(f, "ALL", NULL);
	f->opt.cap_add = list(f, "ALL", NULL);
	fails(f, "--cap-add: \"ALL\" is in --cap-drop as well");
	f->opt.cap_add = list(f, "FLY", NULL);
	fails(f, "--cap-add: no such capability is known: \"FLY\"");
	f->opt.cap_add = list(f, "", NULL);
	fails(f, "--cap-add: no such capability");
}

/* ---- Limits ---------------------------------------------------------------------------------- */

static void limits(void **state)
{
	struct fixture *f = *state;
	const struct resources *res;

	f->opt.memory = "64M";
	f->opt.cpus = "0.5";
	f->opt.cpu_weight = "300";
	f->opt.pids_limit = "-1";
	f->opt.cgroup_parent = "/boats";
	f->opt.cgroup_conf = list(f, "memory.high=32M", NULL);
	f->opt.ulimits = list(f, "nofile=10:20", "core=-1");
	f->opt.oom_score_adj = "500";
	works(f);
	res = f->c.linux_conf->resources;
	assert_int_equal(*res->memory->limit, 64 << 20);
	assert_int_equal(*res->memory->swap, 128 << 20);
	assert_int_equal(*res->cpu->quota, 50000);
	assert_int_equal(*res->cpu->period, 100000);
	assert_null(res->pids_limit);
	assert_int_equal(res->unified.n, 2);
	assert_string_equal(f->c.linux_conf->cgroups_path, "/boats/hoy-" ID);
	assert_int_equal(f->c.process->rlimits.n, 2);
	assert_string_equal(f->c.process->rlimits.v[0].type, "RLIMIT_NOFILE");
	assert_int_equal(f->c.process->rlimits.v[0].soft, 10);
	assert_int_equal(f->c.process->rlimits.v[0].hard, 20);
	assert_true(f->c.process->rlimits.v[1].hard == UINT64_MAX);
	assert_int_equal(*f->c.process->oom_score_adj, 500);
	f->opt.memory_swap = "-1";
	works(f);
	assert_int_equal(*f->c.linux_conf->resources->memory->swap, -1);
	f->opt.memory_swap = "32M";
	fails(f, "--memory-swap: is memory and swap together");
}

static void limits_wrong(void **state)
{
	struct fixture *f = *state;
	static const struct {
		size_t offset;
		const char *text, *words;
	} rows[] = {
#define ROW(m, text, words) {offsetof(struct run_options, m), text, words}
		ROW(memory, "x", "--memory: must be a size like 64M"),
		ROW(memory, "0", "--memory: must be a size"),
		ROW(memory, "64Q", "--memory: must be a size"),
		ROW(memory, "-2", "--memory: must be a size"),
		ROW(memory, "", "--memory: must be a size"),
		ROW(memory_reservation, "-1", "--memory-reservation: must be a size"),
		ROW(cpus, "0", "--cpus: must be at least 0.01"),
		ROW(cpus, "-1", "--cpus: must be a number"),
		ROW(cpus, "1.0000001", "--cpus: must be a number"),
		ROW(cpus, ".", "--cpus: must be a number"),
		ROW(cpus, "", "--cpus: must be a number"),
		ROW(cpus, "1e3", "--cpus: must be a number"),
		ROW(cpu_weight, "0", "--cpu-weight: must be a number from 1 to 10000"),
		ROW(cpu_shares, "1", "--cpu-shares: must be a number from 2"),
		ROW(cpu_period, "1", "--cpu-period: must be"),
		ROW(pids_limit, "many", "--pids-limit: must be a number"),
		ROW(pids_limit, "-2", "--pids-limit: must be a number"),
		ROW(blkio_weight, "5", "--blkio-weight: must be a number from 10"),
		ROW(cgroup_parent, "boats", "--cgroup-parent: must be an absolute path"),
		ROW(oom_score_adj, "1001", "--oom-score-adj: must be a number"),
		ROW(shm_size, "0", "--shm-size: must be a size"),
		ROW(stop_signal, "SIGNONE", "--stop-signal: must be a signal"),
#undef ROW
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		const char **member = (const char **)(void *)((char *)&f->opt + rows[i].offset);

		*member = rows[i].text;
		fails(f, rows[i].words);
		*member = NULL;
	}
	works(f);
}

static void lists_wrong(void **state)
{
	struct fixture *f = *state;
	static const struct {
		size_t offset;
		const char *text, *words;
	} rows[] = {
#define ROW(m, text, words) {offsetof(struct run_options, m), text, words}
		ROW(ulimits, "nofile", "--ulimit: must be KEY=VALUE"),
		ROW(ulimits, "nofile=x", "--ulimit: must be NAME=SOFT"),
		ROW(ulimits, "nofile=2:1", "--ulimit: nofile: the soft limit"),
		ROW(ulimits, "boats=2", "--ulimit: there is no limit \"boats\""),
		ROW(sysctls, "net.core.somaxconn", "--sysctl: must be KEY=VALUE"),
		ROW(annotations, "bare", "--annotation: must be KEY=VALUE"),
		ROW(labels, "=x", "--label: must be KEY=VALUE"),
		ROW(security, "colour=red", "--security-opt: unknown word \"colour\""),
		ROW(security, "seccomp=", "--security-opt: \"seccomp\" needs a value"),
		ROW(security, "seccomp=/nothing", "--security-opt seccomp: read /nothing"),
		ROW(security, "apparmor=docker-default", "AppArmor is not supported"),
		ROW(security, "label=type:x", "SELinux is not supported"),
		ROW(security, "no-new-privileges=maybe", "must be true or false"),
		ROW(security, "mask=relative", "must be an absolute path"),
		ROW(security, "systempaths=none", "--security-opt: unknown word"),
		ROW(devices, "null", "--device: must be HOST"),
		ROW(devices, "/dev/null:x", "--device: must be HOST"),
		ROW(devices, "/dev/none", "--device: /dev/none"),
		ROW(devices, "/tmp", "--device: /tmp is no device"),
		ROW(devices, "/dev/null:/dev/a:rwx", "--device: must be HOST"),
		ROW(groups, "none", "--group-add: there is no group"),
#undef ROW
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct option_list *member = (void *)((char *)&f->opt + rows[i].offset);

		*member = list(f, rows[i].text, NULL);
		fails(f, rows[i].words);
		member->n = 0;
	}
	works(f);
}

/* ---- Mounts, devices, security --------------------------------------------------------------- */

static const struct mount *mount_at(const struct fixture *f, const char *destination)
{
	for (size_t i = 0; i < f->c.mounts.n; i++)
		if (streq(f->c.mounts.v[i].destination, destination))
			return &f->c.mounts.v[i];
	return NULL;
}

static void mounts(void **state)
{
	struct fixture *f = *state;

	f->opt.volumes = list(f, "/tmp:/data/inner/most", "/tmp:/data");
	f->opt.tmpfs = list(f, "/dev/shm:size=1m", "/data/inner");
	f->opt.shm_size = "1G";
	works(f);
	assert_int_equal(f->c.mounts.n, 6 + 4);
	assert_string_equal(f->c.mounts.v[6].destination, "/data");
	assert_string_equal(f->c.mounts.v[9].destination, "/data/inner/most");
	assert_string_equal(joined(f, &mount_at(f, "/dev/shm")->options),
			    "nosuid nodev noexec size=1048576");
	f->opt.mounts = list(f, "type=tmpfs,target=/data/", NULL);
	fails(f, "--mount: /data is mounted twice");
	f->opt.volumes.n = f->opt.tmpfs.n = f->opt.mounts.n = 0;
	works(f);
	assert_string_equal(joined(f, &mount_at(f, "/dev/shm")->options),
			    "nosuid noexec nodev mode=1777 size=1073741824");
	f->opt.shm_size = NULL;
	f->opt.read_only = true;
	works(f);
	assert_true(f->c.root->readonly);
	assert_non_null(mount_at(f, "/var/tmp"));
	f->opt.no_read_only_tmpfs = true;
	works(f);
	assert_null(mount_at(f, "/var/tmp"));
	f->opt.init = true;
	f->opt.init_path = "/bin/sh";
	works(f);
	assert_string_equal(joined(f, &f->c.process->args), "/dev/init -- sh");
	assert_string_equal(mount_at(f, "/dev/init")->source, "/bin/sh");
	f->opt.init_path = "/nothing";
	fails(f, "--init-path: must be");
}

/* "kind name source destination", of the use k. */
static const char *use_at(struct fixture *f, size_t k)
{
	const struct volume_use *u = &f->uses.v[k];
	const struct mount *m = &f->c.mounts.v[u->mount];

	assert_true(k < f->uses.n && u->mount < f->c.mounts.n);
	return arena_printf(&f->a, "%d %s %s %s", (int)u->kind, u->name, m->source, m->destination);
}

#define STEM "0123456789abcdef0123456789abcdef0123456789abcdef01234567"

static void image_has(struct fixture *f, const char *volume)
{
	struct image_name n = {volume};

	LIST_ADD(&f->a, &f->image.config.volumes, n);
}

static void volumes(void **state)
{
	struct fixture *f = *state;
	struct volume_uses again;

	f->opt.volumes = list(f, "data:/srv", "/tmp:/host");
	image_has(f, "/deep/er");
	image_has(f, "/log/");
	image_has(f, "/log");
	image_has(f, "/srv/./");
	image_has(f, "/sys/fs/cgroup");
	image_has(f, "/dev/shm");
	works(f);
	assert_int_equal(f->uses.n, 4);
	assert_string_equal(use_at(f, 0), "2 data /data/volumes/data/_data /srv");
	assert_string_equal(use_at(f, 1), "1  /tmp /host");
	assert_string_equal(use_at(f, 2), "3 " STEM "89abcdf0 /data/volumes/" STEM "89abcdf0/_data /log");
	assert_string_equal(use_at(f, 3), "3 " STEM "89abcdf1 /data/volumes/" STEM "89abcdf1/_data /deep/er");
	assert_string_equal(mount_at(f, "/sys/fs/cgroup")->type, "cgroup");
	/* And back. */
	volume_uses_read(&f->c, &f->a, &again);
	assert_int_equal(again.n, 4);
	assert_int_equal(again.v[3].mount, f->uses.v[3].mount);
	assert_int_equal(again.v[3].kind, VOLUME_ANONYMOUS);
	assert_string_equal(again.v[3].name, STEM "89abcdf1");
	assert_true(volume_uses_anonymous(&again));
	f->opt.image_volume = IMAGE_VOLUME_TMPFS;
	works(f);
	assert_int_equal(f->uses.n, 2);
	assert_string_equal(mount_at(f, "/log")->type, "tmpfs");
	f->opt.image_volume = IMAGE_VOLUME_IGNORE;
	works(f);
	assert_null(mount_at(f, "/log"));
	/* What every container has is no hindrance for an option. */
	f->opt.volumes = list(f, "data:/dev/shm", NULL);
	works(f);
	assert_string_equal(use_at(f, 0), "2 data /data/volumes/data/_data /dev/shm");
}

static void image_volumes_wrong(void **state)
{
	static const char *const wrong[] = {
		"/../../canary", "/a/..", "relative", "/", "/.", "/a\nb", "/a\x7f", "/proc/self",
		"/sys/kernel", "/dev/null",
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < ROWS(wrong); i++) {
		f->image.config.volumes.n = 0;
		image_has(f, wrong[i]);
		fails(f, "the image's volume: must be");
		f->opt.image_volume = IMAGE_VOLUME_IGNORE;
		works(f);
		f->opt.image_volume = IMAGE_VOLUME_ANONYMOUS;
	}
	f->image.config.volumes.n = 0;
	for (i = 0; i < 257; i++)
		image_has(f, "/same");
	fails(f, "the image has 257 volumes");
}

/* Only what hoy has written is taken, and of that only what fits. */
static void volume_annotations(void **state)
{
	static const struct string_pair label = {"dev.hoy.volumes", "0:anonymous:data"};
	static const struct {
		const char *text;
		size_t n;
	} rows[] = {
		{"0:named:data", 1},
		{"0:named:data 1:host: 2:anonymous:x", 3},
		{"99:named:data", 0},
		{"-1:named:data", 0},
		{"0:named:../x", 0},
		{"0:named:", 0},
		{"0::data", 0},
		{"0:none:data 0:named:data", 1},
		{"", 0},
		{"0:named:a:b", 0},
	};
	struct fixture *f = *state;
	struct volume_uses uses;
	size_t i;

	LIST_ADD(&f->a, &f->image.config.labels, label);
	works(f);
	volume_uses_read(&f->c, &f->a, &uses);
	assert_int_equal(uses.n, 0);
	f->opt.labels = list(f, "dev.hoy.volumes=0:anonymous:data", NULL);
	fails(f, "are hoy's own");
	f->opt.labels.n = 0;
	works(f);
	for (i = 0; i < ROWS(rows); i++) {
		struct string_pair pair = {label.key, rows[i].text};
		struct string_map map = {1, &pair};

		f->c.annotations = map;
		volume_uses_read(&f->c, &f->a, &uses);
		assert_int_equal(uses.n, rows[i].n);
	}
}

static void devices(void **state)
{
	struct fixture *f = *state;
	const struct linux_config *l;

	f->opt.devices = list(f, "/dev/null:/dev/void:r", "/dev/zero");
	works(f);
	l = f->c.linux_conf;
	assert_int_equal(l->devices.n, 2);
	assert_string_equal(l->devices.v[0].path, "/dev/void");
	assert_int_equal(*l->devices.v[0].major, 1);
	assert_int_equal(*l->devices.v[0].minor, 3);
	assert_int_equal(l->resources->devices.n, 3);
	assert_string_equal(l->resources->devices.v[1].access, "r");
	assert_string_equal(l->resources->devices.v[2].access, "rwm");
	f->opt.privileged = true;
	works(f);
	l = f->c.linux_conf;
	assert_true(l->resources->devices.v[0].allow);
	assert_null(l->seccomp);
	assert_int_equal(l->masked_paths.n, 0);
	assert_int_equal(f->c.process->capabilities->bounding.n, 41);
	assert_false(f->c.process->no_new_privileges);
}

static void security(void **state)
{
	struct fixture *f = *state;

	f->opt.security = list(f, "no-new-privileges=false", "seccomp=unconfined");
	works(f);
	assert_false(f->c.process->no_new_privileges);
	assert_null(f->c.linux_conf->seccomp);
	f->opt.security = list(f, "mask=/a:/b", "unmask=/proc/kcore:/proc/sys");
	works(f);
	assert_int_equal(f->c.linux_conf->masked_paths.n, 12 + 2 - 1);
	assert_int_equal(f->c.linux_conf->readonly_paths.n, 4);
	f->opt.security = list(f, "unmask=ALL", "label=disable");
	works(f);
	assert_int_equal(f->c.linux_conf->masked_paths.n, 0);
	assert_int_equal(f->c.linux_conf->readonly_paths.n, 0);
	assert_non_null(f->c.linux_conf->seccomp);
}

/* ---- Namespaces and annotations -------------------------------------------------------------- */

static void namespaces(void **state)
{
	struct fixture *f = *state;

	f->opt.network = f->opt.pid = f->opt.ipc = f->opt.uts = RUN_HOST;
	works(f);
	assert_int_equal(f->c.linux_conf->namespaces.n, 2);
	assert_null(f->c.hostname);
	assert_int_equal(f->c.linux_conf->sysctl.n, 0);
	assert_string_equal(mount_at(f, "/dev/shm")->type, "bind");
	f->opt.network = f->opt.uts = RUN_PRIVATE;
	f->opt.hostname = "boat";
	f->opt.sysctls = list(f, "net.ipv4.ping_group_range=1 0", NULL);
	works(f);
	assert_string_equal(f->c.hostname, "boat");
	assert_int_equal(f->c.linux_conf->sysctl.n, 2);
	assert_string_equal(f->c.linux_conf->sysctl.v[0].value, "1 0");
}

/* In a user's namespace: what the kernel doesn't let him mount or set. */
static void rootless(void **state)
{
	struct fixture *f = *state;

	works(f);
	assert_non_null(strstr(joined(f, &mount_at(f, "/dev/pts")->options), "gid=5"));
	assert_string_equal(f->c.linux_conf->sysctl.v[1].value, "0 2147483647");
	f->machine.rootless = true;
	f->machine.gids = 65537;
	works(f);
	assert_non_null(strstr(joined(f, &mount_at(f, "/dev/pts")->options), "gid=5"));
	assert_string_equal(f->c.linux_conf->sysctl.v[1].value, "0 65536");
	assert_int_equal(f->c.process->user.additional_gids.n, 1);
	assert_string_equal(mount_at(f, "/sys")->type, "sysfs");
	assert_string_equal(mount_at(f, "/proc")->type, "proc");
	/* He has mapped himself alone. */
	f->machine.gids = 1;
	works(f);
	assert_null(strstr(joined(f, &mount_at(f, "/dev/pts")->options), "gid="));
	assert_string_equal(f->c.linux_conf->sysctl.v[1].value, "0 0");
	assert_int_equal(f->c.process->user.additional_gids.n, 0);
	f->opt.network = f->opt.pid = f->opt.ipc = RUN_HOST;
	works(f);
	assert_string_equal(mount_at(f, "/sys")->type, "bind");
	assert_non_null(strstr(joined(f, &mount_at(f, "/sys")->options), "rro"));
	assert_string_equal(mount_at(f, "/proc")->type, "bind");
	assert_null(mount_at(f, "/dev/mqueue"));
}

static const char *annotation(const struct fixture *f, const char *key)
{
	for (size_t i = 0; i < f->c.annotations.n; i++)
		if (streq(f->c.annotations.v[i].key, key))
			return f->c.annotations.v[i].value;
	return NULL;
}

static void annotations(void **state)
{
	struct fixture *f = *state;
	struct image_name ports[] = {{"80/tcp"}, {"53/udp"}};
	struct string_pair labels[] = {{"org.opencontainers.image.os", "plan9"}, {"a", "image"}};

	f->image.os = "linux";
	f->image.architecture = "amd64";
	f->image.config.stop_signal = "SIGQUIT";
	f->image.config.exposed_ports.n = 2;
	f->image.config.exposed_ports.v = ports;
	f->image.config.labels.n = 2;
	f->image.config.labels.v = labels;
	works(f);
	assert_string_equal(annotation(f, "org.opencontainers.image.os"), "plan9");
	assert_string_equal(annotation(f, "org.opencontainers.image.architecture"), "amd64");
	assert_string_equal(annotation(f, "org.opencontainers.image.stopSignal"), "SIGQUIT");
	assert_string_equal(annotation(f, "org.opencontainers.image.exposedPorts"),
			    "80/tcp,53/udp");
	assert_string_equal(annotation(f, "a"), "image");
	assert_null(annotation(f, "org.opencontainers.image.author"));
	f->opt.labels = list(f, "a=label", "bare");
	f->opt.annotations = list(f, "c=d", NULL);
	f->opt.stop_signal = "TERM";
	works(f);
	assert_string_equal(annotation(f, "a"), "label");
	assert_string_equal(annotation(f, "bare"), "");
	assert_string_equal(annotation(f, "dev.hoy.name"), "boat");
	assert_string_equal(annotation(f, "org.opencontainers.image.stopSignal"), "TERM");
	/* What chooses logs and restarts is no label's to say: the image's is dropped, a person is told. */
	labels[0] = (struct string_pair){"dev.hoy.log", "none"};
	works(f);
	assert_null(annotation(f, "dev.hoy.log"));
	f->opt.annotations = list(f, "dev.hoy.name=other", NULL);
	fails(f, "--annotation: \"dev.hoy.name\": keys with dev.hoy. are hoy's own");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(defaults),	    TEST(arguments), TEST(environment),	 TEST(identity),
		TEST(capabilities), TEST(limits),    TEST(limits_wrong), TEST(lists_wrong),
		TEST(mounts),	    TEST(devices),   TEST(security),	 TEST(namespaces),
		TEST(rootless),
		TEST(annotations),  TEST(volumes),   TEST(image_volumes_wrong), TEST(volume_annotations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

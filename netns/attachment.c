/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/attachment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/data.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/process.h"
#include "spec/table.h"

#define FILE_MAX (1u << 20)
#define SUFFIX	 ".json"
#define BOOT_ID	 "/proc/sys/kernel/random/boot_id"

static const struct field fields[] = {
	FIELD_STRING(struct attachment, id, "id", .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD_STRING(struct attachment, root, "root"),
	FIELD_STRING(struct attachment, name, "name"),
	FIELD_STRING(struct attachment, boot, "boot", .flags = FIELD_REQUIRED),
	FIELD_I64(struct attachment, pid, "pid"),
	FIELD_U64(struct attachment, start, "start"),
	FIELD_STRING(struct attachment, interface, "interface"),
	FIELD_STRING(struct attachment, host_interface, "hostInterface", .flags = FIELD_REQUIRED),
	FIELD_STRING(struct attachment, hosts, "hosts"),
	FIELD_STRING(struct attachment, mac, "mac"),
	FIELD_STRINGS(struct attachment, aliases, "aliases"),
	FIELD_LIST(struct attachment, ports, "ports", net_port_table),
	FIELD_STRINGS(struct attachment, allow, "allow"),
	FIELD_STRING(struct attachment, bridge_mac, "bridgeMac"),
};
static const struct table table = TABLE(fields);

/* ---- Names ----------------------------------------------------------------------------------- */

int attachment_open(const char *data, const char *network, struct error *err)
{
	_cleanup_fd_ int all = data_open(data, LEASES_DIR, true);
	int fd = all < 0 ? all : data_dir_open(all, network, true);

	return fd < 0 ? error_set(err, -fd, "open %s/" LEASES_DIR "/%s", data, network) : fd;
}

void attachment_remove_directory(const char *data, const char *network)
{
	_cleanup_fd_ int dir = data_open(data, LEASES_DIR, false);

	if (dir >= 0)
		tree_remove_at(dir, network);
}

/* FNV-1a. */
static uint64_t hash(uint64_t h, const char *s)
{
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return h * UINT64_C(0x100000001b3);
}

void attachment_interface(const char *id, const char *network, char buf[IF_NAMESIZE])
{
	uint64_t h = hash(hash(UINT64_C(0xcbf29ce484222325), id), network);

	snprintf(buf, IF_NAMESIZE, "hv%012llx", (unsigned long long)(h >> 16 ^ (h & 0xffff)));
}

static const char *boot_id(struct arena *a)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;

	if (file_read_at(AT_FDCWD, BOOT_ID, 256, &t) < 0)
		return "";
	return arena_memdup(a, t.s, strcspn(t.s, "\n"));
}

void attachment_by_parent(struct attachment *at, struct arena *a)
{
	_cleanup_fd_ int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	at->boot = boot_id(a);
	at->pid = getppid();
	if (process_start_time(proc, (pid_t)at->pid, &at->start, NULL) < 0)
		at->start = 0;
}

/* ---- Files ----------------------------------------------------------------------------------- */

static void file_name(const char *id, char buf[NAME_MAX + 1])
{
	snprintf(buf, NAME_MAX + 1, "%.*s" SUFFIX, (int)(NAME_MAX - strlen(SUFFIX)), id);
}

int attachment_write(int dir, const struct attachment *at, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	char name[NAME_MAX + 1];
	int r;

	file_name(at->id, name);
	table_write(&table, at, false, &t);
	r = file_replace_at(dir, name, t.s, t.len, 0600);
	return r < 0 ? error_set(err, -r, "write %s", name) : 0;
}

int attachment_read(int dir, const char *id, struct arena *a, struct attachment *ret)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	struct attachment at = {0};
	const struct json *root;
	char name[NAME_MAX + 1];

	file_name(id, name);
	if (file_read_at(dir, name, FILE_MAX, &t) < 0 ||
	    json_parse(t.s ? t.s : "", t.len, a, &root, NULL) < 0 ||
	    table_read(&table, root, &at, a, NULL) < 0 || !streq(at.id, id))
		return -ENOENT;
	*ret = at;
	return 0;
}

bool attachment_has(int dir, const char *id)
{
	char name[NAME_MAX + 1];

	file_name(id, name);
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void attachment_remove(int dir, const char *id)
{
	char name[NAME_MAX + 1];

	file_name(id, name);
	unlinkat(dir, name, 0);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct attachment *)a)->id, ((const struct attachment *)b)->id);
}

void attachment_list(int dir, struct arena *a, struct attachments *ret)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct attachments all = {0};
	struct attachment at;
	struct dirent *e;

	while (d && (e = readdir(d))) {
		size_t n = strlen(e->d_name), suffix = strlen(SUFFIX);

		if (n > suffix && streq(e->d_name + n - suffix, SUFFIX) &&
		    attachment_read(dir, arena_memdup(a, e->d_name, n - suffix), a, &at) == 0)
			LIST_ADD(a, &all, at);
	}
	if (d)
		closedir(d);
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), by_id);
	*ret = all;
}

/* ---- Life ------------------------------------------------------------------------------------ */

static bool attaching(const struct attachment *at)
{
	_cleanup_fd_ int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t start;
	bool zombie;

	return at->pid > 0 && process_start_time(proc, (pid_t)at->pid, &start, &zombie) == 0 &&
	       !zombie && start == at->start;
}

bool attachment_alive(const struct attachment *at)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;

	if (!streq(at->boot, boot_id(&a)))
		return false;
	return if_nametoindex(at->host_interface) != 0 || attaching(at);
}

bool attachment_owner_alive(void *arg, const char *owner)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct attachment at;

	return attachment_read(*(const int *)arg, owner, &a, &at) == 0 && attachment_alive(&at);
}

void attachment_drop(int dir, const char *id)
{
	lease_release(dir, id);
	attachment_remove(dir, id);
}

struct addresses {
	const char *id;
	struct arena *a;
	struct strings *ret;
};

static int address_add(void *arg, const char *address, const char *owner)
{
	const struct addresses *t = arg;

	if (streq(owner, t->id))
		LIST_ADD(t->a, t->ret, arena_strdup(t->a, address));
	return 0;
}

static int by_address(const void *a, const void *b)
{
	struct ip x, y;

	if (ip_parse(*(const char *const *)a, false, &x) < 0 ||
	    ip_parse(*(const char *const *)b, false, &y) < 0)
		return 0;
	return ip_compare(&x, &y);
}

void attachment_addresses(int dir, const char *id, struct arena *a, struct strings *ret)
{
	struct addresses t = {id, a, ret};

	*ret = (struct strings){0};
	lease_list(dir, address_add, &t);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_address);
}

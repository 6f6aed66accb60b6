/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/port_holder.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/containers.h"
#include "engine/monitor.h"
#include "engine/settings.h"

#define LISTENS 0x0a /* state of a socket (tcp_states.h) */

/* ---- The socket ------------------------------------------------------------------------------ */

/* The kernel writes words of 32 bits as numbers of this machine. */
static bool address_read(const char *hex, int family, struct ip *ret)
{
	size_t words = family == AF_INET ? 1 : 4, i;
	unsigned long value;
	char word[9];
	uint32_t v;

	*ret = (struct ip){.family = family};
	if (strlen(hex) != 8 * words)
		return false;
	for (i = 0; i < words; i++) {
		memcpy(word, hex + 8 * i, 8);
		word[8] = 0;
		value = strtoul(word, NULL, 16);
		v = (uint32_t)value;
		memcpy(ret->bytes + 4 * i, &v, sizeof(v));
	}
	return true;
}

static bool is_any(const struct ip *a)
{
	const struct ip any = {.family = a->family};

	return ip_compare(a, &any) == 0;
}

static bool is_in_the_way(const struct ip *has, const struct ip *at)
{
	struct ip v4 = {.family = AF_INET};

	if (has->family == at->family)
		return is_any(has) || is_any(at) || ip_compare(has, at) == 0;
	/* A socket of IPv6 may be one of IPv4 too; never the other way round. */
	if (has->family == AF_INET)
		return false;
	if (!IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)has->bytes))
		return is_any(has);
	memcpy(v4.bytes, has->bytes + 12, 4);
	return is_any(at) || ip_compare(&v4, at) == 0;
}

bool port_holder_line(const char *line, int family, int protocol, const struct ip *at,
		      uint16_t port, unsigned long *inode)
{
	unsigned has_port, state;
	char hex[33];
	struct ip has;

	return sscanf(line, " %*d: %32[0-9A-Fa-f]:%4x %*s %2x %*s %*s %*s %*s %*s %lu", hex,
		      &has_port, &state, inode) == 4 &&
	       has_port == port && (protocol != IPPROTO_TCP || state == LISTENS) &&
	       address_read(hex, family, &has) && is_in_the_way(&has, at);
}

/* Its number, 0: there is none in this file. */
static unsigned long look(const char *path, int family, int protocol, const struct ip *at,
			  uint16_t port)
{
	FILE *f = fopen(path, "re");
	unsigned long inode, found = 0;
	char line[512];

	while (f && !found && fgets(line, sizeof(line), f))
		if (port_holder_line(line, family, protocol, at, port, &inode))
			found = inode;
	if (f)
		fclose(f);
	return found;
}

static unsigned long socket_find(int protocol, const struct ip *at, uint16_t port)
{
	bool tcp = protocol == IPPROTO_TCP;
	unsigned long inode = 0;

	if (at->family == AF_INET)
		inode = look(tcp ? "/proc/net/tcp" : "/proc/net/udp", AF_INET, protocol, at, port);
	return inode ? inode
		     : look(tcp ? "/proc/net/tcp6" : "/proc/net/udp6", AF_INET6, protocol, at,
			    port);
}

/* ---- The process ----------------------------------------------------------------------------- */

static bool has_socket(int proc, const char *pid, const char *socket)
{
	char path[300], link[64];
	struct dirent *e;
	bool found = false;
	ssize_t n;
	DIR *d;
	int fd;

	snprintf(path, sizeof(path), "%s/fd", pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		fd_close(fd);
	while (d && !found && (e = readdir(d))) {
		n = readlinkat(dirfd(d), e->d_name, link, sizeof(link) - 1);
		if (n > 0) {
			link[n] = 0;
			found = streq(link, socket);
		}
	}
	if (d)
		closedir(d);
	return found;
}

/* 0: nobody of whom we may know. */
static pid_t process_find(unsigned long inode)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	char socket[64];
	pid_t pid = 0;

	snprintf(socket, sizeof(socket), "socket:[%lu]", inode);
	while (d && !pid && (e = readdir(d)))
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9' &&
		    has_socket(dirfd(d), e->d_name, socket))
			pid = (pid_t)strtol(e->d_name, NULL, 10);
	if (d)
		closedir(d);
	return pid;
}

/* ---- Words ----------------------------------------------------------------------------------- */

/* The name of the container whose monitor it is; else its ID's beginning. False: it is none. */
static bool container_name(const char *data, pid_t pid, char *buf)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct strings ids = containers_list(data, NULL, &a);
	struct settings s = {0};
	const struct config *c;
	size_t i;

	for (i = 0; i < ids.n; i++) {
		_cleanup_fd_ int dir = containers_open(data, ids.v[i]);

		if (dir < 0 || monitor_pid(dir) != pid)
			continue;
		if (containers_read_config(data, ids.v[i], &a, &c, NULL) == 0)
			settings_read(&c->annotations, &s);
		snprintf(buf, PORT_HOLDER_MAX, "container \"%.100s\"",
			 s.name ? s.name : arena_memdup(&a, ids.v[i], strnlen(ids.v[i], 12)));
		return true;
	}
	return false;
}

void port_holder(const char *data, int protocol, const struct ip *at, uint16_t port,
		 char buf[PORT_HOLDER_MAX])
{
	_cleanup_(text_free) struct text comm = TEXT_INIT;
	unsigned long inode = socket_find(protocol, at, port);
	pid_t pid = inode ? process_find(inode) : 0;
	char path[64];

	*buf = 0;
	if (!pid || container_name(data, pid, buf))
		return;
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	if (file_read_at(AT_FDCWD, path, 64, &comm) < 0 || !comm.len)
		snprintf(buf, PORT_HOLDER_MAX, "process %d", (int)pid);
	else
		snprintf(buf, PORT_HOLDER_MAX, "process %d (%.*s)", (int)pid,
			 (int)strcspn(comm.s, "\n"), comm.s);
}

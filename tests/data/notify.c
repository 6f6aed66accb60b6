/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify TEXT…: one message of lines to $NOTIFY_SOCKET, as sd_notify(3) sends it.
 * notify --barrier: waits until all messages have been taken (sd_notify_barrier(3)); 1 if they
 * are not within ten seconds.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int barrier(int sock)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = "BARRIER=1", .iov_len = 9};
	struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);
	struct pollfd p = {0};
	int fds[2];

	if (pipe(fds) < 0)
		return 1;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fds[1], sizeof(int));
	if (sendmsg(sock, &h, 0) < 0)
		return 1;
	close(fds[1]);
	p.fd = fds[0];
	return poll(&p, 1, 10000) != 1;
}

int main(int argc, char **argv)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, SOCK_DGRAM, 0), i;
	char text[8192] = "";

	if (!path) {
		fprintf(stderr, "no NOTIFY_SOCKET\n");
		return 1;
	}
	strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
	if (connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		perror(path);
		return 1;
	}
	if (argc == 2 && strcmp(argv[1], "--barrier") == 0)
		return barrier(sock);
	for (i = 1; i < argc; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i > 1 ? "\n" : "",
			 argv[i]);
	if (send(sock, text, strlen(text), 0) < 0) {
		perror("send");
		return 1;
	}
	return 0;
}

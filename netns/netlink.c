/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM	     (64 * 1024) /* bytes of a batch */
#define REQUEST_MAX  4096	 /* bytes that the attributes of one may take */
#define REQUESTS_MAX 64
#define WHAT_MAX     160

struct wanted {
	char what[WHAT_MAX];
	int forgiven; /* errno; 0: none */
	bool answered;
};

struct netlink {
	struct mnl_socket *socket;
	unsigned portid, seq; /* seq: of the first request of the batch */
	size_t n, used;
	struct nlmsghdr *last;
	bool full;
	struct wanted wanted[REQUESTS_MAX];
	char room[ROOM] __attribute__((aligned(8)));
	char answer[ROOM] __attribute__((aligned(8)));
};

int netlink_open(int bus, struct netlink **ret, struct error *err)
{
	struct netlink *n = calloc(1, sizeof(*n));
	int one = 1;

	if (!n)
		return error_set(err, ENOMEM, "open a netlink socket");
	n->socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (!n->socket || mnl_socket_bind(n->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		int r = error_set(err, errno, "open a netlink socket");

		netlink_close(n);
		return r;
	}
	/* The kernel's words, and answers without the request in them: both since Linux 4.12. */
	mnl_socket_setsockopt(n->socket, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(n->socket, NETLINK_CAP_ACK, &one, sizeof(one));
	n->portid = mnl_socket_get_portid(n->socket);
	n->seq = 1;
	*ret = n;
	return 0;
}

void netlink_close(struct netlink *n)
{
	if (!n)
		return;
	if (n->socket)
		mnl_socket_close(n->socket);
	free(n);
}

/* ---- Asking ---------------------------------------------------------------------------------- */

/* The attributes of the last are complete when the next comes, or when all is sent. */
static void last_end(struct netlink *n)
{
	if (n->last)
		n->used += MNL_ALIGN(n->last->nlmsg_len);
	n->last = NULL;
}

struct nlmsghdr *netlink_add(struct netlink *n, int type, int flags, const char *what, ...)
{
	struct wanted *w;
	va_list args;

	last_end(n);
	if (n->n == REQUESTS_MAX || n->used + REQUEST_MAX > ROOM) {
		n->full = true;
		n->n = 0;
		n->used = 0;
	}
	w = &n->wanted[n->n];
	*w = (struct wanted){.forgiven = 0};
	va_start(args, what);
	vsnprintf(w->what, sizeof(w->what), what, args);
	va_end(args);
	n->last = mnl_nlmsg_put_header(n->room + n->used);
	n->last->nlmsg_type = (uint16_t)type;
	n->last->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	n->last->nlmsg_seq = n->seq + (unsigned)n->n++;
	return n->last;
}

void netlink_forgive(struct netlink *n, int code)
{
	n->wanted[n->n - 1].forgiven = code;
}

static void batch_clear(struct netlink *n)
{
	n->seq += (unsigned)n->n;
	n->n = n->used = 0;
	n->last = NULL;
	n->full = false;
	/* 0 is the kernel's own. */
	if (n->seq > UINT32_MAX / 2)
		n->seq = 1;
}

/* ---- Hearing --------------------------------------------------------------------------------- */

/* The text that stands behind an answer (NLMSGERR_ATTR_MSG); NULL: none. */
static const char *answer_text(const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
	size_t skip = sizeof(*e);
	const struct nlattr *attr;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		skip += mnl_nlmsg_get_payload_len(&e->msg);
	if (skip > mnl_nlmsg_get_payload_len(h))
		return NULL;
	mnl_attr_for_each(attr, h, skip) if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
					     mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >=
						     0) return mnl_attr_get_str(attr);
	return NULL;
}

static int answer_error(const struct netlink *n, const struct nlmsghdr *h, struct error *err)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
	const struct wanted *w = &n->wanted[h->nlmsg_seq - n->seq];
	const char *text = answer_text(h);

	if (!e->error || -e->error == w->forgiven)
		return 0;
	if (text && *text)
		error_hint(err, "the kernel says: %s", text);
	return error_set(err, -e->error, "%s", w->what);
}

static bool is_ours(const struct netlink *n, const struct nlmsghdr *h)
{
	return h->nlmsg_pid == n->portid && h->nlmsg_seq - n->seq < n->n;
}

/* Receives once. Bytes, or -errno with err. */
static ssize_t answer_receive(struct netlink *n, struct error *err)
{
	ssize_t len;

	do
		len = mnl_socket_recvfrom(n->socket, n->answer, sizeof(n->answer));
	while (len < 0 && errno == EINTR);
	return len < 0 ? error_set(err, errno, "%s", n->wanted[0].what) : len;
}

static int batch_send(struct netlink *n, struct error *err)
{
	last_end(n);
	if (n->full)
		return error_say(err, E2BIG, "%s: too many requests at once", n->wanted[0].what);
	if (mnl_socket_sendto(n->socket, n->room, n->used) < 0)
		return error_set(err, errno, "%s", n->wanted[0].what);
	return 0;
}

/* All of one receipt. *left: how many requests still wait; *failed: the first failure. */
static void answers_read(struct netlink *n, ssize_t got, size_t *left, int *failed,
			 struct error *err)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)n->answer;
	int len = (int)got, r;

	for (; mnl_nlmsg_ok(h, len); h = mnl_nlmsg_next(h, &len)) {
		struct wanted *w;

		if (!is_ours(n, h) || h->nlmsg_type != NLMSG_ERROR)
			continue;
		w = &n->wanted[h->nlmsg_seq - n->seq];
		*left -= !w->answered;
		w->answered = true;
		r = answer_error(n, h, *failed ? NULL : err);
		if (!*failed)
			*failed = r;
	}
}

static void acks_want(struct netlink *n)
{
	size_t at = 0;

	while (at < n->used) {
		struct nlmsghdr *h = (struct nlmsghdr *)(void *)(n->room + at);

		h->nlmsg_flags |= NLM_F_ACK;
		at += MNL_ALIGN(h->nlmsg_len);
	}
}

int netlink_send(struct netlink *n, struct error *err)
{
	size_t left = n->n;
	int r, failed = 0;
	ssize_t got;

	if (!n->n)
		return 0;
	last_end(n);
	acks_want(n);
	r = batch_send(n, err);
	while (r == 0 && left) {
		got = answer_receive(n, err);
		if (got < 0)
			r = (int)got;
		else
			answers_read(n, got, &left, &failed, err);
	}
	batch_clear(n);
	return r < 0 ? r : failed;
}

/* Whether more is to come. 1, 0 at the end, or -errno with err. */
static int parts_read(struct netlink *n, ssize_t got, netlink_each *each, void *arg,
		      struct error *err)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)n->answer;
	int len = (int)got, r;

	for (; mnl_nlmsg_ok(h, len); h = mnl_nlmsg_next(h, &len)) {
		if (!is_ours(n, h))
			continue;
		if (h->nlmsg_type == NLMSG_ERROR)
			return answer_error(n, h, err);
		if (h->nlmsg_type == NLMSG_DONE)
			return 0;
		r = each(arg, h, err);
		if (r < 0)
			return r;
		if (!(h->nlmsg_flags & NLM_F_MULTI))
			return 0;
	}
	return 1;
}

int netlink_ask(struct netlink *n, netlink_each *each, void *arg, struct error *err)
{
	ssize_t got;
	int r;

	last_end(n);
	r = batch_send(n, err);
	if (r == 0)
		r = 1;
	while (r > 0) {
		got = answer_receive(n, err);
		r = got < 0 ? (int)got : parts_read(n, got, each, arg, err);
	}
	batch_clear(n);
	return r;
}

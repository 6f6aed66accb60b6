/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/transaction.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define WHAT_MAX   160
#define ANSWER_MAX (64 * 1024)
#define ENDS_ROOM  64	/* of the message that begins a batch, and of the one that ends it */
#define ANSWER_ONE 1024 /* what the kernel accounts for one answer */
#define TRIES_MAX  8

struct message {
	size_t at; /* in room */
	char what[WHAT_MAX];
	int kind;
	int forgiven; /* errno; 0: none */
	size_t group; /* so many are left out with it */
	int answer;   /* errno; 0: none */
	bool left_out;
};

struct transaction {
	struct mnl_socket *socket;
	unsigned portid, seq; /* seq: of the message that begins the last batch */
	size_t n, most;
	struct message *messages;
	size_t used, size;
	char *room;
	struct nlmsghdr *last; /* still being written */
	bool failed;	       /* memory was short */
	char answer[ANSWER_MAX] __attribute__((aligned(8)));
};

int transaction_open(struct transaction **ret, struct error *err)
{
	struct transaction *t = calloc(1, sizeof(*t));
	int one = 1;

	if (!t)
		return error_set(err, ENOMEM, "open a netlink socket");
	t->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!t->socket || mnl_socket_bind(t->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		int r = error_set(err, errno, "open a netlink socket");

		transaction_close(t);
		return r;
	}
	/* Answers without the request in them, since Linux 4.3. */
	mnl_socket_setsockopt(t->socket, NETLINK_CAP_ACK, &one, sizeof(one));
	t->portid = mnl_socket_get_portid(t->socket);
	t->seq = 1;
	*ret = t;
	return 0;
}

static void clear(struct transaction *t)
{
	t->n = t->used = 0;
	t->last = NULL;
	t->failed = false;
}

void transaction_close(struct transaction *t)
{
	if (!t)
		return;
	if (t->socket)
		mnl_socket_close(t->socket);
	free(t->messages);
	free(t->room);
	free(t);
}

/* ---- Adding ---------------------------------------------------------------------------------- */

/* The attributes of the last are complete when the next comes, or when all is sent. */
static void last_end(struct transaction *t)
{
	if (t->last)
		t->used += MNL_ALIGN(t->last->nlmsg_len);
	t->last = NULL;
}

/* Room for one more; where there is none, the first is overwritten, and nothing will be sent. */
static void room_make(struct transaction *t)
{
	size_t size = t->size ? t->size : 8 * TRANSACTION_MESSAGE_MAX,
	       most = t->most ? t->most : 16;
	struct message *messages;
	char *room;

	while (size - t->used < TRANSACTION_MESSAGE_MAX)
		size *= 2;
	while (most <= t->n)
		most *= 2;
	room = size == t->size ? t->room : realloc(t->room, size);
	if (room) {
		t->room = room;
		t->size = size;
	}
	messages = most == t->most ? t->messages : realloc(t->messages, most * sizeof(*messages));
	if (messages) {
		t->messages = messages;
		t->most = most;
	}
	if (room && messages)
		return;
	if (!t->room || !t->messages)
		abort(); /* not even the first few, as base/text.c has it */
	t->n = t->used = 0;
	t->failed = true;
}

static struct nlmsghdr *message_put(char *at, int type, int family, int flags, uint16_t resource)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(at);
	struct nfgenmsg *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	h->nlmsg_type = (uint16_t)type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	g->nfgen_family = (uint8_t)family;
	g->version = NFNETLINK_V0;
	g->res_id = htons(resource);
	return h;
}

struct nlmsghdr *transaction_add(struct transaction *t, int type, int family, int flags,
				 const char *what, ...)
{
	struct message *m;
	va_list args;

	last_end(t);
	room_make(t);
	m = &t->messages[t->n++];
	*m = (struct message){.at = t->used, .group = 1};
	va_start(args, what);
	vsnprintf(m->what, sizeof(m->what), what, args);
	va_end(args);
	t->last =
		message_put(t->room + t->used, NFNL_SUBSYS_NFTABLES << 8 | type, family, flags, 0);
	return t->last;
}

void transaction_mark(struct transaction *t, int kind)
{
	t->messages[t->n - 1].kind = kind;
}

void transaction_forgive(struct transaction *t, int code, size_t n)
{
	struct message *m = &t->messages[t->n - n];

	m->forgiven = code;
	m->group = n;
}

/* ---- Sending --------------------------------------------------------------------------------- */

/* Puts numbers on them, and what begins and ends a batch around them: message i has the number
 * seq + 1 + i. The number of the last, or 0: there is none. */
static unsigned batch_iov(struct transaction *t, char ends[2][ENDS_ROOM], struct iovec *iov,
			  size_t *n)
{
	unsigned last = 0;
	size_t i, k = 0;
	struct nlmsghdr *h =
		message_put(ends[0], NFNL_MSG_BATCH_BEGIN, AF_UNSPEC, 0, NFNL_SUBSYS_NFTABLES);

	h->nlmsg_seq = t->seq;
	iov[k++] = (struct iovec){h, h->nlmsg_len};
	for (i = 0; i < t->n; i++) {
		if (t->messages[i].left_out)
			continue;
		h = (struct nlmsghdr *)(void *)(t->room + t->messages[i].at);
		h->nlmsg_seq = last = t->seq + 1 + (unsigned)i;
		h->nlmsg_flags &= (uint16_t)~NLM_F_ACK;
		/* One piece with the last, where it stands right behind it. */
		if (k > 1 && (char *)iov[k - 1].iov_base + iov[k - 1].iov_len == (char *)h)
			iov[k - 1].iov_len += MNL_ALIGN(h->nlmsg_len);
		else
			iov[k++] = (struct iovec){h, MNL_ALIGN(h->nlmsg_len)};
	}
	/* Of those that succeed the last one says so, behind all that failed. */
	if (last)
		h->nlmsg_flags |= NLM_F_ACK;
	h = message_put(ends[1], NFNL_MSG_BATCH_END, AF_UNSPEC, 0, NFNL_SUBSYS_NFTABLES);
	h->nlmsg_seq = t->seq + 1 + (unsigned)t->n;
	iov[k++] = (struct iovec){h, h->nlmsg_len};
	*n = k;
	return last;
}

/* A large batch is still one datagram, and every message of it may have an answer. */
static void buffers_size(struct transaction *t)
{
	int fd = mnl_socket_get_fd(t->socket), out = (int)t->used + 4096,
	    in = (int)t->n * ANSWER_ONE;

	if (t->used < 64 * 1024)
		return;
	/* The first needs CAP_NET_ADMIN of the first user namespace. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &out, sizeof(out)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &out, sizeof(out));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &in, sizeof(in)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &in, sizeof(in));
}

static int batch_send(struct transaction *t, unsigned *last, struct error *err)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	/* Forgiven groups lie between pieces: one more piece for each of them. */
	char ends[2][ENDS_ROOM] __attribute__((aligned(8)));
	struct iovec *iov = calloc(t->n + 2, sizeof(*iov));
	struct msghdr m = {.msg_name = &kernel, .msg_namelen = sizeof(kernel), .msg_iov = iov};
	int r = 0;

	if (!iov)
		return error_set(err, ENOMEM, "change the firewall");
	buffers_size(t);
	*last = batch_iov(t, ends, iov, &m.msg_iovlen);
	if (*last && sendmsg(mnl_socket_get_fd(t->socket), &m, 0) < 0)
		r = error_set(err, errno, "change the firewall");
	free(iov);
	return r;
}

/* An answer to the whole batch stands at its beginning. */
static int answer_take(struct transaction *t, const struct nlmsghdr *h, unsigned last,
		       bool *answered)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
	unsigned i = h->nlmsg_seq - t->seq;

	if (h->nlmsg_type != NLMSG_ERROR || h->nlmsg_pid != t->portid || i > t->n)
		return 0;
	if (i == 0)
		return e->error;
	*answered |= h->nlmsg_seq == last;
	if (!t->messages[i - 1].answer)
		t->messages[i - 1].answer = -e->error;
	return 0;
}

/* All answers are there when sendmsg returns. 0 or -errno: of the batch as a whole. */
static int answers_take(struct transaction *t, unsigned last)
{
	int fd = mnl_socket_get_fd(t->socket), whole = 0, left;
	bool answered = false, lost = false;
	struct nlmsghdr *h;
	ssize_t got;

	for (;;) {
		got = recv(fd, t->answer, sizeof(t->answer), MSG_DONTWAIT);
		if (got < 0 && errno == EINTR)
			continue;
		/* There were too many: those that are there come next. */
		if (got < 0 && errno == ENOBUFS && !lost) {
			lost = true;
			continue;
		}
		if (got <= 0)
			break;
		left = (int)got;
		h = (struct nlmsghdr *)(void *)t->answer;
		for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
			int r = answer_take(t, h, last, &answered);

			if (!whole)
				whole = r;
		}
	}
	return whole || answered || lost ? whole : -EIO;
}

/* Leaves out what may fail and did. 1: the rest is to be sent; 0: all succeeded; or -errno with err. */
static int answers_judge(struct transaction *t, int *kind, struct error *err)
{
	bool again = false;
	size_t i, k;

	for (i = 0; i < t->n; i++) {
		struct message *m = &t->messages[i];

		if (m->left_out || !m->answer)
			continue;
		if (m->answer != m->forgiven) {
			if (kind)
				*kind = m->kind;
			return error_set(err, m->answer, "%s", m->what);
		}
		again = true;
		for (k = 0; k < m->group; k++)
			m[k].left_out = true;
	}
	for (i = 0; i < t->n; i++)
		t->messages[i].answer = 0;
	return again;
}

int transaction_send(struct transaction *t, int *kind, struct error *err)
{
	unsigned last = 0, tries = 0;
	int r;

	last_end(t);
	if (kind)
		*kind = 0;
	if (t->failed)
		r = error_set(err, ENOMEM, "change the firewall");
	else
		r = 1;
	while (r > 0 && tries++ < TRIES_MAX) {
		r = batch_send(t, &last, err);
		if (r < 0 || !last)
			break;
		r = answers_take(t, last);
		r = r < 0 ? error_set(err, -r, "change the firewall") : answers_judge(t, kind, err);
		/* The numbers of one batch are never those of another. */
		t->seq += (unsigned)t->n + 2;
		if (t->seq > UINT32_MAX / 2)
			t->seq = 1;
	}
	clear(t);
	return r > 0 ? error_set(err, EAGAIN, "change the firewall") : r;
}

int transaction_has_set(struct transaction *t, int family, const char *table, const char *set,
			struct error *err)
{
	char buf[512] __attribute__((aligned(8)));
	struct nlmsghdr *h =
		message_put(buf, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSET, family, 0, 0);
	const struct nlmsgerr *e;
	ssize_t got;

	h->nlmsg_seq = t->seq++;
	mnl_attr_put_strz(h, NFTA_SET_TABLE, table);
	mnl_attr_put_strz(h, NFTA_SET_NAME, set);
	if (mnl_socket_sendto(t->socket, h, h->nlmsg_len) < 0)
		return error_set(err, errno, "look for the firewall's rules");
	do
		got = recv(mnl_socket_get_fd(t->socket), t->answer, sizeof(t->answer), 0);
	while (got < 0 && errno == EINTR);
	if (got < (ssize_t)sizeof(*h))
		return error_set(err, got < 0 ? errno : EIO, "look for the firewall's rules");
	h = (struct nlmsghdr *)(void *)t->answer;
	if (h->nlmsg_type != NLMSG_ERROR)
		return 1;
	e = mnl_nlmsg_get_payload(h);
	if (e->error == -ENOENT)
		return 0;
	return error_set(err, -e->error, "look for the firewall's rules");
}

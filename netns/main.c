/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-net: the program in libexec that makes networks. hoy executes it with a request (request.h) when a
 * container has one; libmnl and what else it needs for that starting a container doesn't pay for.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/helper.h"
#include "netns/tool_verbs.h"
#include "spec/answer.h"

static const struct {
	const char *name;
	int (*run)(struct net_job *j, struct error *err);
} verbs[] = {
	{"attach", verb_attach}, {"create", verb_create},   {"detach", verb_detach},
	{"prune", verb_prune},	 {"release", verb_release}, {"reload", verb_reload},
	{"rm", verb_rm},	 {"rules", verb_rules},
};

static int verb_call(struct net_job *j, struct error *err)
{
	size_t i;
	int r;

	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (!streq(verbs[i].name, j->request->verb))
			continue;
		r = netlink_open(NETLINK_ROUTE, &j->host, err);
		if (r == 0)
			r = verbs[i].run(j, err);
		netlink_close(j->host);
		protect_close(&j->protect);
		return r;
	}
	return error_say(err, EINVAL, "unknown request \"%.100s\"", j->request->verb);
}

static int run(struct net_job *j, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	struct net_request request = {0};
	int r = fd_read_all(HELPER_REQUEST, NET_REQUEST_MAX, &t);

	close(HELPER_REQUEST);
	if (r < 0)
		return error_set(err, -r, "read the request");
	r = net_request_read(&t, j->arena, &request, err);
	j->request = &request;
	if (r == 0)
		r = verb_call(j, err);
	j->request = NULL;
	if (fflush(stdout) != 0 && r == 0)
		r = error_set(err, errno, "write to standard output");
	return r;
}

int main(int argc, char **argv)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text answer = TEXT_INIT;
	struct warnings warn = WARNINGS_INIT;
	struct net_job j = {
		.arena = &a, .warn = &warn, .protect = PROTECT_INIT, .given = -1, .made = -1};
	struct error err = ERROR_INIT;
	int r;

	(void)argv;
	if (argc != 1 || !helper_is_ours()) {
		fprintf(stderr,
			"hoy-net: this is a part of hoy, which executes it when it is needed\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	if (fcntl(HELPER_GIVEN, F_GETFD) >= 0)
		j.given = HELPER_GIVEN;
	r = run(&j, &err);
	answer_add_warnings(&warn, &answer);
	warn_free(&warn);
	if (r < 0)
		answer_add_error(&err, &answer);
	else
		answer_add_result(&net_result_table, &j.result, &answer);
	/* Nobody may be there any more. */
	if (helper_answer(&answer, r < 0 ? -1 : j.made) < 0)
		r = -EPIPE;
	fd_close(j.made);
	return r < 0 ? EXIT_FAILURE : 0;
}

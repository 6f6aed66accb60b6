/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-image: the program in libexec that touches registries and archives. hoy executes it with a
 * request (request.h); it executes hoy-unpack for each layer, which does that in a box (layer_unpack.h).
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/helper.h"
#include "image/interrupt.h"
#include "image/tool_verbs.h"
#include "spec/answer.h"

static const struct {
	const char *name;
	int (*run)(const struct job_context *c, struct error *err);
} verbs[] = {
	{"commit", verb_commit},
	{"fsck", verb_fsck},
	{"import", verb_import},
	{"load", verb_load},
#ifdef HAVE_CURL
	{"pull", verb_pull},
	{"push", verb_push},
#endif
	{"save", verb_save},
	{"tar-in", verb_tar_in},
	{"tar-out", verb_tar_out},
};

static int run(struct arena *a, struct warnings *warn, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	struct request request = {0};
	struct job_context c = {.request = &request, .arena = a, .warn = warn};
	size_t i;
	int r = fd_read_all(HELPER_REQUEST, REQUEST_MAX, &t);

	close(HELPER_REQUEST);
	if (r < 0)
		return error_set(err, -r, "read the request");
	r = request_read(&t, a, &request, err);
	if (r < 0)
		return r;
	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (streq(verbs[i].name, request.verb))
			return verbs[i].run(&c, err);
#ifndef HAVE_CURL
	if (streq(request.verb, "pull") || streq(request.verb, "push"))
		return error_say(err, ENOSYS, "hoy-image was built without registries (libcurl)");
#endif
	return error_say(err, EINVAL, "unknown request \"%.100s\"", request.verb);
}

/* What the verb has printed. r: what came of it. */
static int output_finish(int r, struct error *err)
{
	while (fflush(stdout) != 0)
		if (errno != EINTR)
			return r < 0 ? r : error_set(err, errno, "write to standard output");
	return r;
}

int main(int argc, char **argv)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct text answer = TEXT_INIT;
	struct warnings warn = WARNINGS_INIT;
	struct error err = ERROR_INIT;
	int r;

	(void)argv;
	if (argc != 1 || !helper_is_ours()) {
		fprintf(stderr,
			"hoy-image: this is a part of hoy, which executes it when it is needed\n");
		return 2;
	}
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* credentials are in its memory */
	signal(SIGPIPE, SIG_IGN);
	interrupt_catch();
	r = output_finish(run(&a, &warn, &err), &err);
	answer_add_warnings(&warn, &answer);
	if (r < 0)
		answer_add_error(&err, &answer);
	/* Nobody may be there any more. */
	if (helper_answer(&answer, -1) < 0)
		r = -EPIPE;
	/* libarchive doesn't free all that it has for an archive that was given up. */
	if (r < 0)
		_exit(EXIT_FAILURE);
	warn_free(&warn);
	text_free(&answer);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "image/fsck.h"

#include <errno.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "image/collect.h"
#include "image/stack.h"
#include "image/tool_verbs.h"

/* ---- What is said ---------------------------------------------------------------------------- */

/* By the way of errors, which makes the control characters of a damaged name harmless. */
__attribute__((format(printf, 2, 0))) static void line_print(const char *object, const char *fmt,
							     va_list ap)
{
	struct error e = ERROR_INIT;
	char line[sizeof(e)];

	vsnprintf(e.why, sizeof(e.why), fmt, ap);
	error_doc(&e, object);
	puts(error_text(&e, line, sizeof(line)));
}

void fsck_found(struct fsck *f, const char *object, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line_print(object, fmt, ap);
	va_end(ap);
	f->found++;
}

void fsck_done(const char *object, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line_print(object, fmt, ap);
	va_end(ap);
}

void fsck_left(struct fsck *f, const char *object, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line_print(object, fmt, ap);
	va_end(ap);
	f->left++;
}

/* ---- What is known --------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

void fsck_bad(struct fsck *f, const char *name)
{
	tsearch(arena_strdup(f->arena, name), &f->bad, by_text);
}

void fsck_good(struct fsck *f, const char *name)
{
	tdelete(name, &f->bad, by_text);
}

bool fsck_is_bad(const struct fsck *f, const char *name)
{
	return tfind(name, &f->bad, by_text) != NULL;
}

bool fsck_has(const struct fsck *f, const char *name)
{
	return !fsck_is_bad(f, name) && store_has(&f->store, name);
}

struct layer_user {
	struct fsck *fsck;
	const char *layer, *id;
};

static int user_find(void *arg, const char *id, const char *stack)
{
	struct layer_user *u = arg;
	struct digest config = {.algorithm = DIGEST_SHA256};
	struct stack s;
	size_t i;

	/* A name that is too long is cut, and then there is no such stack. */
	snprintf(config.hex, sizeof(config.hex), "%s", stack);
	if (stack_read(&u->fsck->store, &config, u->fsck->arena, &s, NULL) < 0)
		return 0;
	for (i = 0; i < s.layers.n; i++)
		if (streq(s.layers.v[i], u->layer)) {
			u->id = arena_strdup(u->fsck->arena, id);
			return 1;
		}
	return 0;
}

const char *fsck_layer_user(struct fsck *f, const char *layer)
{
	struct layer_user u = {.fsck = f, .layer = layer};

	collect_containers(&f->store, user_find, &u, NULL);
	return u.id;
}

/* ---- All ------------------------------------------------------------------------------------- */

static int garbage_collect(struct fsck *f, struct error *err)
{
	struct collected c = {0};
	int r = collect(&f->store, &c, err);

	if (r == 0 && (c.blobs || c.layers))
		fsck_done("garbage", "removed %u blobs and %u layers that nothing names", c.blobs,
			  c.layers);
	return r;
}

static int store_check(struct fsck *f, struct error *err)
{
	int r = fsck_blobs(f, err);

	if (r == 0)
		r = fsck_layers(f, err);
	if (r == 0)
		r = fsck_images(f, err);
	if (r == 0 && f->repair)
		r = fsck_containers(f, err);
	/* What isn't understood must not be taken for garbage. */
	if (r == 0 && f->repair && !f->left)
		r = garbage_collect(f, err);
	return r;
}

static void nothing(void *p)
{
	(void)p;
}

static int verdict(const struct fsck *f, struct error *err)
{
	if (!f->found || (f->repair && !f->left))
		return 0;
	if (f->repair)
		return error_say(err, EUCLEAN, "%u of %u findings are not repaired", f->left,
				 f->found);
	error_hint(err, "\"hoy fsck --repair\" repairs what can be repaired");
	return error_say(err, EUCLEAN, "%u finding%s", f->found, f->found > 1 ? "s" : "");
}

int verb_fsck(const struct job_context *c, struct error *err)
{
	struct fsck f = {.store = STORE_INIT, .arena = c->arena, .repair = c->request->repair};
	int r = store_open(c->request->store, false, STORE_EXCLUSIVE, &f.store, err);

	/* No store at all is a sound one. */
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = store_check(&f, err);
	if (r == 0)
		r = verdict(&f, err);
	tdestroy(f.bad, nothing);
	store_close(&f.store);
	if (r < 0)
		error_step(err, "check the image store %s", c->request->store);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "image/progress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/number.h"

#define REDRAW_MS    100
#define BAR_MAX	     40
#define DIGEST_SHOWN 19 /* "sha256:" and twelve digits */
#define MIB	     (1024.0 * 1024.0)

struct progress {
	pthread_mutex_t lock;
	const struct progress_words *words;
	const char *name;
	bool quiet, terminal, drawn;
	uint64_t bytes, total;
	size_t layers, done;
	int64_t drawn_at;
};

struct progress *progress_new(const struct progress_words *words, const char *name, bool quiet)
{
	struct progress *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	pthread_mutex_init(&p->lock, NULL);
	p->words = words;
	p->name = name;
	p->quiet = quiet;
	p->terminal = isatty(STDERR_FILENO);
	return p;
}

static unsigned columns(void)
{
	struct winsize w;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col ? w.ws_col : 80;
}

static void bar_draw(struct progress *p)
{
	unsigned width = columns(),
		 bar = width > 60 + BAR_MAX ? BAR_MAX
		       : width > 70	    ? width - 60
					    : 0,
		 full, i;
	char text[BAR_MAX + 1];

	full = p->total ? (unsigned)((double)bar * (double)p->bytes / (double)p->total) : bar;
	for (i = 0; i < bar; i++)
		text[i] = i < full ? '=' : i == full ? '>' : ' ';
	text[bar] = 0;
	fprintf(stderr, "\r\033[K%s%s%s%.1f/%.1f MiB, %zu/%zu %ss", bar ? "[" : "", text,
		bar ? "] " : "", (double)p->bytes / MIB, (double)p->total / MIB, p->done,
		p->layers, p->words->thing);
	p->drawn = true;
	p->drawn_at = now_ms();
}

void progress_begin(struct progress *p, size_t n, uint64_t bytes)
{
	p->layers = n;
	p->total = bytes;
	if (!p->quiet && !p->terminal)
		fprintf(stderr, "%s %s: %zu %s%s, %.1f MiB\n", p->words->doing, p->name, n,
			p->words->thing, n == 1 ? "" : "s", (double)bytes / MIB);
}

void progress_bytes(struct progress *p, uint64_t bytes)
{
	if (p->quiet)
		return;
	pthread_mutex_lock(&p->lock);
	p->bytes += bytes;
	if (p->terminal && now_ms() - p->drawn_at >= REDRAW_MS)
		bar_draw(p);
	pthread_mutex_unlock(&p->lock);
}

void progress_done(struct progress *p, const char *digest, const char *how)
{
	if (p->quiet)
		return;
	pthread_mutex_lock(&p->lock);
	p->done++;
	if (p->terminal)
		bar_draw(p);
	else
		fprintf(stderr, "%.*s: %s (%zu of %zu)\n", DIGEST_SHOWN, digest, how, p->done,
			p->layers);
	pthread_mutex_unlock(&p->lock);
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	if (p->drawn)
		fprintf(stderr, "\r\033[K");
	pthread_mutex_destroy(&p->lock);
	free(p);
}
